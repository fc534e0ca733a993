"""Zoom is kept for a patient, a window for its modality, a distance for its slice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from App.model.picture import Letters, SlicePicture
from App.model.ruler import Ruler
from App.model.view_state import (
    PX_PER_DOUBLING,
    PX_PER_WINDOW,
    ViewState,
    dragged_window,
    window_label,
)
from App.model.viewport import Frame, Zoom

FRAME = Frame(0, 0, 100, 100)
PICTURE = SlicePicture(
    np.zeros((9, 9), np.float32), (100.0, 500.0), (100.0, 100.0), FRAME, Letters(*"LRAP"),
    "P1", "T1", 4,
)  # fmt: skip
LOOKED = ViewState(Zoom(2.0, (10.0, 20.0)), {"T1": (0.0, 50.0)}, Ruler((1.0, 1.0), (4.0, 5.0)))


def test_another_slice_keeps_zoom_and_windows_but_not_the_distance():
    kept = LOOKED.after(PICTURE, replace(PICTURE, index=5))
    assert kept == replace(LOOKED, ruler=None)


def test_another_modality_keeps_all_and_has_its_own_window():
    flair = replace(PICTURE, modality="FLAIR", window=(7.0, 9.0))
    kept = LOOKED.after(PICTURE, flair)
    assert kept == LOOKED
    assert kept.window(PICTURE) == (0.0, 50.0)
    assert kept.window(flair) == (7.0, 9.0)


@pytest.mark.parametrize("picture", [replace(PICTURE, patient="P2"), None])
def test_another_patient_is_looked_at_from_the_start(picture):
    assert LOOKED.after(PICTURE, picture) == ViewState()


def test_a_drag_to_the_right_widens_the_window_around_its_level():
    low, high = dragged_window((100, 500), (100, 500), (PX_PER_DOUBLING, 0))
    assert (low, high) == pytest.approx((-100, 700))


def test_a_drag_upwards_brightens():
    low, high = dragged_window((100, 500), (100, 500), (0, -PX_PER_WINDOW / 4))
    assert (low, high) == pytest.approx((0, 400))


@pytest.mark.parametrize("way_px", [-1e6, 1e6])
def test_a_window_never_turns_over_however_far_one_drags(way_px):
    low, high = dragged_window((100, 500), (100, 500), (way_px, way_px))
    assert low < high
    assert np.isfinite([low, high]).all()


def test_windows_and_lengths_as_they_are_written():
    assert window_label((100, 500)) == "W 400  L 300"
    assert window_label((-1, 1.5)) == "W 2.50  L 0.25"
    assert Ruler((1, 1), (4, 5)).label == "5.00mm"
    assert Ruler((0, 0), (12.344, 0)).label == "12.34mm"
