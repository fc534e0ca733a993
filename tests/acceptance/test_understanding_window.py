"""A user asks why a result matches, and what the model made of the sketch."""

import re

import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

CLASSES = {
    "Peritumoral edema": 2,
    "Gd-enhancing tumor": 3,
    "Necrotic and non-enhancing tumor core": 1,
}
PIXEL_MM = 240 / 128


@pytest.fixture(scope="module")
def seen(drive):
    return drive("drive_understanding.py")


@pytest.fixture(scope="module")
def notes(seen):
    return seen.notes


@pytest.fixture(scope="module")
def pairs(seen, notes, demo_home):
    """For each row, the label maps of the sketch and of the found slice."""
    sketch = np.load(seen.folder / "sketch.npy")
    slices = demo_home / "datasets" / "Demo_Slices"
    return [
        (sketch, np.load(slices / patient / f"{patient}_seg_{index:04d}.npy"))
        for patient, index in notes["keys"]
    ]


def dice(one, other):
    both = np.count_nonzero(one) + np.count_nonzero(other)
    return None if both == 0 else 2 * np.count_nonzero(one & other) / both


def middle(mask):
    return np.array([axis.mean() for axis in np.nonzero(mask)])


def test_further_patients_follow_as_one_scrolls(notes):
    assert notes["asked_for"] == 1
    assert 2 < notes["unscrolled"] <= notes["all"]
    assert notes["scrolled"] > 0
    assert len(notes["titles"]) == notes["all"] == 5
    assert notes["foot"] == "These are all."


def test_each_row_tells_rank_patient_slice_and_distance(notes):
    distances = [float(text.removeprefix("distance ")) for text in notes["distances"]]
    assert distances == sorted(distances)
    for rank, (title, (patient, index)) in enumerate(
        zip(notes["titles"], notes["keys"], strict=True), 1
    ):
        assert title == f"[No.{rank}] PatientID = {patient}, Slice = {index}"


def test_the_overlap_of_each_structure_is_that_of_the_label_maps(notes, pairs):
    for text, line, (sketch, found) in zip(notes["reasons"], notes["lines"], pairs, strict=True):
        for name, number in CLASSES.items():
            said = re.search(rf"{name}: (\S+)", text)[1]
            expected = dice(sketch == number, found == number)
            assert said == ("–" if expected is None else f"{expected:.2f}")
            assert f"&nbsp;{said}" in line
        said = re.search(r"whole lesion: (\S+)", text)[1]
        assert said == f"{dice(sketch > 0, found > 0):.2f}"


def test_size_and_shift_are_those_of_the_label_maps(notes, pairs):
    for text, (sketch, found) in zip(notes["reasons"], pairs, strict=True):
        if not found.any():
            continue
        ratio = float(re.search(r"Area of the lesion: (\S+) ×", text)[1])
        assert ratio == pytest.approx(np.count_nonzero(found) / np.count_nonzero(sketch), abs=0.006)
        shift_mm = float(re.search(r"Centre of the lesion: (\S+) mm", text)[1])
        expected_mm = np.linalg.norm(middle(found > 0) - middle(sketch > 0)) * PIXEL_MM
        assert shift_mm == pytest.approx(expected_mm, abs=0.06)


def test_the_outline_of_the_sketch_lies_over_the_pictures_on_demand(seen, notes):
    sketch = np.load(seen.folder / "sketch.npy") > 0
    rows, columns = np.nonzero(sketch)
    for rectangle in notes["pictures"]:
        plain, outlined, again = (
            seen.part(name, rectangle) for name in ("plain", "outlined", "plain_again")
        )
        assert (plain == again).all()
        changed = np.nonzero(np.abs(outlined - plain).max(axis=2) > 30)
        left, top, edge = notes["part"]
        px = plain.shape[1] / (sketch.shape[1] * edge)
        # The outline's box is the sketch's, on the scale of the part that is shown.
        for axis, pixels, start in zip(changed, (rows, columns), (top, left), strict=True):
            first = start * sketch.shape[1]
            assert axis.min() == pytest.approx((pixels.min() - first) * px, abs=3)
            assert axis.max() == pytest.approx((pixels.max() + 1 - first) * px, abs=3)


def test_the_imagined_image_is_shown_in_a_corner_and_goes_again(seen, notes):
    left, top, width, height = notes["inset"]
    canvas = notes["canvas"]
    assert left + width <= canvas[0] + canvas[2]
    assert top + height <= canvas[1] + canvas[3]
    one, other = (seen.part(name, notes["inset"]) for name in ("imagined", "imagined_other"))
    assert one.std() > 20
    assert (np.ptp(one, axis=2) < 30).mean() > 0.9
    assert np.abs(one - other).mean() > 1
    assert notes["inset_gone"]


def test_a_sign_is_there_only_where_the_sketch_is_unlike_all_patients(notes):
    assert not notes["near"]
    assert notes["far"]
    assert "farther from your sketch than patients of this database usually are" in notes["said"]
