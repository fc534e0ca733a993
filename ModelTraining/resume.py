"""Where a training starts: anew, at an earlier checkpoint, or from weights alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from ModelTraining.config import RunConfig
from sbmir.errors import CheckpointError, ConfigError
from sbmir.networks.checkpoint import read_state_dict
from sbmir.networks.inert import InertFileError, read_inert

logger = logging.getLogger(__name__)

FIRST_COMPATIBLE_MAJOR = 2
"""Lightning's major version from which training state can be taken over."""


@dataclass(frozen=True)
class StartingPoint:
    """What a training begins with.

    Attributes
    ----------
    path:
        The checkpoint, or None for fresh weights.
    state:
        Its weights, perceptual ones included.
    epochs_done:
        How many epochs it has behind it.
    whole:
        Whether optimizer and counters can be taken over, not only weights.
    """

    path: Path | None = None
    state: Mapping[str, Tensor] = field(default_factory=dict)
    epochs_done: int = 0
    whole: bool = False


def find_starting_point(run: RunConfig) -> StartingPoint:
    """Read ``run.resume_checkpoint``, where it is set and there.

    Raises
    ------
    CheckpointError
        Where the file cannot be read.
    ConfigError
        Where the checkpoint has reached ``n_epochs`` or ``max_steps`` already.
    """
    path = run.resume_checkpoint
    if path is None:
        return StartingPoint()
    if not path.exists():
        logger.info("The checkpoint %s is not there: training starts anew.", path)
        return StartingPoint()
    state = read_state_dict(path)
    around = _around_the_weights(path)
    epoch, step = around.get("epoch"), around.get("global_step")
    if not isinstance(epoch, int):
        logger.info("%s holds weights only: training starts from them.", path.name)
        return StartingPoint(path, state)
    whole = _is_whole(around)
    epochs_done = _whole_epochs(around) if whole else epoch + 1
    _check_left(path, epochs_done, step if isinstance(step, int) else 0, run)
    if not whole:
        logger.info(
            "%s has no optimizer state that can be taken over: its weights go on from epoch %d"
            " with a fresh optimizer.",
            path.name,
            epochs_done,
        )
    return StartingPoint(path, state, epochs_done, whole)


def _check_left(path: Path, epochs_done: int, steps_done: int, run: RunConfig) -> None:
    if epochs_done >= run.n_epochs:
        reached = f"all {run.n_epochs} epochs of run.n_epochs"
    elif run.max_steps is not None and steps_done >= run.max_steps:
        reached = f"all {run.max_steps} steps of run.max_steps"
    else:
        return
    raise ConfigError(
        f"There is nothing left to train: {path} has {reached} behind it.",
        remedy="Set run.resume_checkpoint to false to train anew, or raise the limit to go on.",
    )


def _around_the_weights(path: Path) -> Mapping[str, Any]:
    """What the file holds beside weights, as far as it is plain data."""
    try:
        value = read_inert(path).value
    except InertFileError as error:
        raise CheckpointError(
            f"The checkpoint {path} cannot be read.", why=f"Reading it failed because {error}."
        ) from error
    return value if isinstance(value, dict) else {}


def _whole_epochs(around: Mapping[str, Any]) -> int:
    """How many epochs are done; the last may have been cut short by a limit."""
    try:
        return int(around["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"])
    except (KeyError, TypeError, ValueError):
        return int(around["epoch"]) + 1


def _is_whole(around: Mapping[str, Any]) -> bool:
    version = str(around.get("pytorch-lightning_version", "0")).split(".", maxsplit=1)[0]
    if not version.isdecimal() or int(version) < FIRST_COMPATIBLE_MAJOR:
        return False
    optimizers = around.get("optimizer_states")
    return bool(optimizers) and "loops" in around
