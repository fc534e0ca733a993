"""Union, difference and repair give valid regions, whatever is drawn, and the right ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from contour_samples import assert_same_region, circle, no_deadline, paths, rectangle, shapely_of
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, unary_union

from App.widget.contour_module.boolean import difference, union, without_self_crossings
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.measure import area_mm2
from App.widget.contour_module.stroke import stroke_region
from sbmir.errors import DataError

regions = st.lists(paths(min_size=3), min_size=1, max_size=4).map(
    lambda outlines: [
        contour for outline in outlines for contour in without_self_crossings(outline)
    ]
)


@no_deadline
@given(regions)
def test_a_union_is_valid_and_what_shapely_says(contours):
    expected = unary_union([shapely_of([contour]) for contour in contours])
    assert_same_region(union(contours), expected)


@no_deadline
@given(regions, regions)
def test_a_difference_is_valid_and_what_shapely_says(contours, others):
    kept = unary_union([shapely_of([contour]) for contour in contours])
    taken = unary_union([shapely_of([contour]) for contour in others])
    assert_same_region(difference(contours, others), kept - taken)


@no_deadline
@given(paths(min_size=3, max_size=25), st.lists(st.tuples(*[st.floats(-1, 61)] * 2), max_size=30))
def test_a_freehand_outline_keeps_all_it_winds_around(outline, points):
    ring = np.array(outline)
    found = shapely_of(without_self_crossings(outline, smallest_share=0.0))
    boundary = LineString([*outline, outline[0]])
    for point in points:
        if boundary.distance(Point(point)) > 0.1:
            assert found.contains(Point(point)) == (winding_number(ring, point) != 0)


def winding_number(ring, point):
    """Turns of the ring about a point, from the angles under which its edges are seen."""
    x, y = (ring - point).T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    angles = np.arctan2(x * next_y - y * next_x, x * next_x + y * next_y)
    return round(angles.sum() / (2 * math.pi))


def test_both_halves_of_a_figure_of_eight_are_kept():
    halves = without_self_crossings([(0, 0), (10, 10), (10, 0), (0, 10)])
    assert sorted(map(area_mm2, zip(halves))) == pytest.approx([25, 25])


def test_closing_an_outline_beyond_its_beginning_leaves_no_hole_and_no_crumb():
    angles = np.linspace(0, 2 * math.pi + 0.6, 200)
    # The end spirals inward over the beginning, crosses it and overshoots.
    radius = 20 + np.where(angles > 6.0, (angles - 6.3) * 5, 0)
    drawn = without_self_crossings(np.stack((radius * np.cos(angles), radius * np.sin(angles)), 1))
    assert len(drawn) == 1
    assert drawn[0].holes == ()
    assert area_mm2(drawn) == pytest.approx(math.pi * 400, rel=0.02)


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(1, 1)],
        [(1, 1), (2, 2)],
        [(1, 1), (1, 1), (1, 1)],
        [(0, 0), (5, 5), (9, 9), (2, 2)],
        [(0, 0), (10, 0), (10, 1e-5), (0, 1e-5)],
    ],
    ids=["none", "point", "line", "repeated", "in line", "hair"],
)
def test_an_outline_that_encloses_nothing_gives_no_contour(points):
    assert without_self_crossings(np.reshape(np.array(points, float), (-1, 2))) == ()


def test_squares_that_touch_at_a_corner_stay_two_and_along_a_side_become_one():
    square = rectangle(0, 0, 10, 10)
    assert len(union([square, rectangle(10, 10, 20, 20)])) == 2
    (joined,) = union([square, rectangle(10, 2, 20, 8)])
    assert area_mm2([joined]) == 160


def test_a_region_united_with_itself_is_itself_and_less_itself_nothing():
    blob = union([circle(30, 30, 12), circle(44, 33, 7)])
    assert shapely_of(union([*blob, *blob])).equals(shapely_of(blob))
    assert difference(blob, blob) == ()


def test_erasing_the_middle_makes_a_hole_and_filling_it_mends_it():
    ring = difference([circle(30, 30, 20)], [circle(30, 30, 10)])
    assert [len(contour.holes) for contour in ring] == [1]
    assert area_mm2(ring) == pytest.approx(math.pi * 300, rel=0.005)
    (whole,) = union([*ring, circle(30, 30, 11)])
    assert whole.holes == ()


def test_rings_in_rings_keep_their_own_holes():
    rings = [
        contour
        for radius in (10, 20, 30, 40)
        for contour in difference([circle(50, 50, radius)], [circle(50, 50, radius - 5)])
    ]
    bullseye = union(rings)
    assert len(bullseye) == 4
    assert_same_region(bullseye, unary_union([shapely_of([ring]) for ring in rings]))


def test_a_hole_may_touch_the_outline_at_a_point():
    diamond = Contour(np.array([[0.0, 5.0], [4.0, 2.0], [8.0, 5.0], [4.0, 8.0]]))
    (contour,) = difference([rectangle(0, 0, 20, 10)], [diamond])
    assert len(contour.holes) == 1
    assert area_mm2([contour]) == 176
    assert shapely_of([contour]).area == 176


def test_contours_from_elsewhere_are_mended_by_a_union():
    outer = rectangle(0, 0, 10, 10).outer
    turned = Contour(outer[::-1], (outer * 0.5 + 1,))
    assert area_mm2(union([turned])) == 75
    bow_tie = Contour(np.array([[0.0, 0.0], [4.0, 4.0], [4.0, 0.0], [0.0, 4.0]]))
    assert len(union([bow_tie])) == 2


def test_an_outline_as_large_as_allowed_is_still_exact():
    far = 100_000.0
    halves = without_self_crossings([(-far, -far), (far, far), (far, -far), (-far, far)])
    assert sum(area_mm2([half]) for half in halves) == 2 * far * far


steps = st.lists(
    st.tuples(st.booleans(), paths(max_size=6), st.sampled_from([0.5, 1.0, 3.0, 7.25])),
    min_size=1,
    max_size=8,
)


@no_deadline
@given(steps)
def test_strokes_and_erasures_in_any_order_stay_valid(strokes):
    drawn, expected = (), Point(0, 0).buffer(0)
    for adds, path, radius in strokes:
        stroke = stroke_region(path, radius)
        drawn = union([*drawn, *stroke]) if adds else difference(drawn, stroke)
        covered = shapely_of(stroke)
        expected = expected | covered if adds else expected - covered
        assert_same_region(drawn, expected, tolerance_mm=0.1)


def test_drawing_the_same_again_moves_nothing_and_adds_no_points():
    random = np.random.default_rng(5)
    strokes = [
        stroke_region(random.uniform(20, 80, 2) + np.cumsum(random.normal(0, 1, (40, 2)), 0), 3.0)
        for _ in range(8)
    ]
    drawn = ()
    for stroke in strokes:
        drawn = union([*drawn, *stroke])
    first = shapely_of(drawn)
    first_points = sum(contour.n_points for contour in drawn)
    for _ in range(20):
        for stroke in strokes:
            drawn = union([*drawn, *stroke])
    assert sum(contour.n_points for contour in drawn) <= 1.1 * first_points
    assert shapely_of(drawn).hausdorff_distance(first) < 0.1


def test_many_strokes_leave_no_more_points_than_the_boundary_needs():
    random = np.random.default_rng(6)
    drawn = ()
    for _ in range(250):
        start, end = random.uniform(20, 60, (2, 2))
        stroke = stroke_region([start, start + 0.1 * (end - start)], random.uniform(1, 4))
        drawn = union([*drawn, *stroke]) if random.random() < 0.5 else difference(drawn, stroke)
    region = shapely_of(drawn)
    assert sum(contour.n_points for contour in drawn) < 3 * region.length  # 3 points per mm


@pytest.mark.parametrize(
    "points",
    [
        [(0, 0), (1, math.nan), (1, 1)],
        [(0, 0), (1, math.inf), (1, 1)],
        [(0, 0), (1, 2e5), (1, 1)],
        [(0, 0, 0), (1, 1, 1), (1, 0, 0)],
        [("a", "b")],
    ],
)
def test_coordinates_that_mean_nothing_are_refused(points):
    with pytest.raises(DataError, match="contour"):
        without_self_crossings(points)
    with pytest.raises(DataError, match="contour"):
        Contour(points)
