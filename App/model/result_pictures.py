"""What a retrieved slice looks like: its images as grey levels, and its label map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from App.model.lesion import UNKNOWN_PIXEL_MM, SliceLesion
from App.model.patient_volumes import WINDOW_PERCENTILES, Modality
from App.model.picture import grey_levels
from sbmir.catalogue import read_catalogue
from sbmir.errors import SbmirError
from sbmir.keys import SliceKey
from sbmir.labels import TissueClass
from sbmir.networks.sizes import MODEL_CHANNELS
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
        (rows, columns, 3) uint8; of a label map the brain behind it, dimmed.
    aspect:
        True width divided by true height.
    problem:
        Why there are no pixels.
    labels:
        Class ids, (rows, columns) uint8, where the picture is one of a label map.
    """

    name: str
    pixels: NDArray[np.uint8] | None
    aspect: float
    problem: str = ""
    labels: NDArray[np.uint8] | None = None

    def coloured(self, colors: Mapping[TissueClass, Color]) -> NDArray[np.uint8] | None:
        """Return the pixels with the label map painted over them; (rows, columns, 3) uint8."""
        if self.pixels is None or self.labels is None:
            return self.pixels
        painted = self.pixels.copy()
        for tissue, color in colors.items():
            painted[self.labels == tissue] = color
        return painted


@dataclass(frozen=True, eq=False)
class ResultView:
    """A result as it can be shown.

    Parameters
    ----------
    pictures:
        One of each modality, then the label map.
    lesion:
        The label map in its true size; None where it cannot be read.
    """

    pictures: tuple[ResultPicture, ...]
    lesion: SliceLesion | None

    @property
    def is_whole(self) -> bool:
        """Whether everything could be read."""
        return not any(picture.problem for picture in self.pictures)


def load_result_view(slices_dir: Path, key: SliceKey, modalities: Sequence[Modality]) -> ResultView:
    """Read the images of a slice and its label map; what cannot be read says why, in its place."""
    pixel_mm = _pixel_mm(slices_dir, key.patient)
    aspect = pixel_mm[1] / pixel_mm[0]  # saved slices are square
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
    try:
        labels = load_slice(slices_dir, key.patient, SEGMENTATION_PATTERN, key.index)
    except SbmirError as error:
        pictures.append(ResultPicture(SEGMENTATION_NAME, None, aspect, error.what))
        return ResultView(tuple(pictures), None)
    ground = np.zeros((*labels.shape, 3), np.uint8)
    if behind is not None and behind.shape == labels.shape:
        ground[:] = (behind * BRAIN_BEHIND_LABELS).astype(np.uint8)[..., np.newaxis]
    pictures.append(ResultPicture(SEGMENTATION_NAME, ground, aspect, labels=labels))
    return ResultView(tuple(pictures), SliceLesion.of(labels, pixel_mm))


def imagined_pictures(
    slices: NDArray[np.float32],
    template: NDArray[np.float32],
    modalities: Sequence[Modality],
    aspect: float,
) -> dict[str, ResultPicture]:
    """Show what the model imagines as bright as the slice that the query began with.

    Parameters
    ----------
    slices, template:
        (channels, rows, columns): the imagined slice and the query's own, as the networks see them.
    modalities:
        Those that are no channel of the networks are left out.

    Returns
    -------
    Pictures by the modality's name.
    """
    pictures: dict[str, ResultPicture] = {}
    for modality in modalities:
        if modality.pattern in MODEL_CHANNELS:
            channel = MODEL_CHANNELS.index(modality.pattern)
            levels = grey_levels(
                slices[channel], brain_window(template[channel]), slices[channel].shape
            )
            pictures[modality.name] = ResultPicture(modality.name, _rgb(levels), aspect)
    return pictures


def brain_window(picture: NDArray[np.float32]) -> tuple[float, float]:
    """Window a preprocessed slice as its volume is, by percentiles of the brain.

    The background of preprocessed slices is one value, below or at those of the brain.
    """
    brain = picture[picture > picture.min()]
    low, high = np.percentile(brain, WINDOW_PERCENTILES) if brain.size else (0.0, 1.0)
    return float(low), float(max(high, low + 1e-6))


def _grey(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    return grey_levels(picture, brain_window(picture), picture.shape)


def _rgb(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(levels[..., np.newaxis], 3, axis=2)


def _pixel_mm(slices_dir: Path, patient: str) -> tuple[float, float]:
    try:
        return read_catalogue(slices_dir, patient).pixel_mm or UNKNOWN_PIXEL_MM
    except SbmirError:
        return UNKNOWN_PIXEL_MM
