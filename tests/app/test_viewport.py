"""A slice is shown in true proportion, and a point drawn is the point meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from App.model.viewport import Viewport

lengths = st.floats(10, 500)


@given(extent=st.tuples(lengths, lengths), size=st.tuples(lengths, lengths))
def test_picture_touches_two_margins_and_lies_in_the_middle(extent, size):
    viewport = Viewport.fit(extent, size, margin_px=4)
    left, top = viewport.to_px((0, 0))
    right, bottom = viewport.to_px((extent[1], extent[0]))
    assert left + right == pytest.approx(size[1])
    assert top + bottom == pytest.approx(size[0])
    assert min(left, top) == pytest.approx(min(4, (min(size) - 1) / 2), abs=1e-6)


@given(x=st.floats(-50, 300), y=st.floats(-50, 300))
def test_a_point_comes_back_from_the_screen(x, y):
    viewport = Viewport.fit((210.0, 180.0), (640.0, 900.0), margin_px=20)
    assert viewport.to_mm(*viewport.to_px((x, y))) == pytest.approx((x, y))


def test_a_millimetre_is_as_long_across_as_down():
    viewport = Viewport.fit((100.0, 200.0), (600.0, 600.0))
    origin, across, down = (viewport.to_px(p) for p in ((0, 0), (10, 0), (0, 10)))
    assert across[0] - origin[0] == pytest.approx(down[1] - origin[1]) == pytest.approx(30)


def test_a_widget_smaller_than_its_margins_still_has_a_scale():
    assert Viewport.fit((100.0, 100.0), (10.0, 10.0), margin_px=26).px_per_mm > 0
