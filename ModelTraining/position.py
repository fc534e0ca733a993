"""Where a training stands within its epoch: what a loader needs to go on from there.

Loaders keep no state. The order of slices follows from the seed, the epoch and the pass, and the
noise and the augmentation of a step from its number; so a training that was stopped anywhere goes
on exactly, whatever its loading processes had already read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytorch_lightning as pl

from ModelTraining.data.sampling import Share


@dataclass(frozen=True)
class Position:
    """An epoch, how many of its batches are done, and which part of each pass is this process's."""

    epoch: int = 0
    batches: int = 0
    share: Share = field(default_factory=Share)

    @classmethod
    def of(cls, trainer: pl.Trainer) -> Position:
        """Read off the trainer's counters, restored ones included."""
        loop = trainer.fit_loop
        epochs: Any = loop.epoch_progress.current  # Lightning's own type says too little
        begun = epochs.started > epochs.processed
        return cls(
            epoch=epochs.processed,
            batches=loop.epoch_loop.batch_progress.current.completed if begun else 0,
            share=Share(trainer.global_rank, trainer.world_size),
        )


def reopen_epoch(checkpoint: dict[str, Any], n_batches: int) -> None:
    """Mark the epoch of a checkpoint as begun, not done, where a limit cut it short.

    The trainer counts an epoch as done whenever it leaves it. A training that is resumed with a
    later limit would then leave out the rest of it.
    """
    loops = checkpoint["loops"]["fit_loop"]
    if loops["epoch_loop.batch_progress"]["current"]["completed"] >= n_batches:
        return
    for count in ("current", "total"):
        loops["epoch_progress"][count]["processed"] -= 1
