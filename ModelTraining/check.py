"""`--mode check`: whether a configuration trains at all, in a few steps from fresh weights."""

from __future__ import annotations

import csv
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ModelTraining.config import TrainingConfig
from ModelTraining.run_folder import CHECKPOINTS
from ModelTraining.train import train
from sbmir.encoding import CodeEncoder
from sbmir.labels import TissueClass

logger = logging.getLogger(__name__)

AVERAGED_STEPS = 10
"""The loss of a single step says little: so many at both ends are averaged."""

FAILED = 1


@dataclass(frozen=True)
class CheckOptions:
    """What a check changes in the settings; None leaves a setting as it is."""

    steps: int = 50
    batch_size: int | None = None
    slices: Path | None = None
    perceptual_weights: Path | None = None


def check(config: TrainingConfig, config_path: Path, options: CheckOptions) -> int:
    """Train for some steps, then load the checkpoint as the application does.

    Returns
    -------
    int
        0 where every term was finite, the loss fell and the checkpoint encodes; else 1.

    Raises
    ------
    SbmirError
        As `train`, and where the checkpoint cannot be loaded.
    """
    config = _for_check(config, options)
    begun = time.monotonic()
    folder = train(config, config_path)
    seconds = (time.monotonic() - begun) / options.steps
    with (folder / "log.csv").open(newline="", encoding="utf-8") as stream:
        rows = [{key: float(row[key]) for key in row} for row in csv.DictReader(stream)]
    fell = _judge_losses(rows)
    *_, checkpoint = sorted((folder / CHECKPOINTS).glob("*.ckpt"))
    usable = _judge_codes(checkpoint, config)
    logger.info("%d steps, %.3g s each with loading and saving.", len(rows), seconds)
    return 0 if fell and usable else FAILED


def _for_check(config: TrainingConfig, options: CheckOptions) -> TrainingConfig:
    run = replace(
        config.run,
        resume_checkpoint=None,
        frozen=frozenset(),
        max_steps=options.steps,
        n_epochs=options.steps,  # of one step each, where there are few slices
        num_sanity_val_steps=0,
        limit_val_batches=1,
    )
    save = replace(config.save, study_name=f"{config.save.study_name}-check", save_limit_num=1)
    losses, dataset = config.losses, config.dataset
    if options.perceptual_weights is not None:
        losses = replace(losses, perceptual_weights=options.perceptual_weights)
    if options.batch_size is not None:
        dataset = replace(dataset, batch_size=options.batch_size)
    if options.slices is not None:
        dataset = replace(dataset, train_root_dir_paths=(options.slices,))
    return replace(config, run=run, save=save, losses=losses, dataset=dataset)


def _judge_losses(rows: Sequence[Mapping[str, float]]) -> bool:
    broken = sorted({name for row in rows for name in row if not math.isfinite(row[name])})
    if broken:
        logger.warning("Not finite: %s.", ", ".join(broken))
    totals = [row["total_loss"] for row in rows]
    first = sum(totals[:AVERAGED_STEPS]) / AVERAGED_STEPS
    last = sum(totals[-AVERAGED_STEPS:]) / AVERAGED_STEPS
    logger.info(
        "total_loss: %.5g on average over the first %d steps, %.5g over the last %d.",
        first,
        AVERAGED_STEPS,
        last,
        AVERAGED_STEPS,
    )
    if last >= first:
        logger.warning("The loss did not fall.")
    return not broken and last < first


def _judge_codes(checkpoint: Path, config: TrainingConfig) -> bool:
    """Encode a template and a sketch, and imagine a slice, as a search does."""
    encoder = CodeEncoder.from_checkpoint(checkpoint, config.models)
    size = config.models.image_size
    rng = np.random.default_rng(config.run.seed)
    template = rng.normal(size=(config.models.input_dim, size, size)).astype(np.float32)
    sketch = np.zeros((size, size), np.uint8)
    sketch[size // 4 : size // 2, size // 4 : size // 2] = TissueClass.ED
    code = encoder.encode_template(template) + encoder.encode_sketch(sketch)
    imagined = encoder.imagine(code)
    logger.info("The application can use %s: codes of %d numbers.", checkpoint, code.size)
    return bool(np.isfinite(imagined).all())
