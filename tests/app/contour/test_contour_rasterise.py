"""A mask holds the pixels whose centres are inside."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from contour_samples import circle, no_deadline, paths, rectangle, shapely_of
from hypothesis import given
from hypothesis import strategies as st

from App.widget.contour_module.boolean import difference, without_self_crossings
from App.widget.contour_module.rasterise import mask
from App.widget.contour_module.stroke import stroke_region


def centres(shape, extent_mm):
    (rows, columns), (height, width) = shape, extent_mm
    row, column = np.mgrid[:rows, :columns]
    return (column + 0.5) * width / columns, (row + 0.5) * height / rows


shapes = st.tuples(st.integers(1, 70), st.integers(1, 70))
extents = st.tuples(st.floats(0.5, 80), st.floats(0.5, 80))


@no_deadline
@given(paths(max_size=12), st.lists(paths(max_size=5), max_size=2), shapes, extents)
def test_it_agrees_with_shapely_on_every_centre(outline, erased, shape, extent_mm):
    contours = difference(
        without_self_crossings(outline),
        [contour for path in erased for contour in stroke_region(path, 1.3)],
    )
    found = mask(contours, shape, extent_mm)
    region = shapely_of(contours)
    x, y = centres(shape, extent_mm)
    differs = found != shapely.contains_xy(region, x, y)
    # A centre exactly on a boundary may go either way.
    on_edge = region.boundary.distance(shapely.points(x[differs], y[differs])) < 1e-9
    assert found.shape == shape
    assert np.all(on_edge)


def test_holes_stay_free_and_several_contours_add_up():
    ring = difference([circle(20, 20, 10)], [circle(20, 20, 5)])
    found = mask([*ring, rectangle(40, 0, 44, 10)], (50, 50), (50.0, 50.0))
    assert not found[20, 20]
    assert found[20, 12]
    assert found[:10, 40:44].all()
    assert found[:, 40:].sum() == 40


def test_each_centre_on_a_common_boundary_has_one_owner():
    # Every boundary runs through pixel centres.
    whole = rectangle(0.5, 0.5, 8.5, 8.5)
    left = without_self_crossings([(0.5, 0.5), (8.5, 0.5), (0.5, 8.5)])
    right = without_self_crossings([(8.5, 0.5), (8.5, 8.5), (0.5, 8.5)])
    in_left, in_right = (mask(part, (10, 10), (10.0, 10.0)) for part in (left, right))
    assert not (in_left & in_right).any()
    np.testing.assert_array_equal(in_left | in_right, mask([whole], (10, 10), (10.0, 10.0)))


def test_what_lies_beyond_the_picture_is_cut_off():
    found = mask([rectangle(-30, -30, 2, 300)], (8, 8), (8.0, 8.0))
    np.testing.assert_array_equal(found, np.arange(8) < np.full((8, 1), 2))


def test_pixels_need_not_be_square():
    found = mask([rectangle(0, 0, 5, 5)], (5, 20), (10.0, 10.0))
    assert found.sum() == 2 * 10 or found.sum() == 3 * 10
    assert found[:2, :10].all()


@pytest.mark.parametrize(
    ("shape", "extent_mm"),
    [((0, 5), (1.0, 1.0)), ((5, 5), (0.0, 1.0)), ((5, 5), (1.0, float("nan")))],
)
def test_a_mask_needs_a_size(shape, extent_mm):
    with pytest.raises(ValueError, match="a mask of"):
        mask([], shape, extent_mm)
