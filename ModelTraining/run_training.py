"""Train the networks, embed slices with them, or export their weights.

python run_training.py --config bottom2x2_margin-10_config.json --mode train
python run_training.py --config bottom2x2_margin-10_config.json --mode test
python run_training.py --config … --mode export --checkpoint RUN.ckpt --out weights.ckpt
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sbmir import console


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.mode == "export") != (options.out is not None):
        parser.error("--out belongs to --mode export, which needs it")
    if options.half and options.mode != "export":
        parser.error("--half belongs to --mode export")
    return console.run(lambda: _run(options), verbose=options.verbose)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_training.py", description="Train the networks, or embed slices with them."
    )
    parser.add_argument("--config", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--mode",
        choices=("train", "test", "export"),
        required=True,
        help="train; test: write the codes of every test slice; export: write weights only",
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
    console.add_verbose(parser)
    return parser


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
    if options.mode == "test":
        from ModelTraining.embed import embed

        return embed(config)
    from ModelTraining.export import export

    export(config, options.out, half=options.half)
    return 0


if __name__ == "__main__":
    sys.exit(main())
