"""Grids of slices as PNG, to look at while a training runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ModelTraining.data.batch import SliceBatch
from ModelTraining.module import Pictures

DRAWN_MODALITIES = ("t1ce", "flair")
CLASS_COLOURS = np.array([(0, 0, 0), (220, 60, 60), (70, 180, 80), (240, 210, 60)], dtype=np.uint8)
"""Background, necrotic core, oedema, enhancing tumour; further classes begin anew."""


def save_pictures(
    folder: Path, name: str, modalities: Sequence[str], batch: SliceBatch, pictures: Pictures
) -> None:
    """Save one grid for each modality that is worth it, and one of the segmentations.

    Columns are slices. Rows are the image, its entire and its normal reconstruction; of the
    segmentations the labels and the predictions.

    Parameters
    ----------
    modalities:
        What the image's channels are.
    """
    for channel, modality in enumerate(modalities):
        if modality in DRAWN_MODALITIES:
            rows = [batch.image, pictures.entire, pictures.normal_only]
            grey = _to_grey(torch.stack([row[:, channel].float() for row in rows]))
            Image.fromarray(_grid(grey)).save(folder / f"{name}_{modality}.png")
    labels = torch.stack([batch.labels, pictures.predicted]).cpu().numpy()
    colours = CLASS_COLOURS[labels % len(CLASS_COLOURS)]
    Image.fromarray(_grid(colours)).save(folder / f"{name}_segmentation.png")


def _to_grey(rows: Tensor) -> NDArray[np.uint8]:
    """Scale (R, N, H, W) to grey levels; a column shares the range of the image on top."""
    low = rows[0].amin(dim=(1, 2))[None, :, None, None]
    high = rows[0].amax(dim=(1, 2))[None, :, None, None]
    # A blank slice has no range; it becomes black.
    scaled = ((rows - low) / (high - low).clamp(min=1e-6)).nan_to_num().clamp(0, 1)
    levels: NDArray[np.uint8] = (scaled * 255).round().to(torch.uint8).cpu().numpy()
    return levels


def _grid(cells: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay (R, N, H, W) or (R, N, H, W, 3) out as one picture of R x N cells."""
    return np.concatenate([np.concatenate(list(row), axis=1) for row in cells], axis=0)
