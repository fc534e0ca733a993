"""A stroke covers what a round brush passes over."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from contour_samples import no_deadline, paths, shapely_of
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, unary_union

from App.widget.contour_module.boolean import union
from App.widget.contour_module.measure import area_mm2
from App.widget.contour_module.stroke import (
    LONGEST_END,
    PATH_TOLERANCE_MM,
    ROUNDNESS_MM,
    SweptDisc,
    stroke_region,
)
from sbmir.errors import DataError


@no_deadline
@given(paths(max_size=20), st.sampled_from([0.3, 0.5, 1.0, 3.0, 12.0, 50.0]))
def test_a_stroke_is_the_path_made_broad(path, radius):
    covered = shapely_of(stroke_region(path, radius))
    off_mm = ROUNDNESS_MM + PATH_TOLERANCE_MM + 0.005
    # Two boundaries that nearly meet leave a crack too thin to keep, so holes may be filled.
    outer = capsules(path, radius + off_mm).buffer(0.03).buffer(-0.03)
    assert outer.contains(covered)
    assert covered.buffer(1e-3).contains(capsules(path, radius - off_mm))
    assert len(covered.geoms) == 1


def capsules(path, radius):
    """What the brush covers between each two points; shapely errs on whole crossing paths."""
    pieces = pairwise(path) if len(path) > 1 else [path * 2]
    return unary_union([LineString(piece).buffer(radius, quad_segs=64) for piece in pieces])


@no_deadline
@given(
    paths(min_size=2, max_size=8).flatmap(
        lambda path: st.tuples(
            st.just(path),
            st.lists(st.floats(0.5, 8), min_size=len(path), max_size=len(path)),
        )
    )
)
def test_a_stroke_of_changing_radius_is_made_of_cones(drawn):
    path, radii = drawn
    covered = shapely_of(stroke_region(path, radii))
    off_mm = ROUNDNESS_MM + PATH_TOLERANCE_MM + 0.005
    outer = cones(path, radii, off_mm).buffer(0.03).buffer(-0.03)
    assert outer.buffer(1e-3).contains(covered)
    assert covered.buffer(1e-3).contains(cones(path, radii, -off_mm))
    assert len(covered.geoms) == 1


def cones(path, radii, more_mm):
    """The hulls of each two neighbouring discs."""
    discs = [
        Point(point).buffer(radius + more_mm, quad_segs=64)
        for point, radius in zip(path, radii, strict=True)
    ]
    return unary_union([unary_union(pair).convex_hull for pair in pairwise(discs)])


def test_a_radius_that_does_not_change_gives_the_stroke_of_one_radius():
    path = [(0.0, 0.0), (20.0, 5.0), (8.0, 9.0)]
    assert stroke_region(path, [3.0, 3.0, 3.0]) == stroke_region(path, 3.0)


def test_a_dab_that_grows_in_its_place_is_the_larger_dab():
    grown = shapely_of(stroke_region([(5.0, 5.0)] * 3, [1.0, 4.0, 2.0]))
    assert grown.symmetric_difference(shapely_of(stroke_region([(5.0, 5.0)], 4.0))).area < 0.01


@pytest.mark.parametrize("radius", [0.5, 3.0, 50.0])
def test_a_dab_is_a_disc(radius):
    (dab,) = stroke_region([(10.0, 20.0)], radius)
    assert area_mm2([dab]) == pytest.approx(math.pi * radius**2, rel=0.02)
    reach = np.hypot(*(dab.outer - (10, 20)).T)
    assert np.abs(reach - radius).max() <= ROUNDNESS_MM


def test_going_round_leaves_the_middle_free():
    angles = np.linspace(0, 2 * math.pi, 60)
    (ring,) = stroke_region(40 + 15 * np.stack((np.cos(angles), np.sin(angles)), 1), 3.0)
    assert len(ring.holes) == 1
    assert area_mm2([ring]) == pytest.approx(math.pi * (18**2 - 12**2), rel=0.01)


def test_scribbling_there_and_back_equals_going_once():
    once = shapely_of(stroke_region([(0, 0), (20, 5)], 2.0))
    often = shapely_of(stroke_region([(0, 0), (20, 5), (0, 0), (12, 3), (20, 5), (0, 0)], 2.0))
    assert once.hausdorff_distance(often) < 0.01


def test_a_hand_that_trembles_gives_hardly_more_points():
    x = np.arange(0, 60, 0.1)
    still = stroke_region([(0.0, 0.0), (60.0, 0.0)], 3.0)
    tremble = np.random.default_rng(3).uniform(-0.01, 0.01, x.shape)
    trembled = stroke_region(np.stack((x, tremble), axis=1), 3.0)
    assert trembled[0].n_points < 2 * still[0].n_points


def test_a_stroke_drawn_move_by_move_is_the_stroke_drawn_at_once():
    random = np.random.default_rng(4)
    headings = np.cumsum(random.normal(0, 0.25, 200))
    path = 50 + 0.4 * np.cumsum(np.stack((np.cos(headings), np.sin(headings)), 1), 0)
    at_once = stroke_region(path, 3.0)
    drawn = ()
    for move in pairwise(path):
        drawn = union([*drawn, *stroke_region(move, 3.0)])
    assert shapely_of(drawn).hausdorff_distance(shapely_of(at_once)) < 0.15
    assert drawn[0].n_points < 2 * at_once[0].n_points


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4 * LONGEST_END),
    st.sampled_from([0.05, 0.4, 3.0]),
    st.sampled_from([0.5, 3.0, 12.0]),
)
def test_a_long_way_is_covered_as_well_as_a_short_one(seed, points, step_mm, radius):
    path = wandering(seed, points, step_mm)
    swept = SweptDisc()
    for x, y in path.tolist():
        swept.extend((x, y), radius)
        swept.region()  # it is shown at each move, which changes nothing
    assert swept.region() == stroke_region(path, radius)
    covered = shapely_of(swept.region())
    off_mm = ROUNDNESS_MM + PATH_TOLERANCE_MM + 0.005
    outer = capsules(path.tolist(), radius + off_mm).buffer(0.03).buffer(-0.03)
    assert outer.contains(covered)
    assert covered.buffer(1e-3).contains(capsules(path.tolist(), radius - off_mm))
    assert len(covered.geoms) == 1


def test_going_on_to_fill_an_area_leaves_it_as_simple_as_it_was():
    turns = np.arange(20 * LONGEST_END)
    path = 100 + 15 * np.stack((np.sin(0.11 * turns), np.sin(0.013 * turns + 1)), axis=1)
    (half,), (filled,) = stroke_region(path[: len(path) // 2], 3.0), stroke_region(path, 3.0)
    assert filled.n_points < 1.5 * half.n_points < len(path) / 4
    assert not filled.holes


def wandering(seed, points, step_mm):
    """A pointer that turns a little at each move, and often crosses its own way."""
    headings = np.cumsum(np.random.default_rng(seed).normal(0, 0.4, points))
    return 50 + step_mm * np.cumsum(np.stack((np.cos(headings), np.sin(headings)), 1), 0)


def test_no_point_covers_nothing():
    assert stroke_region(np.empty((0, 2)), 3.0) == ()


@pytest.mark.parametrize("radius", [0.0, -1.0, math.nan, math.inf])
def test_a_radius_must_be_one(radius):
    with pytest.raises(ValueError, match="radius_mm"):
        stroke_region([(1.0, 1.0)], radius)


def test_a_path_must_be_finite():
    with pytest.raises(DataError):
        stroke_region([(1.0, 1.0), (math.nan, 2.0)], 3.0)
