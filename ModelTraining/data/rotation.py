"""Random rotation about the slice's centre."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from ModelTraining.data.transform import coin, uniform


@dataclass(frozen=True)
class RandomRotation:
    """Rotate half of the slices by a uniform angle of at most ``largest_deg`` either way."""

    largest_deg: float = 10.0

    def draw(self, count: int, generator: Generator) -> Tensor:
        """Return (count, 3, 3) rotations."""
        largest = math.radians(self.largest_deg)
        angle = uniform(count, -largest, largest, generator) * coin(count, generator)
        matrix = torch.eye(3).repeat(count, 1, 1)
        matrix[:, 0, 0] = matrix[:, 1, 1] = angle.cos()
        matrix[:, 1, 0] = angle.sin()
        matrix[:, 0, 1] = -angle.sin()
        return matrix
