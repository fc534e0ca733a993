"""However a slice is zoomed, what is on the screen is what the slice holds there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from App.model.picture import Letters, Patch, SlicePicture, grey_levels, windowed
from App.model.viewport import Frame, Zoom

EXTENT_MM = (48.0, 60.0)
ROWS, COLUMNS = 48, 40
FRAME = Frame(0.0, 0.0, 60.0, 48.0)
SIZE_PX = (200.0, 300.0)


def picture(values):
    return SlicePicture(
        values.astype(np.float32), (0.0, 1.0), EXTENT_MM, FRAME, Letters(*"LRAP"), "P1", "T1", 0
    )


# A slope tells where on the picture each pixel of the screen lies.
SLOPE_X = picture(np.tile((np.arange(COLUMNS) + 0.5) / COLUMNS * EXTENT_MM[1], (ROWS, 1)))
SLOPE_Y = picture(np.tile(((np.arange(ROWS) + 0.5) / ROWS * EXTENT_MM[0])[:, None], (1, COLUMNS)))


@given(
    factor=st.floats(0.5, 40),
    middle=st.tuples(st.floats(0, 60), st.floats(0, 48)),
    ratio=st.sampled_from([1.0, 1.5, 2.0]),
)
def test_each_pixel_shows_its_own_place_of_the_slice(factor, middle, ratio):
    viewport = Zoom(factor, middle).placed(FRAME, SIZE_PX, 0)
    patch = Patch.visible(SLOPE_X, viewport, SIZE_PX, ratio)
    if patch is None:
        return
    columns = (patch.left + np.arange(patch.columns) + 0.5) / ratio
    rows = (patch.top + np.arange(patch.rows) + 0.5) / ratio
    x_mm = np.array([viewport.to_mm(x, 0)[0] for x in columns])
    y_mm = np.array([viewport.to_mm(0, y)[1] for y in rows])
    inner_x = (x_mm > 4) & (x_mm < 56)  # at the edges there is nothing to interpolate with
    inner_y = (y_mm > 4) & (y_mm < 44)
    shown_x = patch.of(SLOPE_X.values)[0]
    shown_y = patch.of(SLOPE_Y.values)[:, 0]
    assert shown_x[inner_x] == pytest.approx(x_mm[inner_x], abs=0.05)
    assert shown_y[inner_y] == pytest.approx(y_mm[inner_y], abs=0.05)


@given(
    factor=st.floats(0.5, 40),
    middle=st.tuples(st.floats(0, 60), st.floats(0, 48)),
    ratio=st.sampled_from([1.0, 1.25, 2.0]),
)
def test_no_more_is_scaled_than_is_seen(factor, middle, ratio):
    viewport = Zoom(factor, middle).placed(FRAME, SIZE_PX, 0)
    patch = Patch.visible(SLOPE_X, viewport, SIZE_PX, ratio)
    assert patch is not None
    assert patch.left >= 0
    assert patch.top >= 0
    assert patch.left + patch.columns <= SIZE_PX[1] * ratio
    assert patch.top + patch.rows <= SIZE_PX[0] * ratio


def test_nothing_is_scaled_where_nothing_is_seen():
    viewport = Zoom(4.0, (1000.0, 10.0)).placed(FRAME, SIZE_PX, 0)
    assert Patch.visible(SLOPE_X, viewport, SIZE_PX, 1.0) is None


def test_a_window_makes_its_ends_black_and_white():
    levels = windowed(np.array([[0, 100, 200, 300, 400]], np.float32), (100, 300))
    np.testing.assert_array_equal(levels, [[0, 0, 128, 255, 255]])


def test_smooth_tissue_has_no_steps():
    levels = grey_levels(SLOPE_X.values, (0.0, 60.0), (48, 2000))
    steps = np.diff(levels[0].astype(int))
    assert steps.min() >= 0
    assert steps.max() <= 1
