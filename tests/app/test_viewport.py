"""A slice is shown in true proportion, and a point drawn is the point meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from App.model.viewport import Frame, Viewport

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
