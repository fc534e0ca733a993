"""Union and difference of contours, and the repair of what a hand draws.

Every result is a tuple of valid contours whose insides do not overlap. It is exact to the grid of
`grid.py`, and then simplified by `SIMPLIFICATION_MM`. Regions thinner than that are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

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

# How far a result may be from the exact one: a fiftieth of a usual pixel.
SIMPLIFICATION_MM = 0.02


def union(regions: Sequence[Contour]) -> tuple[Contour, ...]:
    """The regions that lie in any of the contours."""
    return _simple_contours(overlay(_grid_rings(regions)))


def difference(regions: Sequence[Contour], others: Sequence[Contour]) -> tuple[Contour, ...]:
    """The parts of the regions that lie in none of the others."""
    return _simple_contours(overlay(_grid_rings(regions), _grid_rings(others)))


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
    polygons = overlay([to_grid(checked_points(points_mm))])
    areas = [doubled_area(polygon[0]) for polygon in polygons]
    return _simple_contours(
        [
            polygon
            for polygon, area in zip(polygons, areas, strict=True)
            if area >= smallest_share * max(areas)
        ]
    )


def contours_from(polygons: Iterable[GridPolygon]) -> tuple[Contour, ...]:
    """Contours in mm of polygons on the grid."""
    return tuple(
        Contour(to_mm(outer), tuple(to_mm(hole) for hole in holes)) for outer, *holes in polygons
    )


def _simple_contours(polygons: Sequence[GridPolygon]) -> tuple[Contour, ...]:
    """Contours without the points that hardly matter, which would pile up stroke by stroke."""
    thinned = [tuple(map(_thinned_ring, polygon)) for polygon in polygons]
    changed = [
        sum(map(len, less)) < sum(map(len, full))
        for less, full in zip(thinned, polygons, strict=True)
    ]
    if not any(changed):
        return contours_from(polygons)
    # A straightened boundary may run into another one: the overlay makes those near it valid
    # again. It stays in the box of its old points, and so meets nothing outside.
    near = _near(polygons, np.array(changed))
    mended = overlay([ring for i, less in enumerate(thinned) if i in near for ring in less])
    apart = [polygon for i, polygon in enumerate(polygons) if i not in near]
    return contours_from([*apart, *mended])


def _near(polygons: Sequence[GridPolygon], changed: NDArray[np.bool_]) -> set[int]:
    """Numbers of the polygons whose bounding boxes meet that of a changed one, itself included."""
    low = np.array([polygon[0].min(axis=0) for polygon in polygons])
    high = np.array([polygon[0].max(axis=0) for polygon in polygons])
    meets = np.all((low[:, None] <= high[changed]) & (high[:, None] >= low[changed]), axis=2)
    return set(np.flatnonzero(meets.any(axis=1)).tolist())


def _grid_rings(regions: Iterable[Contour]) -> list[GridPoints]:
    """All rings on the grid, outer ones turning one way and holes the other."""
    rings = []
    for region in regions:
        for number, ring_mm in enumerate(region.rings):
            ring = to_grid(ring_mm)
            is_hole = number > 0
            rings.append(ring[::-1] if (doubled_area(ring) < 0) != is_hole else ring)
    return rings


def _thinned_ring(ring: GridPoints) -> GridPoints:
    """A ring without its lesser points; two far apart are held, whatever the ring starts with."""
    anchor = int(np.lexsort((ring[:, 1], ring[:, 0]))[0])
    closed = np.concatenate((ring[anchor:], ring[: anchor + 1]))
    keep = np.zeros(len(closed), np.bool_)
    keep[[0, -1]] = True
    keep[np.argmax(((closed - closed[0]) ** 2).sum(axis=1))] = True
    stack = np.empty((len(closed) + 2, 2), np.int64)
    geometry.thin(closed, SIMPLIFICATION_MM * UNITS_PER_MM, stack, keep.view(np.uint8))
    return np.compress(keep[:-1], closed[:-1], axis=0)
