"""The region that a round brush covers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from App.widget.contour_module.arrangement import overlay
from App.widget.contour_module.boolean import contours_from
from App.widget.contour_module.c_geometry import geometry
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.grid import UNITS_PER_MM, GridPoints, checked_points, to_grid

# How far the outline may be from the true one: by the corners of the "disc", and by thinning the
# path. Both are far below a pixel.
ROUNDNESS_MM = 0.03
PATH_TOLERANCE_MM = 0.03
SMALLEST_RADIUS_MM = 0.05
LARGEST_RADIUS_MM = 1_000.0


def stroke_region(path_mm: ArrayLike, radius_mm: float) -> tuple[Contour, ...]:
    """What a disc covers on its way along the pointer's path: one contour, perhaps with holes.

    No boundary is farther than the sum of ``ROUNDNESS_MM`` and ``PATH_TOLERANCE_MM`` from where
    it should be.

    Parameters
    ----------
    path_mm:
        Points in mm, (n, 2); a single point is a dab, none covers nothing.
    radius_mm:
        Radius of the brush, from ``SMALLEST_RADIUS_MM`` to ``LARGEST_RADIUS_MM``.

    Raises
    ------
    DataError
        Where a point is not finite.
    ValueError
        Where the radius is out of range.
    """
    if not SMALLEST_RADIUS_MM <= radius_mm <= LARGEST_RADIUS_MM:
        raise ValueError(f"radius_mm is {radius_mm}")
    path = _thinned_path(to_grid(checked_points(path_mm)))
    if len(path) == 0:
        return ()
    disc = _disc(radius_mm)
    ring = disc + path[0] if len(path) == 1 else _swept(path, disc)
    return contours_from(overlay([ring]))


def _disc(radius_mm: float) -> GridPoints:
    """A regular polygon, half inside the circle and half outside, on the grid."""
    half_angle = math.acos(max(0.0, 1 - ROUNDNESS_MM / radius_mm))
    corners = max(8, 4 * math.ceil(math.pi / half_angle / 4))
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
