"""The fine integer grid on which contours are computed.

Sums and products of whole numbers are exact, so that "left of", "crosses" and "the same point"
never contradict each other, which is what makes overlays of floating-point contours fail.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbmir.errors import DataError

Points = NDArray[np.float64]
GridPoints = NDArray[np.int64]

# A power of two: coordinates go from the grid to millimetres and back without any rounding.
UNITS_PER_MM = 1024
# Twice this distance, in grid units, still has exact products in 64 bits.
LARGEST_MM = 100_000.0


def checked_points(points_mm: ArrayLike) -> Points:
    """Points as a (n, 2) float64 array of finite coordinates.

    Raises
    ------
    DataError
        Where the array has another shape, or a coordinate is not a number, infinite or farther
        than ``LARGEST_MM`` from the origin.
    """
    try:
        points = np.ascontiguousarray(points_mm, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("The points of a contour are not numbers.", why=str(error)) from error
    if points.ndim != 2 or points.shape[1] != 2:
        raise DataError(
            f"The points of a contour have the shape {points.shape}.",
            why="Each point is an x and a y in millimetres.",
        )
    if not (np.abs(points) <= LARGEST_MM).all():  # False for NaN too
        raise DataError(
            "A point of a contour lies nowhere near a patient.",
            why=f"A coordinate is not a number, or beyond {LARGEST_MM:.0f} mm.",
        )
    return points


def to_grid(points_mm: Points) -> GridPoints:
    """The nearest grid points of checked points."""
    return np.rint(points_mm * UNITS_PER_MM).astype(np.int64)


def to_mm(points: GridPoints) -> Points:
    """Grid points in millimetres, exactly."""
    return points / UNITS_PER_MM


def doubled_area(ring: GridPoints) -> int:
    """Twice the signed area of a closed ring in grid units, exactly.

    Partial sums may overflow; they wrap around, and the end result is right again.
    """
    if len(ring) < 3:
        return 0
    x, y = (ring[1:] - ring[0]).T
    return int((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())
