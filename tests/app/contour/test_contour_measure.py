"""Areas, places of points and meetings of segments are those of the textbook."""

from __future__ import annotations

import math

import numpy as np
import pytest
from contour_samples import circle, no_deadline, paths, rectangle, shapely_of
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from shapely import LineString, Point, box

from App.widget.contour_module.boolean import difference, without_self_crossings
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.measure import (
    Place,
    are_parallel,
    area_left_of_mm2,
    area_mm2,
    contains,
    longest_diameter,
    segment_intersection,
)
from sbmir.errors import DataError

GRID_MM = 1 / 1024


def test_areas_of_plain_shapes():
    assert area_mm2([rectangle(100, 200, 103, 204)]) == 12
    assert area_mm2([circle(50, 50, 10)]) == pytest.approx(math.pi * 100, rel=1e-4)
    assert area_mm2(difference([rectangle(0, 0, 9, 9)], [rectangle(2, 2, 4, 4)])) == 77
    assert area_mm2([]) == 0


def test_diameters_of_plain_shapes():
    assert longest_diameter([]) is None
    found = longest_diameter([rectangle(100, 200, 103, 204)])
    assert found.length_mm == 5
    assert math.dist(*found.ends_mm) == 5
    assert longest_diameter([circle(50, 50, 10)]).length_mm == pytest.approx(20, abs=2 * GRID_MM)
    # An ellipse of half axes 30 and 5, turned: its longest diameter is its long axis.
    angles = np.linspace(0, 2 * math.pi, 400, endpoint=False)
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]])
    ellipse = np.stack((30 * np.cos(angles), 5 * np.sin(angles)), axis=1) @ turn + 100
    found = longest_diameter([Contour(ellipse)])
    assert found.length_mm == pytest.approx(60, abs=2 * GRID_MM)
    (x0, y0), (x1, y1) = sorted(found.ends_mm)
    assert (x0, y0, x1, y1) == pytest.approx((76, 82, 124, 118), abs=0.01)


def test_the_diameter_is_that_of_one_connected_region_not_of_two_far_apart():
    assert longest_diameter([rectangle(0, 0, 3, 4), rectangle(90, 90, 96, 98)]).length_mm == 10


@no_deadline
@given(paths(min_size=3, max_size=40))
def test_no_two_points_are_farther_apart_than_the_diameter(outline):
    found = longest_diameter([Contour(np.array(outline))])
    assert found.length_mm == pytest.approx(pdist(np.array(outline)).max(), abs=2 * GRID_MM)
    assert math.dist(*found.ends_mm) == pytest.approx(found.length_mm)


def test_area_on_one_side_of_a_line():
    frame = difference([rectangle(0, 0, 9, 9)], [rectangle(2, 2, 4, 4)])
    assert area_left_of_mm2(frame, -1) == 0
    assert area_left_of_mm2(frame, 3) == 27 - 2
    assert area_left_of_mm2(frame, 9) == 77
    assert area_left_of_mm2([circle(50, 50, 10)], 50) == pytest.approx(math.pi * 50, rel=1e-4)


@no_deadline
@given(paths(min_size=3), st.integers(-1, 8) | st.floats(-1, 61))
def test_the_area_beside_a_line_is_the_one_that_shapely_cuts_off(outline, x_mm):
    region = without_self_crossings(outline)
    expected = shapely_of(region).intersection(box(-10, -10, x_mm, 100)).area
    assert area_left_of_mm2(region, x_mm) == pytest.approx(expected, abs=1e-6)


def test_places_of_a_point():
    (frame,) = difference([rectangle(0, 0, 9, 9)], [rectangle(2, 2, 4, 4)])
    assert contains(frame, (1, 1)) is Place.INSIDE
    assert contains(frame, (3, 3)) is Place.OUTSIDE
    assert contains(frame, (10, 1)) is Place.OUTSIDE
    assert contains(frame, (9, 5)) is Place.EDGE
    assert contains(frame, (3, 4)) is Place.EDGE
    assert contains(frame, (9, 9)) is Place.VERTEX
    assert contains(frame, (2, 4)) is Place.VERTEX
    with pytest.raises(DataError):
        contains(frame, (math.nan, 1))


@no_deadline
@given(paths(min_size=3), st.tuples(*[st.one_of(st.integers(-1, 9), st.floats(-1, 61))] * 2))
def test_a_point_is_where_shapely_sees_it(outline, point):
    for contour in without_self_crossings(outline):
        region, place = shapely_of([contour]), contains(contour, point)
        if place in (Place.EDGE, Place.VERTEX):
            assert region.boundary.distance(Point(point)) < 2 * GRID_MM
        elif region.boundary.distance(Point(point)) > 2 * GRID_MM:
            assert (place is Place.INSIDE) == region.contains(Point(point))


lattice_segments = st.tuples(*[st.tuples(*[st.integers(0, 6)] * 2)] * 2)


@no_deadline
@given(lattice_segments, lattice_segments)
def test_segments_meet_where_shapely_says(first, second):
    found = segment_intersection(first, second)
    assert len(found) == len(segment_intersection(second, first))
    common = shapely_line(first).intersection(shapely_line(second))
    if common.is_empty:
        assert len(found) == 0
    else:
        assert len(found) == {"Point": 1, "LineString": 2}[common.geom_type]
        assert common.hausdorff_distance(shapely_line(found)) < GRID_MM


def shapely_line(points):
    """A segment in shapely, to which a line without length is no place at all."""
    points = np.unique(points, axis=0)
    return Point(points[0]) if len(points) == 1 else LineString(points)


@no_deadline
@given(lattice_segments, lattice_segments)
def test_parallel_segments_have_the_same_slope(first, second):
    (ax, ay), (bx, by) = np.subtract(first[1], first[0]), np.subtract(second[1], second[0])
    if (ax, ay) == (0, 0) or (bx, by) == (0, 0):
        with pytest.raises(DataError, match="direction"):
            are_parallel(first, second)
    else:
        expected = math.isclose(math.atan2(ay, ax) % math.pi, math.atan2(by, bx) % math.pi)
        assert are_parallel(first, second) == expected


def test_a_segment_has_two_ends():
    with pytest.raises(DataError, match="two ends"):
        segment_intersection([(0, 0), (1, 1), (2, 2)], [(0, 0), (1, 1)])
