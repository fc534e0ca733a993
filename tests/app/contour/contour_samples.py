"""Shapes for the contour tests, and their counterparts in shapely."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from shapely import MultiPolygon

from App.widget.contour_module.contour import Contour

# No time limit: machines are shared.
no_deadline = settings(deadline=None)


def shapely_of(contours: Iterable[Contour]) -> MultiPolygon:
    """The contours in shapely, after asking it whether they are valid together."""
    region = MultiPolygon([(contour.outer, contour.holes) for contour in contours])
    assert region.is_valid
    return region


def assert_same_region(contours, expected, *, tolerance_mm=0.05):
    """Equal but for a strip of the tolerance along the boundaries."""
    found = shapely_of(contours)
    strip_mm2 = tolerance_mm * (found.length + expected.length + 1)
    assert found.symmetric_difference(expected).area <= strip_mm2


def rectangle(left, top, right, bottom):
    return Contour(np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float))


def circle(x, y, radius, points=500):
    angles = np.arange(points) * (2 * math.pi / points)
    return Contour(np.stack((x + radius * np.cos(angles), y + radius * np.sin(angles)), axis=1))


# Few different coordinates give what random ones never do: points in line, edges on edges,
# corners touching corners, repeated points.
_lattice = st.integers(0, 7).map(float)
_anywhere = st.floats(0, 60)
_coordinates = st.sampled_from([_lattice, _anywhere])


def paths(min_size=1, max_size=14):
    return _coordinates.flatmap(
        lambda number: st.lists(st.tuples(number, number), min_size=min_size, max_size=max_size)
    )
