"""A slice picture, and its grey levels in the size in which they are shown."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from App.model.viewport import Frame, Viewport

Window = tuple[float, float]
"""The values that are shown black and white."""

_Span = tuple[int, int]
# Places are computed in several ways that differ in the last digits.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Letters:
    """Which side of the patient each edge of a slice picture shows."""

    left: str
    right: str
    top: str
    bottom: str


@dataclass(frozen=True, eq=False)
class SlicePicture:
    """One slice of one modality of one patient, as a view shows it.

    Parameters
    ----------
    values:
        (rows, columns) float32.
    window:
        The values that are shown black and white at first.
    extent_mm:
        Height and width.
    frame:
        The part that is shown as large as the widget allows.
    letters:
        The patient's sides at the edges.
    patient, modality, index:
        Whose it is: zoom and windows are kept for a patient, each window for its modality, and a
        measured distance for its slice.
    """

    values: NDArray[np.float32]
    window: Window
    extent_mm: tuple[float, float]
    frame: Frame
    letters: Letters
    patient: str
    modality: str
    index: int


@dataclass(frozen=True)
class Patch:
    """The part of a picture that a widget shows, in whole pixels of the screen.

    Attributes
    ----------
    left, top, columns, rows:
        Where it lies in the widget, and its size, in the screen's own pixels.
    box:
        Left, top, right and bottom of what it shows, in pixels of the picture; whole numbers are
        the pixels' edges.
    """

    left: int
    top: int
    columns: int
    rows: int
    box: tuple[float, float, float, float]

    @classmethod
    def visible(
        cls, picture: SlicePicture, viewport: Viewport, size_px: tuple[float, float], ratio: float
    ) -> Patch | None:
        """Find what a widget shows of a picture; None where that is nothing.

        Parameters
        ----------
        size_px:
            Height and width of the widget.
        ratio:
            Pixels of the screen for each of the widget's.
        """
        rows, columns = picture.values.shape
        height_mm, width_mm = picture.extent_mm
        across = _visible(viewport.left_px, width_mm * viewport.px_per_mm, size_px[1], ratio)
        down = _visible(viewport.top_px, height_mm * viewport.px_per_mm, size_px[0], ratio)
        if across is None or down is None:
            return None
        left, right = _shares(across, viewport.left_px, width_mm * viewport.px_per_mm, ratio)
        top, bottom = _shares(down, viewport.top_px, height_mm * viewport.px_per_mm, ratio)
        return cls(
            left=across[0],
            top=down[0],
            columns=across[1] - across[0],
            rows=down[1] - down[0],
            box=(left * columns, top * rows, right * columns, bottom * rows),
        )

    def of(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scale this part of (rows, columns) values smoothly to its size on the screen."""
        image = Image.fromarray(np.ascontiguousarray(values, np.float32))
        size = (self.columns, self.rows)
        return np.asarray(image.resize(size, Image.Resampling.BICUBIC, box=self.box))


def grey_levels(
    picture: NDArray[np.float32], window: Window, size_rc: tuple[int, int]
) -> NDArray[np.uint8]:
    """Scale a slice picture smoothly and window it.

    It is scaled in float before it is cut into 256 levels, so that smooth tissue has no steps.

    Parameters
    ----------
    picture:
        (rows, columns) values.
    window:
        The values that become black and white.
    size_rc:
        Rows and columns of the screen's own pixels.

    Returns
    -------
    ``size_rc`` uint8, C-ordered.
    """
    rows, columns = picture.shape
    whole = Patch(0, 0, size_rc[1], size_rc[0], (0.0, 0.0, float(columns), float(rows)))
    return windowed(whole.of(picture), window)


def windowed(values: NDArray[np.float32], window: Window) -> NDArray[np.uint8]:
    """Cut values into 256 grey levels, of the same shape."""
    low, high = window
    levels = values - np.float32(low)
    levels *= np.float32(255.0 / (high - low))
    levels += np.float32(0.5)
    np.clip(levels, 0, 255, out=levels)
    return levels.astype(np.uint8)


def _visible(start_px: float, length_px: float, room_px: float, ratio: float) -> _Span | None:
    """First screen pixel that is fully of the picture, and the one after the last of them."""
    first = math.ceil(max(start_px, 0.0) * ratio - _ROUNDING)
    end = math.floor(min(start_px + length_px, room_px) * ratio + _ROUNDING)
    return (first, end) if end > first else None


def _shares(span: _Span, start_px: float, length_px: float, ratio: float) -> tuple[float, float]:
    """Where the ends of a span lie on the picture, from 0 to 1."""
    first, end = ((pixel / ratio - start_px) / length_px for pixel in span)
    return max(first, 0.0), min(end, 1.0)
