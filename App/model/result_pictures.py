"""What a retrieved slice looks like: its images as grey levels, its label map in colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from App.model.picture import grey_levels
from App.model.patient_volumes import WINDOW_PERCENTILES, Modality
from sbmir.catalogue import read_catalogue
from sbmir.errors import SbmirError
from sbmir.keys import SliceKey
from sbmir.labels import TissueClass
from sbmir.slices import SEGMENTATION_PATTERN, load_slice

SEGMENTATION_NAME = "SEG"
BRAIN_BEHIND_LABELS = 0.35
"""How bright the brain is beneath the label map, which shows where the lesion lies."""

Color = tuple[int, int, int]
"""Red, green, blue, each 0 to 255."""


@dataclass(frozen=True, eq=False)
class ResultPicture:
    """One picture of a result; ``pixels`` is None where it could not be read.

    Parameters
    ----------
    pixels:
        (rows, columns, 3) uint8.
    aspect:
        True width divided by true height.
    problem:
        Why there are no pixels.
    """

    name: str
    pixels: NDArray[np.uint8] | None
    aspect: float
    problem: str = ""


def load_result_pictures(
    slices_dir: Path,
    key: SliceKey,
    modalities: Sequence[Modality],
    colors: Mapping[TissueClass, Color],
) -> tuple[ResultPicture, ...]:
    """Read the images of a slice and its label map; what cannot be read says why, in its place."""
    aspect = _aspect(slices_dir, key.patient)
    pictures = []
    behind: NDArray[np.uint8] | None = None
    for modality in modalities:
        try:
            levels = _grey(load_slice(slices_dir, key.patient, modality.pattern, key.index))
        except SbmirError as error:
            pictures.append(ResultPicture(modality.name, None, aspect, error.what))
            continue
        behind = levels if behind is None else behind
        pictures.append(ResultPicture(modality.name, _rgb(levels), aspect))
    pictures.append(_labels(slices_dir, key, colors, behind, aspect))
    return tuple(pictures)


def _labels(
    slices_dir: Path,
    key: SliceKey,
    colors: Mapping[TissueClass, Color],
    behind: NDArray[np.uint8] | None,
    aspect: float,
) -> ResultPicture:
    try:
        labels = load_slice(slices_dir, key.patient, SEGMENTATION_PATTERN, key.index)
    except SbmirError as error:
        return ResultPicture(SEGMENTATION_NAME, None, aspect, error.what)
    pixels = np.zeros((*labels.shape, 3), np.uint8)
    if behind is not None and behind.shape == labels.shape:
        pixels[:] = (behind * BRAIN_BEHIND_LABELS).astype(np.uint8)[..., np.newaxis]
    for tissue, color in colors.items():
        pixels[labels == tissue] = color
    return ResultPicture(SEGMENTATION_NAME, pixels, aspect)


def _grey(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Window a preprocessed slice as its template's volume is, by percentiles of the brain.

    The background of preprocessed slices is one value, below or at those of the brain.
    """
    brain = picture[picture > picture.min()]
    low, high = np.percentile(brain, WINDOW_PERCENTILES) if brain.size else (0.0, 1.0)
    return grey_levels(picture, (float(low), float(max(high, low + 1e-6))), picture.shape)


def _rgb(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(levels[..., np.newaxis], 3, axis=2)


def _aspect(slices_dir: Path, patient: str) -> float:
    try:
        geometry = read_catalogue(slices_dir, patient).geometry
    except SbmirError:
        return 1.0
    if geometry is None:
        return 1.0
    (n_x, n_y, _), (x_mm, y_mm, _) = geometry.shape, geometry.spacing_mm
    return (n_x * x_mm) / (n_y * y_mm)
