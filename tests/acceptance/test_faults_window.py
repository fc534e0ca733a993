"""Things go wrong around the window: it says what, why and what to do, and keeps the sketch."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def notes(drive, home_to_damage):
    return drive("drive_faults.py", home=home_to_damage).notes


def test_an_empty_database_says_so_and_is_filled_when_asked(notes):
    assert notes["empty"] == "The reference database is empty"
    assert "Build" in notes["offers"]
    assert len(notes["found"]) == 5


def test_a_result_whose_files_are_missing_is_listed_with_what_is_left_of_it(notes):
    assert notes["lost"] in [patient for patient, _, _ in notes["found"]]
    t1, t1ce, flair, labels = notes["problems"]
    assert t1 == flair == labels == ""
    assert f"{notes['lost']}_t1ce_" in t1ce
    assert "is not there" in t1ce
    assert set(notes["others"]) == {""}
    assert notes["after_lost"] == notes["drawn"]


def test_a_damaged_volume_is_named_in_the_viewer_and_shown_once_it_is_mended(notes):
    what, why, remedy = notes["damage"]
    assert f"{notes['damaged']}_t1ce.nii.gz is truncated" in what
    assert why
    assert remedy
    assert notes["mended"]


def test_files_that_are_no_sketch_for_this_patient_are_refused_in_words(notes):
    wrong = notes["wrong"]
    assert "another size" in wrong["size.nii.gz"]
    assert "64" in wrong["size.nii.gz"]
    assert "class ids" in wrong["ids.nii.gz"]
    assert "does not hold a sketch" in wrong["no.json"]
    for text in wrong.values():
        assert "Traceback" not in text
    assert notes["after_wrong"] == notes["drawn"]


def test_a_full_disk_is_told_leaves_nothing_half_written_and_the_sketch_as_it_is(notes):
    assert "could not be saved" in notes["full"]
    assert "Make room" in notes["full"]
    assert notes["left"] == []
    assert any("cannot be kept for a crash now" in said for said in notes["full_said"])
    assert notes["after_full"] == notes["drawn_then"] > notes["drawn"]
    assert notes["saved"] > 400


def test_a_database_that_goes_away_stops_neither_searching_nor_drawing(notes):
    assert notes["failure"] == ""
    assert notes["gone"] == notes["before_gone"]
    assert notes["after_gone"] == notes["drawn_then"]
    assert notes["drawn_on"] > notes["after_gone"]
    assert notes["undone"] == notes["after_gone"]
