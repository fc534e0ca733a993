"""Areas and diameters, and the relations of points and segments to contours."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from App.widget.contour_module.c_geometry import geometry
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.grid import GridPoints, Points, checked_points, to_grid, to_mm
from sbmir.errors import DataError

_COLUMN = 2**30
"""More than twice as many grid points as two coordinates can be apart from 0."""


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


def area_left_of_mm2(contours: Iterable[Contour], x_mm: float) -> float:
    """Area of the parts with a smaller x, of contours that do not overlap, holes taken off."""
    return area_mm2(
        Contour(
            _pushed_left(contour.outer, x_mm),
            tuple(_pushed_left(hole, x_mm) for hole in contour.holes),
        )
        for contour in contours
    )


@dataclass(frozen=True)
class Diameter:
    """The longest distance of two points of one connected region.

    Attributes
    ----------
    ends_mm:
        Its two ends (x, y).
    """

    length_mm: float
    ends_mm: tuple[tuple[float, float], tuple[float, float]]


def longest_diameter(contours: Iterable[Contour]) -> Diameter | None:
    """Return the longest diameter of any of the contours; None where there is none.

    It may leave the region, as the distance of the ends of a crescent does.
    """
    diameters = (_diameter(contour) for contour in contours)
    return max(diameters, key=lambda diameter: diameter.length_mm, default=None)


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


def _pushed_left(ring: Points, x_mm: float) -> Points:
    """Move what lies right of a vertical line onto it.

    There it encloses nothing, so that the area is that of the part to the left. Edges that cross
    the line get a point on it first.
    """
    x, y = ring.T
    next_x, next_y = np.roll(ring, -1, axis=0).T
    crosses = (x < x_mm) != (next_x < x_mm)
    after = np.flatnonzero(crosses)
    share = (x_mm - x[after]) / (next_x[after] - x[after])
    on_line = np.column_stack(
        [np.full(len(after), x_mm), y[after] + share * (next_y[after] - y[after])]
    )
    pushed = np.insert(ring, after + 1, on_line, axis=0)
    pushed[:, 0] = np.minimum(pushed[:, 0], x_mm)
    return pushed


def _diameter(contour: Contour) -> Diameter:
    points = _sorted_points(to_grid(contour.outer))
    ends = np.repeat(points[:1], 2, axis=0)
    if len(points) > 1:
        geometry.farthest_pair(points, np.empty((len(points) + 1, 2), np.int64), ends)
    (x0, y0), (x1, y1) = to_mm(ends).tolist()
    return Diameter(math.dist((x0, y0), (x1, y1)), ((x0, y0), (x1, y1)))


def _sorted_points(points: GridPoints) -> GridPoints:
    """Different points by x, then y; as one number each, they sort ten times faster."""
    keys = np.unique(points[:, 0] * _COLUMN + points[:, 1])
    x = (keys + _COLUMN // 2) // _COLUMN  # y may be below 0
    return np.ascontiguousarray(np.stack((x, keys - x * _COLUMN), axis=1))


def _grid_point(point_mm: Sequence[float]) -> tuple[int, int]:
    x, y = to_grid(checked_points([point_mm]))[0].tolist()
    return x, y


def _segment(segment_mm: ArrayLike) -> GridPoints:
    points = checked_points(segment_mm)
    if len(points) != 2:
        raise DataError(f"A segment has two ends, not {len(points)}.")
    return to_grid(points).ravel()
