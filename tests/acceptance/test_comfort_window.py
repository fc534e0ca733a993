"""A user feels at home: keys, explanations, colours, and a window that remembers."""

import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def seen(drive):
    return drive("drive_comfort.py")


@pytest.fixture(scope="module")
def notes(seen):
    return seen.notes


def test_the_first_start_leads_through_the_first_search_until_it_is_sent_away(notes):
    assert notes["hint"]
    assert len(notes["hint_steps"]) == 4
    assert notes["hint_gone"]
    assert not notes["hint_again"]


def test_the_keys_dialog_lists_every_action_with_its_keys_and_gestures_too(notes):
    listed = {name: how for _, name, how in notes["listed"]}
    for name, keys, _ in notes["actions"]:
        assert name in listed
        assert all(key in listed[name] for key in keys)
        assert listed[name]  # those without a key of their own say in which menu they are
    gestures = [how for _, _, how in notes["listed"]]
    for wanted in ("Ctrl + wheel", "Drag with the right button", "Shift + drag"):
        assert wanted in gestures


def test_typing_finds_a_line_of_the_keys(notes):
    assert notes["sought"] == ["Undo"]


def test_no_two_actions_want_the_same_key(notes):
    keys = [key for _, keys, _ in notes["actions"] for key in keys]
    assert len(keys) == len(set(keys))


def test_every_menu_opens_by_its_letter(notes):
    titles = [title.replace("&", "") for title in notes["menus"]]
    assert titles == ["File", "Edit", "Sketch", "View", "Search", "Result", "Help"]


def test_all_that_can_be_pressed_explains_itself(notes):
    assert all(tip for _, _, tip in notes["actions"])
    assert all(len(text) > 10 for text in notes["tooltips"].values())


def test_the_theme_is_light_or_dark_at_once(seen):
    light, dark = (seen.photograph(name) for name in ("Light", "Dark"))
    for part in (slice(0, 20), slice(20, 60)):  # menus, and what is beneath them
        assert np.median(light[part]) > 200
        assert np.median(dark[part]) < 60


def test_colours_safe_for_the_colour_blind_are_taken_by_sketch_and_results(seen, notes):
    colors = {
        name: np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)])
        for name, color in notes["colors"].items()
    }
    for one, other in (("NET", "ED"), ("ED", "ET"), ("ET", "NET")):
        # Also to who sees blue and the brightness only.
        assert np.abs(colors[one] - colors[other]).max() > 100
    part = seen.part("safe", notes["seg"])
    assert (np.abs(part - colors["ED"]).max(axis=2) < 12).any()
    before = seen.part("Dark", notes["seg"])
    assert not (np.abs(before - colors["ED"]).max(axis=2) < 12).any()
    canvas = [seen.part(name, notes["canvas"]) for name in ("Dark", "safe")]
    assert np.abs(canvas[0] - canvas[1]).max() > 10


def test_the_next_window_looks_as_the_last_one_did(seen, notes):
    assert notes["width"] < notes["width_before"] - 50
    assert notes["width_again"] == pytest.approx(notes["width"], abs=2)
    assert notes["palette_again"] == "Colour-blind safe"
    assert np.median(seen.photograph("again")) < 60  # dark
    assert notes["width_reset"] == pytest.approx(notes["width_before"], abs=4)


def test_the_results_keep_the_share_that_the_user_gave_them(notes):
    share = notes["width"] / 1280
    # The query needs more than its share of the smaller window.
    assert notes["width_in_smaller"] <= share * 1080 + 2
    assert notes["width_in_larger"] == pytest.approx(notes["width"], abs=2)
