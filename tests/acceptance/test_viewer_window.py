"""A user opens what was found, and looks through the whole patient."""

import nibabel
import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ACCENT = (23, 99, 171)


@pytest.fixture(scope="module")
def seen(drive):
    return drive("drive_viewer.py")


@pytest.fixture(scope="module")
def notes(seen):
    return seen.notes


def picture(seen, name):
    """What the viewer shows, without its frame and letters."""
    return seen.part(name, seen.notes["view"])[40:-40, 40:-40]


def test_a_double_click_on_a_picture_opens_that_image_at_the_retrieved_slice(notes):
    patient, index = notes["keys"][0]
    assert notes["floats"]
    assert notes["opened"]["title"] == f"{patient} - T1CE"
    assert notes["opened"]["images"] == ["T1CE"]
    assert notes["opened"]["slice"] == f"Slice {index} / 154"


def test_the_viewer_lies_wholly_on_the_screen(notes):
    left, top, width, height = notes["screen"]
    assert left >= 0
    assert top >= 0
    assert left + width <= 1280
    assert top + height <= 800


def test_the_viewer_leaves_the_results_to_be_seen(notes):
    left, _, width, _ = notes["screen"]
    assert left + width <= notes["results"][0] + 4


def test_what_is_shown_is_that_slice_of_the_patients_file(seen, demo_home):
    patient, index = seen.notes["keys"][0]
    path = demo_home / "datasets" / "Demo" / patient / f"{patient}_flair.nii.gz"
    voxels = np.asarray(nibabel.load(path).dataobj)[:, :, index]
    brain = np.nonzero(voxels > 0)
    shown = np.nonzero(picture(seen, "flair").max(axis=2) > 40)
    proportions = [np.ptp(brain[0]) / np.ptp(brain[1]), np.ptp(shown[1]) / np.ptp(shown[0])]
    assert proportions[0] == pytest.approx(proportions[1], rel=0.03)


def test_a_frame_says_where_the_retrieved_slice_is(seen, notes):
    def is_framed(name, when):
        edge = seen.part(name, notes[when]["edge"])
        return np.abs(edge - np.array(ACCENT)).max() < 40

    assert is_framed("opened", "opened")
    assert not is_framed("wheeled", "wheeled")
    assert is_framed("home", "home")


def test_wheel_and_keys_go_through_the_slices(notes):
    index = notes["keys"][0][1]
    for name, expected in (("wheeled", index + 2), ("paged", index + 1), ("home", index)):
        assert notes[name]["slice"] == f"Slice {expected} / 154"


def test_images_can_be_changed_and_the_lesion_laid_over(seen, notes):
    assert notes["flair"]["images"] == ["FLAIR"]
    assert np.abs(picture(seen, "flair") - picture(seen, "home")).mean() > 5
    colored = np.ptp(picture(seen, "lesion"), axis=2) > 60
    assert colored.sum() > 100
    assert (np.ptp(picture(seen, "flair"), axis=2) < 30).all()


def test_the_slice_is_windowed_and_zoomed_as_the_template_is(seen):
    flair, windowed, zoomed, reset = (
        picture(seen, name) for name in ("flair", "windowed", "zoomed", "reset")
    )
    assert windowed[flair > 40].std() > 1.1 * flair[flair > 40].std()
    assert np.count_nonzero(zoomed.max(axis=2) > 40) > 1.1 * np.count_nonzero(
        windowed.max(axis=2) > 40
    )
    assert (reset == flair).all()


def test_a_distance_is_measured_in_millimetres_of_the_patient(seen, notes, demo_home):
    patient, index = notes["keys"][0]
    image = nibabel.load(demo_home / "datasets" / "Demo" / patient / f"{patient}_flair.nii.gz")
    columns = np.asarray(image.dataobj)[:, :, index].any(axis=1).nonzero()[0]
    shown = np.nonzero((picture(seen, "flair").max(axis=2) > 40).any(axis=0))[0]
    mm_per_px = (np.ptp(columns) + 1) / (np.ptp(shown) + 1) * image.header.get_zooms()[0]
    length_mm = float(notes["ruler"].removesuffix("mm"))
    assert length_mm == pytest.approx(notes["ruler_px"] * mm_per_px, rel=0.03)
    assert notes["ruler_gone"]


def test_keys_of_the_viewer_leave_the_sketch_alone(notes):
    assert notes["tool_kept"]
    assert notes["steps"] == 1


def test_the_same_patient_is_shown_in_the_viewer_that_is_open(notes):
    assert notes["docks"] == 1
    assert notes["again"]["images"] == ["T1"]


def test_enter_on_a_row_opens_another_viewer_and_all_can_be_closed(notes):
    patient, index = notes["keys"][1]
    assert notes["second"]["title"].startswith(patient)
    assert notes["second"]["slice"] == f"Slice {index} / 154"
    assert notes["left"] == 0
