"""Masks to contours: the way back from `rasterise.py`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from App.widget.contour_module.arrangement import overlay
from App.widget.contour_module.boolean import contours_from
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.grid import GridPoints, to_grid

SMALLEST_PIXEL_MM = 0.15
"""Smaller regions than a pixel of this size are hairs that contours leave out."""

# The middles of the edges of a square of four pixel centres, as (row, column) in half pixels from
# its upper left one.
_TOP, _RIGHT, _BOTTOM, _LEFT = (0, 1), (1, 2), (2, 1), (1, 0)

# Which middles to join in a square, by its pixels in the region: 1 upper left, 2 upper right,
# 4 lower right, 8 lower left. The region is on the right of a line as one sees it, y pointing down,
# which is the positive turn of `contour.py`. Two pixels that meet at their corners only are joined.
_LINES: dict[int, tuple[tuple[tuple[int, int], tuple[int, int]], ...]] = {
    1: ((_TOP, _LEFT),),
    2: ((_RIGHT, _TOP),),
    3: ((_RIGHT, _LEFT),),
    4: ((_BOTTOM, _RIGHT),),
    5: ((_TOP, _RIGHT), (_BOTTOM, _LEFT)),
    6: ((_BOTTOM, _TOP),),
    7: ((_BOTTOM, _LEFT),),
    8: ((_LEFT, _BOTTOM),),
    9: ((_TOP, _BOTTOM),),
    10: ((_LEFT, _TOP), (_RIGHT, _BOTTOM)),
    11: ((_RIGHT, _BOTTOM),),
    12: ((_LEFT, _RIGHT),),
    13: ((_TOP, _RIGHT),),
    14: ((_LEFT, _TOP),),
}


def trace(mask: NDArray[np.bool_], extent_mm: tuple[float, float]) -> tuple[Contour, ...]:
    """The contours, with holes, of the regions of a mask.

    Boundaries run half-way between the centres of pixels inside and outside ("marching squares",
    Lorensen and Cline 1987, in two dimensions), so that `rasterise.mask` gives the mask back,
    and diagonal edges have no stairs of whole pixels.

    Parameters
    ----------
    mask:
        (rows, columns) bool.
    extent_mm:
        Height and width that it covers; (0, 0) is the upper left corner of the upper left pixel.

    Raises
    ------
    ValueError
        Where pixels are smaller than ``SMALLEST_PIXEL_MM``.
    """
    rows, columns = mask.shape
    pixel_mm = np.array([extent_mm[0] / max(rows, 1), extent_mm[1] / max(columns, 1)])
    if not (pixel_mm >= SMALLEST_PIXEL_MM).all():
        raise ValueError(f"pixels of {pixel_mm[0]} x {pixel_mm[1]} mm")
    half_pixels_to_mm = pixel_mm / 2
    rings = [
        # Half pixels count from the middle of a row and a column of free pixels around the mask.
        to_grid(((ring - 1) * half_pixels_to_mm)[:, ::-1])
        for ring in _rings(np.pad(np.asarray(mask, np.bool_), 1))
    ]
    return contours_from(overlay(rings))


def _rings(mask: NDArray[np.bool_]) -> list[GridPoints]:
    """Closed rings of (row, column) in half pixels, counted from the middle of the first pixel."""
    follower = _followers(mask)
    rings = []
    while follower:
        start, place = follower.popitem()
        ring = [start]
        while place != start:
            ring.append(place)
            place = follower.pop(place)
        rings.append(np.array(ring))
    return rings


def _followers(mask: NDArray[np.bool_]) -> dict[tuple[int, int], tuple[int, int]]:
    """Which middle of an edge follows which along the boundaries: each once, as none branches."""
    filled = mask.astype(np.uint8)
    kinds = filled[:-1, :-1] + 2 * filled[:-1, 1:] + 4 * filled[1:, 1:] + 8 * filled[1:, :-1]
    follower: dict[tuple[int, int], tuple[int, int]] = {}
    for kind, lines in _LINES.items():
        corners = 2 * np.argwhere(kinds == kind)
        for begin, end in lines:
            begins, ends = (corners + begin).tolist(), (corners + end).tolist()
            for (row, column), (next_row, next_column) in zip(begins, ends, strict=True):
                follower[row, column] = next_row, next_column
    return follower
