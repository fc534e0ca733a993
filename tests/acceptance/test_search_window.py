"""A user with a mouse: draw a lesion, press Search, see ranked patients."""

import numpy as np
import pytest

# The first test waits for the demo to be made.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def seen(drive):
    return drive("drive_search.py")


def test_a_lesion_drawn_with_the_mouse_brings_ranked_patients(seen):
    notes = seen.notes
    assert notes["title"] == "Model: Demo - interactive"
    assert notes["pixels"]["ED"] > 0
    assert notes["pixels"]["ET"] > 0
    assert notes["pixels"]["NET"] == 0
    assert len(notes["patients"]) == len(set(notes["patients"])) == 5
    assert notes["distances"] == sorted(notes["distances"])
    for number, (title, patient) in enumerate(
        zip(notes["titles"], notes["patients"], strict=True), 1
    ):
        assert f"[No.{number}]" in title
        assert f"PatientID = {patient}, Slice = " in title


def test_the_templates_own_patient_is_left_out_and_that_is_said(seen):
    notes = seen.notes
    assert notes["template"] not in notes["patients"]
    assert f"{notes['template']}; that patient is left out" in notes["summary"]


def test_one_undo_takes_one_stroke_back(seen):
    notes = seen.notes
    assert notes["steps"] == 3
    assert notes["undone"]
    assert notes["pixels"]["ET"] < notes["pixels"]["ED"]


def test_the_sketch_and_the_results_are_on_the_screen(seen):
    notes = seen.notes
    canvas = seen.part("screen", notes["canvas"])
    red, green, blue = canvas[..., 0], canvas[..., 1], canvas[..., 2]
    assert np.count_nonzero((red > 150) & (green > 130) & (blue < 100)) > 100  # oedema is yellow
    assert np.count_nonzero(canvas.min(axis=2) > 120) > 5000  # the brain
    *images, labels = (seen.part("screen", rectangle) for rectangle in notes["pictures"])
    for image in images:
        inside = image[image.shape[0] // 4 : -image.shape[0] // 4]
        assert inside.max() > 180
        assert inside.std() > 10
        assert (np.ptp(inside, axis=2) < 30).all()  # grey
    assert labels.max() > 0


def test_enter_searches_as_the_button_does(seen):
    notes = seen.notes
    assert notes["again"] == notes["patients"]
