"""A running average of the weights, which is steadier than the weights of the last step."""

from __future__ import annotations

import pytorch_lightning as pl
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor


class AveragedWeights(WeightAveraging):
    """Keeps an exponential moving average (EMA) of all weights.

    Validation, pictures and the weights of checkpoints are those of the average. Training itself
    goes on from its own weights, which a checkpoint keeps beside the average, so that a resumed
    training is exact.

    Parameters
    ----------
    decay:
        How much of the average stays at each step. Early on less stays, so that the random weights
        of the beginning are soon forgotten.
    """

    def __init__(self, decay: float) -> None:
        def average(averaged: list[Tensor], current: list[Tensor], steps: Tensor | int) -> None:
            share = 1 - _share_that_stays(decay, int(steps))
            for mean, weight in zip(averaged, current, strict=True):
                mean.lerp_(weight, share)

        super().__init__(multi_avg_fn=average)

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Keep the average where training will be, which is not where the weights are yet."""
        self._device = trainer.strategy.root_device
        super().setup(trainer, pl_module, stage)


def _share_that_stays(decay: float, steps: int) -> float:
    return min(decay, (1 + steps) / (10 + steps))
