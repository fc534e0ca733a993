"""A user takes any patient as the template, and is kept from its lesion."""

import nibabel
import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def seen(drive):
    return drive("drive_templates.py")


@pytest.fixture(scope="module")
def notes(seen):
    return seen.notes


def test_every_patient_is_offered(notes, demo_home):
    folder = demo_home / "datasets" / "Demo"
    patients = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert sorted(notes["offered"]) == patients
    assert notes["first"] == notes["offered"][0]
    assert notes["patient"] == notes["offered"][2]


def test_slices_with_a_lesion_are_those_of_the_label_map(notes, demo_home):
    patient = notes["patient"]
    folder = demo_home / "datasets" / "Demo" / patient
    labels = np.asarray(nibabel.load(folder / f"{patient}_seg.nii.gz").dataobj)
    lesion = np.flatnonzero(labels.any(axis=(0, 1)))
    assert notes["lesion"] == [lesion[0], lesion[-1]]
    assert lesion[0] <= notes["slice"] <= lesion[-1]


def test_on_a_slice_with_a_lesion_one_neither_sketches_nor_searches_and_is_told_why(notes):
    assert "shows a lesion of its own" in notes["hint"]
    assert not notes["sketching"]
    assert not notes["button"]
    for said in (notes["refused_sketching"], notes["refused_search"]):
        assert len(said) == 1
        assert f"Slice {notes['slice']} of the template shows a lesion" in said[0]
    assert notes["searches"] == 0


def test_the_slice_is_locked_while_sketching_and_the_sketch_stays_after_it(notes):
    assert notes["locked"]
    assert "locked" in notes["locked_said"][0]
    assert notes["moved"] == -3
    assert notes["kept"] == notes["drawn"] > 300


def test_the_templates_own_patient_is_left_out_whoever_it_is(notes):
    found = [patient for patient, _, _ in notes["found"]]
    assert sorted([*found, notes["patient"]]) == sorted(notes["offered"])
    assert notes["patient"] in notes["summary"]
    then = [patient for patient, _, _ in notes["found_next"]]
    assert sorted([*then, notes["next"]]) == sorted(notes["offered"])
    assert notes["next"] == notes["offered"][1]


def test_the_sketch_stays_on_another_patient(notes):
    assert notes["sketch_stays"] == notes["drawn"]
