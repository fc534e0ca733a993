"""The window suits a small screen, a small one of fine pixels, and a large one."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

SCREENS = {"small": ("1280x800", 1), "fine": ("2560x1600", 2), "large": ("3840x2160", 1)}


@pytest.fixture(scope="module", params=list(SCREENS))
def notes(request, drive):
    screen, scale = SCREENS[request.param]
    return {**drive("drive_sizes.py", screen=screen, scale=scale).notes, "name": request.param}


def test_nothing_is_cut_off_or_too_small_to_hit(notes):
    assert notes["cut_off"] == []
    assert notes["small"] == []


def test_the_slice_is_the_largest_part(notes):
    width, height = (length * notes["ratio"] for length in notes["screen"])
    canvas_width, canvas_height = notes["canvas"][2:]
    assert canvas_height > 0.5 * height
    assert canvas_width > 0.4 * width


def test_results_grow_with_the_window(notes):
    width = notes["screen"][0] * notes["ratio"]
    assert notes["dock"][2] > 0.3 * width
    left, _, dock_width, _ = notes["dock"]
    for row_left, _, row_width, _ in notes["rows"]:
        assert row_left >= left
        assert row_left + row_width <= left + dock_width


def test_drawing_is_as_exact_at_any_size(notes):
    # A ring of radius 12 and width 10 with a disc of radius 5 in its hole of radius 7.
    assert notes["ratio"] == (2.0 if notes["name"] == "fine" else 1.0)
    assert notes["area"] == pytest.approx(3.14159 * (17**2 - 7**2 + 5**2), rel=0.015)
