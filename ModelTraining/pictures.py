"""Grids of slices as PNG, to look at while a training runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from ModelTraining.data.batch import SliceBatch
from ModelTraining.module import Pictures

DRAWN_MODALITIES = ("t1ce", "flair")
CLASS_COLOURS = np.array([(0, 0, 0), (220, 60, 60), (70, 180, 80), (240, 210, 60)], dtype=np.uint8)
"""Background, necrotic core, oedema, enhancing tumour; further classes begin anew."""

TITLE_HEIGHT_PX = 16


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


def save_overview(
    path: Path, modalities: Sequence[str], batch: SliceBatch, pictures: Pictures
) -> None:
    """Save one picture that tells how the training stands: a row for each slice.

    Columns are, under their names, the image, the entire and the normal reconstruction of each
    modality that is worth it, the label map and the prediction.
    """
    titles, columns = [], []
    for channel, modality in enumerate(modalities):
        if modality in DRAWN_MODALITIES:
            rows = [batch.image, pictures.entire, pictures.normal_only]
            grey = _to_grey(torch.stack([row[:, channel].float() for row in rows]))
            columns += [np.repeat(cells[..., None], 3, axis=-1) for cells in grey]
            titles += [modality, f"{modality} entire", f"{modality} normal"]
    for labels in (batch.labels, pictures.predicted):
        columns.append(CLASS_COLOURS[labels.cpu().numpy() % len(CLASS_COLOURS)])
    titles += ["label", "prediction"]
    body = _grid(np.stack(columns, axis=1))
    width = batch.labels.shape[2]
    picture = Image.new("RGB", (body.shape[1], body.shape[0] + TITLE_HEIGHT_PX))
    picture.paste(Image.fromarray(body), (0, TITLE_HEIGHT_PX))
    draw = ImageDraw.Draw(picture)
    for number, title in enumerate(titles):
        draw.text((number * width + 3, 2), title, fill=(255, 255, 255))
    picture.save(path)


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
