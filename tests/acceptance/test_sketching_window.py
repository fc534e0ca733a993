"""A user with a mouse, a keyboard and a tablet draws: what the strokes make is what is seen."""

import math

import nibabel
import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

YELLOW, BROWN, CYAN = (242, 208, 36), (165, 96, 44), (37, 195, 216)


@pytest.fixture(scope="module")
def seen(drive):
    return drive("drive_sketching.py")


@pytest.fixture(scope="module")
def px_per_mm(seen, demo_home):
    """How large the slice is on the screen, from the brain's size in the file and in pixels."""
    patient, index = seen.notes["template"], seen.notes["slice"]
    folder = demo_home / "datasets" / "Demo" / patient
    image = nibabel.load(folder / f"{patient}_t1.nii.gz")
    across = np.flatnonzero(np.any(np.asarray(image.dataobj)[:, :, index] > 0, axis=1))
    shown = seen.part("empty", seen.notes["canvas"])[40:-40, 40:-40].max(axis=2) > 40
    columns = np.flatnonzero(shown.any(axis=0))
    width_mm = (across[-1] - across[0] + 1) * image.header.get_zooms()[0]
    return (columns[-1] - columns[0] + 1) / width_mm


def is_near(pixels, color, tolerance=40):
    return np.abs(pixels - np.array(color)).max(axis=-1) < tolerance


def test_the_ring_at_the_pointer_has_the_radius_in_true_millimetres(seen, px_per_mm):
    x, y = seen.notes["ring"]
    around = round(14 * px_per_mm)
    canvas = seen.part("ring", seen.notes["canvas"])
    part = canvas[y - around : y + around + 1, x - around : x + around + 1]
    rows, columns = np.nonzero(is_near(part, YELLOW, 70))
    assert np.ptp(rows) + 1 == pytest.approx(20 * px_per_mm + 1.5, abs=2)
    assert np.ptp(columns) + 1 == pytest.approx(20 * px_per_mm + 1.5, abs=2)


def test_the_brush_is_resized_by_keys_wheel_and_typing(seen):
    radii = seen.notes["radii"]
    assert radii["first"] == 3.0
    assert radii["keys up"] > 3.0
    assert radii["keys down"] == 3.0
    assert radii["wheel up"] > 3.0
    assert radii["wheel down"] == 0.5
    assert radii["typed"] == 10.0


def test_a_dab_covers_what_the_ring_showed(seen):
    assert seen.notes["areas"]["first dab"] == pytest.approx(math.pi * 10**2, rel=0.01)


def test_where_a_stroke_starts_decides_and_shift_and_ctrl_overrule(seen):
    areas = seen.notes["areas"]
    # On top of the disc, a band as wide as the brush and as long as the way.
    assert areas["started inside"] == pytest.approx(areas["first dab"] + 20 * 20, rel=0.03)
    assert areas["started outside"] < areas["started inside"] - 100
    assert areas["shift outside"] > areas["started outside"] + 200
    assert areas["ctrl inside"] == pytest.approx(areas["shift outside"] - math.pi * 4**2, abs=2)


def test_erasing_in_the_middle_leaves_a_hole_that_one_sees_through(seen):
    assert seen.notes["holes"] == 1
    hole, rim = (seen.part("hole", seen.notes[name]) for name in ("hole", "rim"))
    assert np.ptp(hole, axis=2).max() < 30  # the grey of the slice
    assert (rim[..., 0] > rim[..., 2] + 50).all()  # yellowish


def test_escape_gives_up_a_stroke(seen):
    areas = seen.notes["areas"]
    assert areas["while dragging"] != areas["ctrl inside"]
    assert areas["given up"] == areas["ctrl inside"]


def test_the_pen_closes_its_outline_and_removes_its_crossings(seen):
    assert seen.notes["pen"] == pytest.approx(20 * 20 / 2, rel=0.03)
    assert seen.notes["pen_contours"] == 2
    assert seen.notes["pen_square"] == pytest.approx(20 * 20, rel=0.03)


def test_contours_are_added_changed_deleted_and_selected_by_keys(seen):
    notes = seen.notes
    assert notes["counts"] == [1, 2, 1, 2, 1]
    assert notes["left_after_delete"] == pytest.approx(150 + 20 - 5, abs=1)
    assert notes["selected"] == "ET"
    assert notes["left_after_select"] == pytest.approx(150 - 5, abs=1)
    assert notes["after_clear"] == 0


def test_nested_structures_lie_in_the_published_order(seen):
    assert seen.notes["opaque"] == 100
    for name, color in (("NET", CYAN), ("ET", BROWN), ("ED", YELLOW)):
        assert is_near(seen.part("nested", seen.notes["inside"][name]), color).all()


def test_opacity_and_eyes_show_what_is_beneath(seen):
    notes = seen.notes
    oedema = notes["inside"]["ED"]
    assert notes["transparent"] == 0
    beneath = seen.part("transparent", oedema)
    assert np.ptp(beneath, axis=2).max() < 30  # the slice, as if nothing were drawn
    first, hidden = (
        is_near(seen.part(name, notes["canvas"]), YELLOW).sum() for name in ("nested", "hidden")
    )
    assert first > 1000
    assert hidden == 0
    assert notes["hidden_still_drawn"] == 2
    assert notes["shown_again"]


def test_a_tablets_pen_draws_by_pressure_and_its_other_end_erases(seen):
    areas = seen.notes["tablet"]
    lightly, hard = (areas[name] - areas["before"] for name in ("lightly", "hard"))
    assert hard == pytest.approx(math.pi * 10**2, rel=0.02)
    assert 0 < lightly < hard / 2
    assert areas["turned around"] < areas["before"]
