"""A user searches while drawing, turns the knobs, and goes on from what was found."""

import nibabel
import numpy as np
import pytest

from sbmir.labels import BRATS_ENHANCING, TissueClass

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

PIXEL_MM = 240 / 128


@pytest.fixture(scope="module")
def notes(drive):
    return drive("drive_live_search.py").notes


@pytest.fixture(scope="module")
def label_slice(demo_home):
    """Read the labels of a slice: (x, y) class ids, and mm² of a voxel; x runs to the left."""

    def read(patient, index):
        image = nibabel.load(demo_home / "datasets" / "Demo" / patient / f"{patient}_seg.nii.gz")
        assert nibabel.aff2axcodes(image.affine)[0] == "L"
        labels = np.asarray(image.dataobj)[:, :, index]
        x_mm, y_mm, _ = image.header.get_zooms()
        return np.where(labels == BRATS_ENHANCING, TissueClass.ET, labels), x_mm * y_mm

    return read


def patients(results):
    return [patient for patient, _, _ in results]


def distances(results):
    return [distance for *_, distance in results]


def test_results_come_a_moment_after_a_stroke_and_are_those_of_the_button(notes):
    assert len(notes["live"]) == 5
    assert notes["live"] == notes["button"]


def test_of_strokes_in_quick_succession_the_last_one_counts(notes):
    assert notes["is_newest"]
    assert notes["after_strokes"] != notes["live"]
    assert notes["after_strokes"] == notes["key"]


def test_undo_searches_again(notes):
    assert notes["undone"] == notes["live"]


def test_the_weight_goes_from_anatomy_to_lesion(notes):
    before, after = map(float, notes["weights"])
    assert after == pytest.approx(before + 0.1)
    assert distances(notes["heavier"]) != distances(notes["live"])
    assert notes["lowest"] == "0.00"
    assert distances(notes["anatomy"]) != distances(notes["live"])
    assert notes["weight_again"] == notes["weights"][0]
    assert notes["same_weight"] == notes["live"]


def test_mirror_looks_on_the_other_side_until_it_is_off(notes):
    assert notes["mirror_shown"]
    assert distances(notes["mirrored"]) != distances(notes["live"])
    assert notes["mirrored_back"] == notes["live"]


def test_filters_let_only_through_what_fits(notes, label_slice):
    assert notes["filters_said"] == "Filters (1)"
    assert notes["left"]
    assert notes["large"]
    for results, wanted in ((notes["left"], "left"), (notes["right"], "right")):
        for patient, index, _ in results:
            labels, _ = label_slice(patient, index)
            middle = labels.shape[0] // 2
            left, right = np.count_nonzero(labels[middle:]), np.count_nonzero(labels[:middle])
            more, less = (left, right) if wanted == "left" else (right, left)
            assert more > 5 * less
    if not notes["right"]:
        assert notes["nobody"] == "No patient passes the filters"
    for patient, index, _ in notes["large"]:
        labels, voxel_mm2 = label_slice(patient, index)
        assert np.count_nonzero(labels) * voxel_mm2 > 0.95 * 800
    assert notes["unfiltered"] == notes["live"]


def test_a_result_can_be_the_query_and_the_sketch_comes_back(notes):
    patient, index, _ = notes["example_of"]
    assert notes["example_said"] == f"The query is slice {index} of {patient}"
    assert patient not in patients(notes["by_example"])
    assert len(notes["by_example"]) == 5
    assert distances(notes["by_example"]) == sorted(distances(notes["by_example"]))
    assert notes["example_gone"]
    assert notes["back"] == notes["before"]


def test_a_results_lesion_becomes_a_sketch_that_finds_its_patient_nearer(notes, demo_home):
    patient, index, _ = notes["taken"]
    slices = demo_home / "datasets" / "Demo_Slices" / patient
    labels = np.load(slices / f"{patient}_seg_{index:04d}.npy")
    for name, area in notes["edited_areas"].items():
        n_pixels = np.count_nonzero(labels == TissueClass[name])
        assert notes["edited_labels"][name] == n_pixels
        assert area == pytest.approx(n_pixels * PIXEL_MM**2, rel=0.05, abs=10)
    place = patients(notes["edited"]).index(patient)
    assert place <= patients(notes["live"]).index(patient)
    assert notes["edited"][place][2] < notes["taken"][2]
    assert notes["edit_steps"] == 1
    assert notes["still_sketching"]
    assert notes["undone_edit"] == notes["live"]
