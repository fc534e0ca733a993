"""A window is killed in the middle of a stroke: what was drawn before it is not lost."""

import signal

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def seen(drive):
    return drive("drive_recovery.py")


@pytest.fixture(scope="module")
def notes(seen):
    return seen.notes


def test_the_window_was_killed_while_drawing(notes):
    assert notes["ended_by"] == signal.SIGKILL
    assert notes["kept"]["ED"] > 500
    assert notes["kept"]["ET"] > 100


def test_its_sketch_is_offered_with_its_slice_and_a_picture(seen, notes):
    assert notes["before"] == {"ED": 0.0, "ET": 0.0}
    assert f"slice {notes['kept']['slice']} of BraTS19_SYN_0001_1" in notes["offer"]
    picture = seen.part("offered", notes["picture"])
    yellowish = picture[..., 0] - picture[..., 2] > 40
    assert 20 < yellowish.sum() < 0.2 * yellowish.size


def test_one_click_brings_it_back_whole_on_its_slice_and_it_can_be_searched(notes):
    assert notes["restored"] == {name: notes["kept"][name] for name in ("ED", "ET")}
    assert notes["slice"] == notes["kept"]["slice"]
    assert notes["bar_gone"]
    assert len(notes["found"]) == 5


def test_it_is_not_offered_a_second_time(notes):
    assert not notes["offered_again"]
