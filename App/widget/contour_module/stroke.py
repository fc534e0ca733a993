"""The region that a round brush covers."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from App.widget.contour_module.arrangement import GridPolygon, overlay
from App.widget.contour_module.boolean import contours_from
from App.widget.contour_module.c_geometry import geometry
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.grid import (
    UNITS_PER_MM,
    GridPoints,
    Points,
    checked_points,
    to_grid,
)

# How far the outline may be from the true one: by the corners of the "disc", and by thinning the
# path. Both are far below a pixel.
ROUNDNESS_MM = 0.03
PATH_TOLERANCE_MM = 0.03
SMALLEST_RADIUS_MM = 0.05
LARGEST_RADIUS_MM = 1_000.0
# In points. Longer ones are thinned a little better, and take longer to sweep.
LONGEST_END = 64


class SweptDisc:
    """What a disc covers on its way along the pointer's path, while it still goes on.

    No boundary is farther than the sum of ``ROUNDNESS_MM`` and ``PATH_TOLERANCE_MM`` from where
    it should be. Between two points of different radius, the disc grows evenly.
    """

    def __init__(self) -> None:
        # The region of the way so far, but for its end, the points of which have one radius. To
        # sweep the whole way anew at each point takes ever longer where it crosses itself, as it
        # does when one fills an area. The parts are put together exactly, so nothing adds up.
        self._covered: tuple[GridPolygon, ...] = ()
        self._end_mm: list[tuple[float, float]] = []
        self._radius_mm = 0.0

    def extend(self, point_mm: tuple[float, float], radius_mm: float) -> None:
        """Go on, in a straight line, to a point; the first is a dab.

        Parameters
        ----------
        radius_mm:
            Radius of the disc there, from ``SMALLEST_RADIUS_MM`` to ``LARGEST_RADIUS_MM``.

        Raises
        ------
        DataError
            Where the point is not finite.
        ValueError
            Where the radius is out of range.
        """
        if not SMALLEST_RADIUS_MM <= radius_mm <= LARGEST_RADIUS_MM:
            raise ValueError(f"radius_mm is {radius_mm}")
        checked_points([point_mm])
        if self._end_mm and radius_mm != self._radius_mm:
            ends_mm = np.array([self._end_mm[-1], point_mm])
            cone = _cone(ends_mm, self._radius_mm, radius_mm)
            self._covered = overlay([*_rings(self._polygons()), cone])
            self._end_mm = []  # the cone covers the disc at this point
        elif len(self._end_mm) == LONGEST_END:
            self._covered = self._polygons()
            self._end_mm = self._end_mm[-1:]
        self._end_mm.append(point_mm)
        self._radius_mm = radius_mm

    def region(self) -> tuple[Contour, ...]:
        """What is covered: one contour, perhaps with holes; nothing before the first point."""
        return contours_from(self._polygons())

    def _polygons(self) -> tuple[GridPolygon, ...]:
        path = _thinned_path(to_grid(np.array(self._end_mm).reshape(-1, 2)))
        if len(path) == 0 or (len(path) == 1 and self._covered):
            return self._covered
        disc = _disc(self._radius_mm, _corners(self._radius_mm))
        end = disc + path[0] if len(path) == 1 else _swept(path, disc)
        return overlay([*_rings(self._covered), end])


def stroke_region(path_mm: ArrayLike, radius_mm: ArrayLike) -> tuple[Contour, ...]:
    """What a disc covers on its way along a path: one contour, perhaps with holes.

    Parameters
    ----------
    path_mm:
        Points in mm, (n, 2); a single point is a dab, none covers nothing.
    radius_mm:
        Radius of the disc, or (n,) one for each point; see ``SweptDisc``.

    Raises
    ------
    DataError
        Where a point is not finite.
    ValueError
        Where a radius is out of range.
    """
    path = checked_points(path_mm)
    swept = SweptDisc()
    for (x, y), radius in zip(path, np.broadcast_to(radius_mm, len(path)), strict=True):
        swept.extend((x, y), float(radius))
    return swept.region()


def _rings(polygons: Iterable[GridPolygon]) -> list[GridPoints]:
    return [ring for polygon in polygons for ring in polygon]


def _cone(ends_mm: Points, first_radius_mm: float, last_radius_mm: float) -> GridPoints:
    """The convex hull of two discs: a ring, some of whose neighbours may be the same point."""
    corners = _corners(max(first_radius_mm, last_radius_mm))
    ends = to_grid(ends_mm)
    discs = np.stack([_disc(first_radius_mm, corners), _disc(last_radius_mm, corners)])
    discs += ends[:, np.newaxis]
    # Both discs have edges of the same directions: on each side, the outer edge of the two stays,
    # and where that changes from one disc to the other, their corners are joined.
    edges = np.roll(discs[0], -1, axis=0) - discs[0]
    across = discs[1] - discs[0]
    outer = (edges[:, 0] * across[:, 1] - edges[:, 1] * across[:, 0] < 0).astype(np.intp)
    numbers = np.arange(corners)
    begins = discs[outer, numbers]
    finishes = discs[outer, (numbers + 1) % corners]
    return np.stack((begins, finishes), axis=1).reshape(-1, 2)


def _corners(radius_mm: float) -> int:
    """How many corners make a disc round."""
    half_angle = math.acos(max(0.0, 1 - ROUNDNESS_MM / radius_mm))
    return max(8, 4 * math.ceil(math.pi / half_angle / 4))


def _disc(radius_mm: float, corners: int) -> GridPoints:
    """A regular polygon, half inside the circle and half outside, on the grid."""
    angles = np.arange(corners) * (2 * math.pi / corners)
    reach_mm = 2 * radius_mm / (1 + math.cos(math.pi / corners))
    return to_grid(reach_mm * np.stack((np.cos(angles), np.sin(angles)), axis=1))


def _thinned_path(path: GridPoints) -> GridPoints:
    moves = np.ones(len(path), np.bool_)
    moves[1:] = (path[1:] != path[:-1]).any(axis=1)
    path = path[moves]
    if len(path) < 3:
        return path
    keep = np.zeros(len(path), np.bool_)
    keep[[0, -1]] = True
    stack = np.empty((len(path) + 2, 2), np.int64)
    geometry.thin(path, PATH_TOLERANCE_MM * UNITS_PER_MM, stack, keep.view(np.uint8))
    path = np.compress(keep, path, axis=0)
    # Where the path ends where it began, thinning may have left those two points alone.
    return path[:1] if (path == path[0]).all() else path


def _swept(path: GridPoints, disc: GridPoints) -> GridPoints:
    room = 2 * len(path) + len(disc) * 2
    while True:
        ring = np.empty((room, 2), np.int64)
        found = geometry.sweep_disc(path, disc, ring)
        if found <= room:
            return ring[:found]
        room = found
