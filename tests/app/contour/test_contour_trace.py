"""Tracing a mask and painting it again gives the same mask, and what is traced is valid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from contour_samples import no_deadline, shapely_of
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from App.widget.contour_module.boolean import difference, union
from App.widget.contour_module.rasterise import mask
from App.widget.contour_module.stroke import stroke_region
from App.widget.contour_module.trace import SMALLEST_PIXEL_MM, trace

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=14))
pixel_sizes = st.tuples(st.floats(SMALLEST_PIXEL_MM, 4), st.floats(SMALLEST_PIXEL_MM, 4))


def extent_of(pixels, pixel_mm):
    return pixels.shape[0] * pixel_mm[0], pixels.shape[1] * pixel_mm[1]


@no_deadline
@given(masks, pixel_sizes)
def test_a_traced_mask_is_painted_as_it_was(pixels, pixel_mm):
    extent_mm = extent_of(pixels, pixel_mm)
    np.testing.assert_array_equal(mask(trace(pixels, extent_mm), pixels.shape, extent_mm), pixels)


@no_deadline
@given(masks, pixel_sizes)
def test_what_is_traced_is_valid_and_apart(pixels, pixel_mm):
    contours = trace(pixels, extent_of(pixels, pixel_mm))
    shapes = [shapely.Polygon(contour.outer, contour.holes) for contour in contours]
    assert all(shapely.is_valid(shapes))
    assert shapely.union_all(shapes).area == pytest.approx(sum(s.area for s in shapes))


@no_deadline
@given(masks, st.floats(1, 6), st.floats(0, 14), st.floats(0, 14))
def test_a_stroke_over_what_is_traced_stays_valid(pixels, radius, x, y):
    contours = trace(pixels, extent_of(pixels, (1.0, 1.0)))
    stroke = stroke_region([(x, y), (y, x)], radius)
    for changed in (union([*contours, *stroke]), difference(contours, stroke)):
        assert all(shapely.is_valid([shapely.Polygon(c.outer, c.holes) for c in changed]))


def test_boundaries_run_half_way_between_pixel_centres():
    pixels = np.zeros((5, 6), bool)
    pixels[1:4, 2:4] = True
    (contour,) = trace(pixels, (10.0, 6.0))
    assert contour.bounds_mm == (2.0, 2.0, 4.0, 8.0)
    # The corners are cut off at half a pixel.
    assert shapely_of([contour]).area == pytest.approx(2 * 6 - 4 * (0.5 * 1.0) / 2)


def test_a_disc_is_traced_near_its_circle():
    y, x = np.mgrid[:80, :80] + 0.5
    (contour,) = trace(np.hypot(x - 40, y - 40) < 30, (80.0, 80.0))
    reach = np.hypot(*(contour.outer - 40).T)
    assert np.abs(reach - 30).max() < 0.75


def test_holes_stay_holes_and_what_lies_in_them_is_a_contour_of_its_own():
    pixels = np.ones((9, 9), bool)
    pixels[2:7, 2:7] = False
    pixels[4, 4] = True
    ring, core = sorted(trace(pixels, (9.0, 9.0)), key=lambda c: c.bounds_mm)
    assert len(ring.holes) == 1
    assert not core.holes


def test_pixels_that_meet_at_a_corner_are_one_region():
    assert len(trace(np.eye(4, dtype=bool), (4.0, 4.0))) == 1


def test_a_blank_mask_has_no_contour():
    assert trace(np.zeros((4, 4), bool), (4.0, 4.0)) == ()


def test_pixels_too_fine_to_trace_are_refused():
    with pytest.raises(ValueError, match=r"pixels of 0\.01"):
        trace(np.ones((100, 100), bool), (1.0, 100.0))
