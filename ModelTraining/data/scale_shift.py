"""Random size and place of the head in the slice."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from ModelTraining.data.transform import coin, uniform


@dataclass(frozen=True)
class RandomScaleShift:
    """Scale and shift half of the slices.

    ``scale`` is the largest relative change of size, ``shift`` the largest displacement along
    each axis as a fraction of the slice's edge.
    """

    scale: float
    shift: float

    def draw(self, count: int, generator: Generator) -> Tensor:
        """Return (count, 3, 3) scalings with displacement."""
        chosen = coin(count, generator)
        matrix = torch.eye(3).repeat(count, 1, 1)
        factor = 1 + uniform(count, -self.scale, self.scale, generator) * chosen
        matrix[:, 0, 0] = matrix[:, 1, 1] = 1 / factor
        for axis in (0, 1):
            # The coordinates run over 2 from edge to edge.
            matrix[:, axis, 2] = uniform(count, -2 * self.shift, 2 * self.shift, generator) * chosen
        return matrix
