"""A user looks closely: what is shown is where, and as large, as the patient's files say."""

import itertools
import math

import nibabel
import numpy as np
import pytest
from PIL import Image

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def seen(drive):
    return drive("drive_seeing.py")


@pytest.fixture(scope="module")
def notes(seen):
    return seen.notes


@pytest.fixture(scope="module")
def read_volume(notes, demo_home):
    """Read a volume of the template patient."""

    def read(pattern):
        patient = notes["template"]
        folder = demo_home / "datasets" / "Demo" / patient
        return nibabel.load(folder / f"{patient}_{pattern}.nii.gz")

    return read


@pytest.fixture(scope="module")
def brain(seen, notes):
    """The brain on the screen, cut out: (rows, columns) grey levels."""
    return cut_out(seen.part("first", notes["canvas"])[40:-40, 40:-40].max(axis=2), 40)


def cut_out(picture, above):
    rows, columns = np.nonzero(picture > above)
    return picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def test_the_slice_is_in_true_proportion_and_its_letters_are_where_the_affine_says(
    notes, read_volume, brain
):
    image = read_volume("t1")
    voxels = np.asarray(image.dataobj)[:, :, notes["slice"]].astype(np.float32)
    shown = cut_out(voxels.T, 0)  # a row for each y, x to the right
    assert brain.shape[1] / brain.shape[0] == pytest.approx(
        shown.shape[1] / shown.shape[0], rel=0.02
    )
    ways = {}
    for flip_x, flip_y in itertools.product((1, -1), repeat=2):
        turned = Image.fromarray(np.ascontiguousarray(shown[::flip_y, ::flip_x]))
        turned = np.asarray(turned.resize(brain.shape[::-1], Image.Resampling.BILINEAR))
        ways[flip_x, flip_y] = np.corrcoef(turned.ravel(), brain.ravel())[0, 1]
    (flip_x, flip_y), likeness = max(ways.items(), key=lambda way: way[1])
    assert likeness > 0.98
    opposite = {"R": "L", "L": "R", "P": "A", "A": "P"}
    x_to, y_to, _ = nibabel.aff2axcodes(image.affine)
    x_from, y_from = opposite[x_to], opposite[y_to]
    left, right = (x_from, x_to) if flip_x == 1 else (x_to, x_from)
    top, bottom = (y_from, y_to) if flip_y == 1 else (y_to, y_from)
    assert notes["letters"] == {"left": left, "right": right, "top": top, "bottom": bottom}


def test_the_letters_are_written_at_all_four_edges(seen, notes):
    canvas = seen.part("first", notes["canvas"])
    for edge in (canvas[:, :26], canvas[:, -26:], canvas[:26], canvas[-26:]):
        red, blue = edge[..., 0], edge[..., 2]
        assert np.count_nonzero((red > 180) & (red - blue > 60)) > 5


def test_the_wheel_zooms_to_the_pointer(notes):
    assert notes["zoom"] == pytest.approx(1.2**5, rel=0.01)
    assert np.abs(notes["zoom_shift"]).max() <= 1
    assert notes["zoom_kept"] == notes["zoom"]


def test_the_middle_button_takes_the_slice_along(notes):
    assert notes["pan"] == pytest.approx([60, 25], abs=1)


def test_a_double_click_or_a_key_shows_all_of_the_head_again(seen, notes):
    assert notes["reset"] == notes["reset_by_key"] == 1.0
    assert notes["said_by_reset"] == []  # it is no stroke that is refused
    assert notes["by_keys"] == pytest.approx(1.2**2, rel=0.01)
    assert (seen.part("reset", notes["canvas"]) == seen.part("first", notes["canvas"])).all()


def test_zooming_brings_out_what_is_small_without_blocks(seen, notes):
    zoomed = seen.part("zoomed", notes["canvas"]).mean(axis=2)
    inside = zoomed[100:-100, 150:-150]
    # Neighbours on the screen differ little where a voxel is five pixels wide.
    assert np.abs(np.diff(inside, axis=1)).mean() < 4


def test_the_right_button_changes_the_contrast_until_a_double_click(seen, notes):
    first, harder, after = (
        seen.part(name, notes["canvas"]) for name in ("first", "harder", "window_reset")
    )
    tissue = (first.max(axis=2) > 60) & (first.max(axis=2) < 250)
    assert harder[tissue].std() > 1.2 * first[tissue].std()
    assert (first == after).all()


def test_all_images_are_gone_through_by_key_and_chosen_by_button(seen, notes):
    assert notes["images"] == ["T1", "T1CE", "FLAIR", "T1"]
    pictures = [seen.part(name, notes["canvas"]) for name in ("first", "T1CE", "FLAIR")]
    for one, other in itertools.combinations(pictures, 2):
        assert np.abs(one - other).mean() > 1


def test_slices_with_a_lesion_are_marked_beneath_the_scroll_bar(seen, notes, read_volume):
    labels = np.asarray(read_volume("seg").dataobj)
    lesion = np.flatnonzero(labels.any(axis=(0, 1)))
    strip = seen.part("first", notes["marks"])
    red = (strip[..., 0] > 180) & (strip[..., 1] < 130)
    columns = np.flatnonzero(red.any(axis=0))
    assert np.ptp(columns) + 1 < 0.5 * strip.shape[1]
    # The lesion's middle is as far along the strip as along the slices.
    middle = (lesion[0] + lesion[-1]) / 2 / (labels.shape[2] - 1)
    assert columns.mean() / strip.shape[1] == pytest.approx(middle, abs=0.05)
    assert notes["number"] == f"Slice {notes['slice']} / {labels.shape[2] - 1}"


def test_a_ruler_measures_what_the_file_says(seen, notes, read_volume, brain):
    image = read_volume("t1")
    across = np.asarray(image.dataobj)[:, :, notes["slice"]].any(axis=1).nonzero()[0]
    width_mm = (np.ptp(across) + 1) * image.header.get_zooms()[0]
    expected = notes["ruler_px"] / brain.shape[1] * width_mm
    assert notes["ruler"].endswith("mm")
    assert float(notes["ruler"].removesuffix("mm")) == pytest.approx(expected, rel=0.015)
    shown, gone = (seen.part(name, notes["canvas"]) for name in ("ruler", "no_ruler"))
    assert np.count_nonzero(np.abs(shown - gone).max(axis=2) > 40) > 200
    green = (gone[..., 1] > 180) & (gone[..., 0] < 160)
    assert not green.any()


def test_the_numbers_beside_the_sketch_are_those_of_the_shapes(notes):
    def parts(name):
        area, rest = notes["readings"][name].split("\n")
        diameter, _, side = rest.removeprefix("⌀ ").partition(" mm")
        return float(area.split(" ")[0].replace(",", "")), float(diameter), side.strip(" ,")

    area, diameter, side = parts("ED")
    assert area == pytest.approx(math.pi * 10**2, rel=0.01)
    assert diameter == pytest.approx(20, abs=0.1)
    assert side == notes["letters"]["left"]
    area, diameter, side = parts("ET")
    assert area == pytest.approx(30 * 40, rel=0.02)
    assert diameter == pytest.approx(50, rel=0.01)
    assert side == notes["letters"]["right"]
    assert parts("NET")[2] == "L+R"
    assert notes["live"] != notes["readings"]["ED"]  # during a stroke
