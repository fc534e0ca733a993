"""A user with a mouse: draw a lesion, press Search, see ranked patients."""

import json

import numpy as np
import pytest
from PIL import Image

# The first test waits for the demo to be made.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def search(demo_home, drive):
    """What the user saw: the notes of the driver, and the screen as (rows, columns, 3) uint8."""
    out = drive("drive_search.py", demo_home / "config.yaml")
    with Image.open(out / "screen.png") as picture:
        screen = np.asarray(picture.convert("RGB"))
    return json.loads((out / "seen.json").read_text()), screen


def part(screen, rectangle):
    left, top, width, height = rectangle
    return screen[top : top + height, left : left + width].astype(int)


def test_a_lesion_drawn_with_the_mouse_brings_ranked_patients(search):
    seen, _ = search
    assert seen["title"] == "Model: Demo - interactive"
    assert seen["pixels"]["ED"] > 0
    assert seen["pixels"]["ET"] > 0
    assert seen["pixels"]["NET"] == 0
    assert len(seen["patients"]) == len(set(seen["patients"])) == 3
    assert seen["distances"] == sorted(seen["distances"])
    for number, (title, patient) in enumerate(
        zip(seen["titles"], seen["patients"], strict=True), 1
    ):
        assert f"[No.{number}]" in title
        assert f"PatientID = {patient}, Slice = " in title


def test_the_templates_own_patient_is_left_out_and_that_is_said(search):
    seen, _ = search
    assert seen["template"] not in seen["patients"]
    assert f"{seen['template']}, which is itself left out" in seen["summary"]


def test_one_undo_takes_one_stroke_back(search):
    seen, _ = search
    assert seen["steps"] == 3
    assert seen["undone"]
    assert seen["pixels"]["ET"] < seen["pixels"]["ED"]


def test_the_sketch_and_the_results_are_on_the_screen(search):
    seen, screen = search
    canvas = part(screen, seen["canvas"])
    red, green, blue = canvas[..., 0], canvas[..., 1], canvas[..., 2]
    assert np.count_nonzero((red > 150) & (green > 130) & (blue < 100)) > 100  # oedema is yellow
    assert np.count_nonzero(canvas.min(axis=2) > 120) > 5000  # the brain
    *images, labels = (part(screen, rectangle) for rectangle in seen["pictures"])
    for image in images:
        inside = image[image.shape[0] // 4 : -image.shape[0] // 4]
        assert inside.max() > 180
        assert inside.std() > 10
        assert (np.ptp(inside, axis=2) < 30).all()  # grey
    assert labels.max() > 0


def test_enter_searches_as_the_button_does(search):
    seen, _ = search
    assert seen["again"] == seen["patients"]
