"""Train the networks, embed slices with them, or export their weights.

python run_training.py --config bottom2x2_margin-10_config.json --mode train
python run_training.py --config bottom2x2_margin-10_config.json --mode test
python run_training.py --config … --mode export --checkpoint RUN.ckpt --out weights.ckpt
python run_training.py --config … --mode check --steps 50 --batch-size 4
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sbmir import console

if TYPE_CHECKING:
    from ModelTraining.config import TrainingConfig

LEAST_CHECKED_STEPS = 20
"""Ten steps at either end are compared."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.mode == "export") != (options.out is not None):
        parser.error("--out belongs to --mode export, which needs it")
    if (options.half or options.abnormal_scale != 1.0) and options.mode != "export":
        parser.error("--half and --abnormal-scale belong to --mode export")
    check_only = (options.steps, options.batch_size, options.slices, options.perceptual_weights)
    if options.mode != "check" and any(option is not None for option in check_only):
        parser.error("--steps, --batch-size, --slices and --perceptual-weights: --mode check alone")
    if options.steps is not None and options.steps < LEAST_CHECKED_STEPS:
        parser.error(f"--steps must be at least {LEAST_CHECKED_STEPS}")
    return console.run(lambda: _run(options), verbose=options.verbose)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_training.py", description="Train the networks, or embed slices with them."
    )
    parser.add_argument("--config", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--mode",
        choices=("train", "test", "export", "check"),
        required=True,
        help="train; test: write the codes of every test slice; export: write weights only;"
        " check: train a few steps from fresh weights and tell whether the loss falls",
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="use this instead of run.resume_checkpoint of the settings",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="what --mode export writes")
    parser.add_argument(
        "--half", action="store_true", help="with --mode export: in float16, half the size"
    )
    parser.add_argument(
        "--abnormal-scale",
        type=_factor,
        default=1.0,
        metavar="FACTOR",
        help="with --mode export: abnormal codes are so many times as long",
    )
    check = parser.add_argument_group("with --mode check")
    check.add_argument("--steps", type=int, metavar="N", help="how many steps (50)")
    check.add_argument("--batch-size", type=int, metavar="N", help="instead of dataset.batch_size")
    check.add_argument(
        "--slices", type=Path, metavar="FOLDER", help="instead of dataset.train_root_dir_paths"
    )
    check.add_argument(
        "--perceptual-weights", type=Path, metavar="FILE", help="as losses.perceptual_weights"
    )
    console.add_verbose(parser)
    return parser


def _factor(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def _run(options: argparse.Namespace) -> int:
    # Imported late, so that --help and a mistake in the settings answer at once.
    from ModelTraining.config import read_training_config

    config = read_training_config(options.config)
    if options.checkpoint is not None:
        run = replace(config.run, resume_checkpoint=options.checkpoint.absolute())
        config = replace(config, run=run)
    if options.mode == "train":
        from ModelTraining.train import train

        train(config, options.config)
        return 0
    if options.mode == "check":
        return _check(config, options)
    if options.mode == "test":
        from ModelTraining.embed import embed

        return embed(config)
    from ModelTraining.export import export

    export(config, options.out, half=options.half, abnormal_scale=options.abnormal_scale)
    return 0


def _check(config: TrainingConfig, options: argparse.Namespace) -> int:
    from ModelTraining.check import CheckOptions, check

    given = {
        "steps": options.steps,
        "batch_size": options.batch_size,
        "slices": options.slices and options.slices.absolute(),
        "perceptual_weights": options.perceptual_weights and options.perceptual_weights.absolute(),
    }
    changes = CheckOptions(**{name: value for name, value in given.items() if value is not None})
    return check(config, options.config, changes)


if __name__ == "__main__":
    sys.exit(main())
