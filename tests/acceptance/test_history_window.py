"""A user takes back all that was done, step by step, and does it again."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def notes(drive):
    return drive("drive_history.py").notes


def test_each_thing_that_is_done_is_one_step_and_so_is_browsing(notes):
    first, browsed = notes["states"][:2]
    assert browsed[0] == first[0] - 2
    assert notes["steps"] == len(notes["names"])


def test_each_step_changed_what_is_seen(notes):
    states = notes["states"]
    for name, before, after in zip(notes["names"], states, states[1:], strict=False):
        assert before != after, name


def test_undo_brings_back_what_was_seen_before_each_step(notes):
    assert notes["back"] == notes["states"][-2::-1]


def test_undo_at_the_start_does_nothing(notes):
    assert notes["at_the_start"] == notes["states"][0]


def test_redo_brings_all_of_it_again(notes):
    assert notes["forth"] == notes["states"][1:]
    assert notes["other_key"] == notes["states"][-2]


def test_opening_a_file_brings_back_its_sketch_and_its_slice(notes):
    saved = notes["states"][notes["names"].index("draw inside") + 1]
    opened = notes["states"][-1]
    assert opened == pytest.approx(saved, rel=1e-3)
