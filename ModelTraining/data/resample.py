"""Moving the content of slices: all random placements of a batch in one interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.transform import RandomPlacement


@dataclass(frozen=True)
class RandomResampling:
    """Apply the product of some random placements.

    Images are interpolated bilinearly, labels take the nearest pixel. What comes in from outside
    is background: the slice's own background value, and label 0.
    """

    placements: Sequence[RandomPlacement]

    def __call__(self, batch: SliceBatch, generator: Generator) -> SliceBatch:
        """Return the batch with its content moved; a slice that stays in place stays exact."""
        count = len(batch.labels)
        matrix = torch.eye(3).repeat(count, 1, 1)
        for placement in self.placements:
            matrix = matrix @ placement.draw(count, generator)
        moved = (matrix != torch.eye(3)).flatten(1).any(dim=1)
        if not bool(moved.any()):
            return batch
        moved, matrix = moved.to(batch.image.device), matrix.to(batch.image.device)
        image, labels = batch.image.clone(), batch.labels.clone()
        image[moved], labels[moved] = _resample(
            batch.image[moved], batch.labels[moved], matrix[moved, :2]
        )
        return batch._replace(image=image, labels=labels)


def _resample(image: Tensor, labels: Tensor, matrix: Tensor) -> tuple[Tensor, Tensor]:
    grid = F.affine_grid(matrix, list(image.shape), align_corners=False)
    # Outside, grid_sample gives 0: made to mean "background" by measuring from there.
    background = background_value(image)
    image = background + F.grid_sample(image - background, grid, "bilinear", align_corners=False)
    classes = labels[:, None].to(image.dtype)
    classes = F.grid_sample(classes, grid, "nearest", align_corners=False)
    return image, classes[:, 0].to(labels.dtype)


def background_value(image: Tensor) -> Tensor:
    """Return each slice's background (N, C, 1, 1), taken from its corners.

    After z-scoring, background is -mean/std of its volume and differs between patients and
    channels. The (lower) median of four corners survives a head that reaches into one of them.
    """
    corners = image[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    return corners.median(dim=-1).values[:, :, None, None]
