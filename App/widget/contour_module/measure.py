"""Areas, and the relations of points and segments to contours."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from App.widget.contour_module.c_geometry import geometry
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.grid import GridPoints, Points, checked_points, to_grid, to_mm
from sbmir.errors import DataError


class Place(enum.Enum):
    """Where a point is with respect to a contour."""

    OUTSIDE = 0
    INSIDE = 1
    EDGE = 2
    VERTEX = 3


def area_mm2(contours: Iterable[Contour]) -> float:
    """Area of contours that do not overlap, holes taken off."""
    return sum(
        _ring_area_mm2(contour.outer) - sum(map(_ring_area_mm2, contour.holes))
        for contour in contours
    )


def contains(contour: Contour, point_mm: Sequence[float]) -> Place:
    """Where a point (x, y) is; on a boundary means within half a grid step, 0.0005 mm."""
    x, y = _grid_point(point_mm)
    places = [Place(geometry.locate(to_grid(ring), x, y)) for ring in contour.rings]
    for boundary in (Place.VERTEX, Place.EDGE):
        if boundary in places:
            return boundary
    in_region = places[0] is Place.INSIDE and Place.INSIDE not in places[1:]
    return Place.INSIDE if in_region else Place.OUTSIDE


def segment_intersection(first_mm: ArrayLike, second_mm: ArrayLike) -> Points:
    """Common points of two segments, each (2, 2) in mm, closed at both ends.

    Returns
    -------
    Points
        (0, 2) where they miss each other, (1, 2) where they cross or touch, and the two ends of
        the common stretch, (2, 2), where they overlap; to the nearest grid point.
    """
    points = np.empty((2, 2), np.int64)
    found = geometry.relate_segments(_segment(first_mm), _segment(second_mm), points)
    return to_mm(points[:found])


def are_parallel(first_mm: ArrayLike, second_mm: ArrayLike) -> bool:
    """Whether two segments, each (2, 2) in mm, have the same or opposite directions on the grid.

    Raises
    ------
    DataError
        Where a segment has no length, and so no direction.
    """
    first, second = _segment(first_mm), _segment(second_mm)
    along, across = first[2:] - first[:2], second[2:] - second[:2]
    if not along.any() or not across.any():
        raise DataError("A segment without length has no direction.")
    return bool(along[0] * across[1] == along[1] * across[0])


def _ring_area_mm2(ring: Points) -> float:
    x, y = (ring - ring[0]).T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _grid_point(point_mm: Sequence[float]) -> tuple[int, int]:
    x, y = to_grid(checked_points([point_mm]))[0].tolist()
    return x, y


def _segment(segment_mm: ArrayLike) -> GridPoints:
    points = checked_points(segment_mm)
    if len(points) != 2:
        raise DataError(f"A segment has two ends, not {len(points)}.")
    return to_grid(points).ravel()
