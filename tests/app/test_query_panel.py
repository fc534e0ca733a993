"""The query: what is around the slice, and that all of it has room in a small window."""

import pytest
from PyQt5.QtCore import QSize, Qt
from PyQt5.QtWidgets import QAbstractButton, QLabel, QWidget
from window_world import LESION_SLICES, World, opened

from App.presenter.sketching import LOCKED, NOTHING_ERASED
from App.tools import TOOLS
from App.widget.state_page import set_role


@pytest.fixture
def world(tmp_path) -> World:
    world = World(tmp_path)
    world.write_config()
    world.write_patients(2)
    return world


@pytest.fixture
def session(world, qtbot):
    with opened(world, qtbot) as session:
        qtbot.waitUntil(lambda: session.sketching.template is not None)
        yield session


def test_the_list_of_patients_follows_whoever_loads_one(session, qtbot):
    session.template_loader.load("P2")
    qtbot.waitUntil(lambda: session.sketching.template.patient == "P2")
    assert session.window.query.patients.currentText() == "P2"


def test_the_button_and_the_menu_of_sketch_mode_are_one(session, qtbot):
    button = session.window.query.sketch_mode
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert session.sketching.is_sketching and button.isChecked()
    button.defaultAction().trigger()
    assert not session.sketching.is_sketching and not button.isChecked()


def test_the_hint_says_what_comes_next_and_why_not(session):
    hint = session.window.query.hint
    assert "turn on sketch mode" in hint.text()
    session.sketching.set_sketching(True)
    assert "Drag on the slice" in hint.text()
    session.sketching.set_sketching(False)
    session.sketching.go_to_slice(LESION_SLICES[0])
    assert "lesion of its own" in hint.text()
    assert hint.property("role") != "problem"  # to look at it is no mistake
    session.sketching.set_sketching(True)
    assert "lesion of its own" in hint.text()
    assert hint.property("role") == "problem"


def test_the_hint_tells_how_to_use_what_is_in_the_hand(session):
    query = session.window.query
    session.sketching.set_sketching(True)
    told = set()
    for name in ("Brush", "Pen", "Measure"):
        query.tools.tools[name].click()
        told.add(query.hint.text())
    assert len(told) == 3
    session.sketching.set_sketching(False)
    assert "measure" in query.hint.text()  # which one may do without sketching


def test_a_refusal_is_said_long_enough_to_be_read_and_then_goes(session, qtbot, monkeypatch):
    hint = session.window.query.hint
    monkeypatch.setattr("App.widget.hint_line.SHORTEST_MS", 50)
    monkeypatch.setattr("App.widget.hint_line.MS_A_LETTER", 1)
    session.sketching.set_sketching(True)
    session.sketching.go_to_slice(session.sketching.slice_index + 1)
    assert "locked" in hint.text()
    qtbot.waitUntil(lambda: "Drag on the slice" in hint.text())
    assert hint.property("role") == "quiet"


def test_all_that_the_line_says_has_room_in_one_line(session, qtbot):
    session.window.arrange(QSize(1280, 800))
    qtbot.wait(50)
    hint = session.window.query.hint
    slice_refusal = session.sketching.refusal(LESION_SLICES[0]).replace("Slice", "Slice 00")
    said = {
        "problem": (LOCKED, NOTHING_ERASED, slice_refusal),  # bold, which is broader
        "quiet": [tool.guide for tool in TOOLS],
    }
    for role, texts in said.items():
        set_role(hint, role)
        for text in texts:
            assert hint.fontMetrics().horizontalAdvance(text) <= hint.width(), text


@pytest.mark.parametrize("size", [QSize(1280, 800), QSize(1100, 760), QSize(1920, 1080)])
def test_nothing_is_cut_off(session, qtbot, size):
    session.window.arrange(size)
    qtbot.wait(50)
    query = session.window.query
    assert session.window.width() <= max(size.width(), 1280)
    cut = [
        getattr(widget, "text", lambda: "")() or type(widget).__name__
        for kind in (QAbstractButton, QLabel)
        for widget in query.findChildren(kind)
        if widget.isVisible() and is_cut_off(widget, query)
    ]
    assert not cut


def is_cut_off(widget: QWidget, panel: QWidget) -> bool:
    """Whether it has less room than it needs, or lies beyond the panel's edge."""
    wanted = widget.minimumSizeHint()
    place = widget.mapTo(panel, widget.rect().bottomRight())
    small = widget.width() < wanted.width() or widget.height() < wanted.height()
    return small or not panel.rect().contains(place)


def test_the_imagined_image_leaves_the_slice_to_be_drawn_on(session, qtbot):
    window = session.window
    window.search.imagined.trigger()
    for size in (QSize(1280, 800), QSize(1920, 1080)):
        window.arrange(size)
        qtbot.wait(50)
        canvas, inset = window.query.canvas, window.query.imagined
        assert canvas.rect().contains(inset.geometry())
        assert inset.height() <= 0.4 * canvas.height()
        assert inset.width() <= 0.4 * canvas.width()
        assert not inset.geometry().contains(canvas.rect().center())
