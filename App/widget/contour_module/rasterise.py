"""Contours to masks."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from App.widget.contour_module.c_geometry import geometry
from App.widget.contour_module.contour import Contour


def mask(
    contours: Iterable[Contour], shape: tuple[int, int], extent_mm: tuple[float, float]
) -> NDArray[np.bool_]:
    """The pixels whose centres lie in any of the contours, holes left out.

    A centre exactly on a boundary belongs to the region on its right (of larger x), or below it
    where the boundary is level; of two regions side by side one has it, never both or none.

    Parameters
    ----------
    contours:
        Regions in mm; (0, 0) is the upper left corner of the upper left pixel.
    shape:
        Rows and columns of the mask.
    extent_mm:
        Height and width that they cover.

    Raises
    ------
    ValueError
        Where a size is not positive.
    """
    rows, columns = shape
    height_mm, width_mm = extent_mm
    if rows < 1 or columns < 1 or not (0 < height_mm < math.inf and 0 < width_mm < math.inf):
        raise ValueError(f"a mask of {rows} x {columns} pixels, {height_mm} x {width_mm} mm")
    result = np.zeros(shape, np.uint8)
    for contour in contours:
        flips = np.zeros(shape, np.uint8)
        for ring in contour.rings:
            geometry.flip_rows(ring, height_mm / rows, width_mm / columns, flips)
        result |= np.bitwise_xor.accumulate(flips, axis=1)
    return result.view(np.bool_)
