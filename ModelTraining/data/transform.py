"""What a random change of a batch looks like.

All draws come from a generator on the CPU, so that a seed gives the same batch on any device.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Generator, Tensor

from ModelTraining.data.batch import SliceBatch


class BatchTransform(Protocol):
    """Changes every slice of a batch by its own random amount; the batch given stays as it is."""

    def __call__(self, batch: SliceBatch, generator: Generator) -> SliceBatch:
        """Return the changed batch, in the same shapes."""


class RandomPlacement(Protocol):
    """Draws where a slice's content goes; several are combined into one resampling."""

    def draw(self, count: int, generator: Generator) -> Tensor:
        """Return (count, 3, 3) float32 matrices from output to input coordinates.

        Both run from -1 to 1 over the slice, x to the right and y down, as
        `torch.nn.functional.affine_grid` has them.
        """


def uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    """Return (count,) float32 numbers between ``low`` and ``high``."""
    return low + (high - low) * torch.rand(count, generator=generator)


def coin(count: int, generator: Generator) -> Tensor:
    """Return (count,) bool, true in half of the cases."""
    return torch.rand(count, generator=generator) < 0.5
