"""Union and difference of contours, and the repair of what a hand draws.

Every result is a tuple of valid contours whose insides do not overlap, on the grid of `grid.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from App.widget.contour_module.arrangement import GridPolygon, overlay
from App.widget.contour_module.c_geometry import geometry
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.grid import (
    UNITS_PER_MM,
    GridPoints,
    checked_points,
    doubled_area,
    to_grid,
    to_mm,
)

# What `simplified` may move a contour by: a fiftieth of a usual pixel.
SIMPLIFICATION_MM = 0.02


def union(regions: Sequence[Contour]) -> tuple[Contour, ...]:
    """The regions that lie in any of the contours."""
    return contours_from(overlay(_grid_rings(regions)))


def difference(regions: Sequence[Contour], others: Sequence[Contour]) -> tuple[Contour, ...]:
    """The parts of the regions that lie in none of the others."""
    return contours_from(overlay(_grid_rings(regions), _grid_rings(others)))


def without_self_crossings(
    points_mm: ArrayLike, *, smallest_share: float = 0.01
) -> tuple[Contour, ...]:
    """The regions enclosed by a freehand outline, which may cross itself.

    Everything that the outline winds around is inside (non-zero rule): both halves of a figure of
    eight, and the overlap where somebody closes the outline by drawing over its beginning, which
    the even-odd rule would turn into a hole.

    Parameters
    ----------
    points_mm:
        Points in mm, (n, 2); the last joins the first.
    smallest_share:
        Regions smaller than this share of the largest are dropped: the loop of an end that
        overshot is not a second lesion.

    Returns
    -------
    tuple of Contour
        Empty where the outline encloses nothing.
    """
    contours = contours_from(overlay([to_grid(checked_points(points_mm))]))
    areas = [doubled_area(to_grid(contour.outer)) for contour in contours]
    return tuple(
        contour
        for contour, area in zip(contours, areas, strict=True)
        if area >= smallest_share * max(areas)
    )


def simplified(
    regions: Sequence[Contour], tolerance_mm: float = SIMPLIFICATION_MM
) -> tuple[Contour, ...]:
    """The same regions with fewer points; no boundary moves by more than the tolerance.

    Doing it again changes nothing, so that contours do not shrink, nor points pile up, with the
    number of strokes.
    """
    if not tolerance_mm >= 0:
        raise ValueError(f"tolerance_mm is {tolerance_mm}")
    rings = _grid_rings(regions)
    thinned = [_thinned_ring(ring, tolerance_mm * UNITS_PER_MM) for ring in rings]
    if sum(map(len, thinned)) == sum(map(len, rings)):
        return tuple(regions)
    return contours_from(overlay(thinned))


def contours_from(polygons: Iterable[GridPolygon]) -> tuple[Contour, ...]:
    """Contours in mm of polygons on the grid."""
    return tuple(
        Contour(to_mm(polygon.outer), tuple(to_mm(hole) for hole in polygon.holes))
        for polygon in polygons
    )


def _grid_rings(regions: Iterable[Contour]) -> list[GridPoints]:
    """All rings on the grid, outer ones turning one way and holes the other."""
    rings = []
    for region in regions:
        for number, ring_mm in enumerate(region.rings):
            ring = to_grid(ring_mm)
            is_hole = number > 0
            rings.append(ring[::-1] if (doubled_area(ring) < 0) != is_hole else ring)
    return rings


def _thinned_ring(ring: GridPoints, tolerance: float) -> GridPoints:
    """A ring without its lesser points; two far apart are held, whatever the ring starts with."""
    anchor = int(np.lexsort((ring[:, 1], ring[:, 0]))[0])
    closed = np.concatenate((ring[anchor:], ring[: anchor + 1]))
    keep = np.zeros(len(closed), np.bool_)
    keep[[0, -1]] = True
    keep[np.argmax(((closed - closed[0]) ** 2).sum(axis=1))] = True
    geometry.thin(closed, tolerance, np.empty((len(closed) + 2, 2), np.int64), keep.view(np.uint8))
    return np.compress(keep[:-1], closed[:-1], axis=0)
