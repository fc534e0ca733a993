"""A slice is shown in true proportion, and a point drawn is the point meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from App.model.viewport import LARGEST_ZOOM, Frame, Viewport, Zoom

lengths = st.floats(10, 500)


@given(width=lengths, height=lengths, left=lengths, top=lengths, size=st.tuples(lengths, lengths))
def test_the_frame_touches_two_margins_and_lies_in_the_middle(width, height, left, top, size):
    frame = Frame(left, top, left + width, top + height)
    viewport = Viewport.fit(frame, size, margin_px=4)
    left_px, top_px = viewport.to_px((frame.left, frame.top))
    right_px, bottom_px = viewport.to_px((frame.right, frame.bottom))
    assert left_px + right_px == pytest.approx(size[1], abs=1e-6)
    assert top_px + bottom_px == pytest.approx(size[0], abs=1e-6)
    assert min(left_px, top_px) == pytest.approx(4, abs=1e-6)


@given(x=st.floats(-50, 300), y=st.floats(-50, 300))
def test_a_point_comes_back_from_the_screen(x, y):
    viewport = Viewport.fit(Frame(20, 10, 190, 210), (640.0, 900.0), margin_px=20)
    assert viewport.to_mm(*viewport.to_px((x, y))) == pytest.approx((x, y))


def test_a_millimetre_is_as_long_across_as_down():
    viewport = Viewport.fit(Frame(0, 0, 200, 100), (600.0, 600.0))
    origin, across, down = (viewport.to_px(p) for p in ((0, 0), (10, 0), (0, 10)))
    assert across[0] - origin[0] == pytest.approx(30)
    assert down[1] - origin[1] == pytest.approx(30)


def test_a_widget_smaller_than_its_margins_still_has_a_scale():
    assert Viewport.fit(Frame(0, 0, 100, 100), (10.0, 10.0), margin_px=26).px_per_mm > 0


FRAME = Frame(20, 10, 190, 210)
SIZE_PX = (640.0, 900.0)
ratios = st.floats(0.2, 5)
zooms = st.builds(
    Zoom, st.floats(0.5, LARGEST_ZOOM), st.tuples(st.floats(20, 190), st.floats(10, 210))
)
places_px = st.tuples(st.floats(0, 900), st.floats(0, 640))


def placed(zoom):
    return zoom.placed(FRAME, SIZE_PX, 26)


@given(zoom=zooms, ratio=ratios, at_px=places_px)
def test_what_is_under_the_pointer_stays_there_while_zooming(zoom, ratio, at_px):
    before = placed(zoom)
    zoomed = zoom.scaled(ratio, at_px, before, SIZE_PX)
    if zoomed.is_fitting:
        return  # all of the head is shown instead
    assert placed(zoomed).to_mm(*at_px) == pytest.approx(before.to_mm(*at_px), abs=1e-6)


@given(zoom=zooms, by_px=places_px)
def test_the_picture_follows_the_pointer_that_pans_it(zoom, by_px):
    before = placed(zoom)
    after = placed(zoom.shifted(by_px, before, SIZE_PX))
    assert after.left_px - before.left_px == pytest.approx(by_px[0], abs=1e-6)
    assert after.top_px - before.top_px == pytest.approx(by_px[1], abs=1e-6)


@given(zoom=zooms, ratio=ratios)
def test_zooming_in_and_out_again_shows_the_same(zoom, ratio):
    middle = (450.0, 320.0)
    there = zoom.scaled(ratio, middle, placed(zoom), SIZE_PX)
    back = there.scaled(zoom.factor / there.factor, middle, placed(there), SIZE_PX)
    if not (there.is_fitting or back.is_fitting):
        assert back.factor == pytest.approx(zoom.factor)
        assert back.center_mm == pytest.approx(zoom.center_mm, abs=1e-6)


def test_zooming_out_to_the_whole_fits_it_again():
    zoom = Zoom().scaled(1.5, (100, 100), placed(Zoom()), SIZE_PX)
    assert not zoom.is_fitting
    assert zoom.scaled(1 / 1.5, (800, 30), placed(zoom), SIZE_PX) == Zoom()


def test_zooming_has_its_limits():
    zoom = Zoom().scaled(1e9, (450, 320), placed(Zoom()), SIZE_PX)
    assert zoom.factor == LARGEST_ZOOM
    assert zoom.scaled(1e-9, (450, 320), placed(zoom), SIZE_PX) == Zoom()


@given(by_px=st.tuples(st.floats(-9e4, 9e4), st.floats(-9e4, 9e4)))
def test_the_picture_cannot_be_lost(by_px):
    zoom = Zoom(3.0, (50.0, 50.0))
    x_mm, y_mm = zoom.shifted(by_px, placed(zoom), SIZE_PX).within(FRAME).center_mm
    assert FRAME.left <= x_mm <= FRAME.right
    assert FRAME.top <= y_mm <= FRAME.bottom


def test_a_zoomed_picture_keeps_its_middle_when_the_widget_is_resized():
    zoom = Zoom(4.0, (60.0, 70.0))
    for size_px in ((640.0, 900.0), (300.0, 400.0)):
        middle = size_px[1] / 2, size_px[0] / 2
        assert zoom.placed(FRAME, size_px, 26).to_mm(*middle) == pytest.approx((60.0, 70.0))
