"""Looking at slices by keyboard alone: each key does what the mouse can do."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLineEdit, QMainWindow, QVBoxLayout, QWidget
from template_samples import MODALITIES, STRUCTURES

from App.actions.viewing import view_actions
from App.presenter.sketching import SketchingPresenter
from App.widget.sketch_canvas import SketchCanvas
from App.widget.slice_bar import SliceBar


@pytest.fixture
def presenter(qapp, template):
    presenter = SketchingPresenter(STRUCTURES, "T1")
    presenter.set_template(template)
    return presenter


@pytest.fixture
def window(qtbot, presenter):
    window = QMainWindow()
    window.canvas, window.field = SketchCanvas(presenter), QLineEdit()
    middle = QWidget()
    column = QVBoxLayout(middle)
    column.addWidget(window.canvas)
    column.addWidget(window.field)
    window.setCentralWidget(middle)
    names = [modality.name for modality in MODALITIES]
    window.menuBar().addMenu(view_actions(window, window.canvas, presenter, names).menu(window))
    qtbot.addWidget(window)
    window.resize(600, 600)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    window.canvas.setFocus()
    return window


def test_keys_zoom_in_and_out_and_reset(window, qtbot):
    zoom = window.canvas.view_state
    qtbot.keyClick(window.canvas, Qt.Key_Equal)
    qtbot.keyClick(window.canvas, Qt.Key_Plus)
    assert window.canvas.view_state.zoom.factor == pytest.approx(1.44)
    qtbot.keyClick(window.canvas, Qt.Key_Minus)
    assert window.canvas.view_state.zoom.factor == pytest.approx(1.2)
    qtbot.keyClick(window.canvas, Qt.Key_0)
    assert window.canvas.view_state == zoom


@pytest.mark.parametrize(
    ("key", "way"),
    [
        (Qt.Key_Left, (-1, 0)),
        (Qt.Key_Right, (1, 0)),
        (Qt.Key_Up, (0, -1)),
        (Qt.Key_Down, (0, 1)),
    ],
)
def test_keys_move_the_picture_the_way_they_point(window, qtbot, key, way):
    window.canvas.zoom_by(3.0)
    before = window.canvas.viewport()
    qtbot.keyClick(window.canvas, key, Qt.ShiftModifier)
    after = window.canvas.viewport()
    assert after.left_px - before.left_px == pytest.approx(way[0] * window.canvas.width() / 10)
    assert after.top_px - before.top_px == pytest.approx(way[1] * window.canvas.height() / 10)


def test_keys_go_through_the_slices_by_one_and_by_ten(window, presenter, qtbot):
    first = presenter.slice_index
    qtbot.keyClick(window.canvas, Qt.Key_PageUp)
    assert presenter.slice_index == first + 1
    qtbot.keyClick(window.canvas, Qt.Key_PageDown)
    assert presenter.slice_index == first
    qtbot.keyClick(window.canvas, Qt.Key_PageDown, Qt.ShiftModifier)
    assert presenter.slice_index == 0
    qtbot.keyClick(window.canvas, Qt.Key_PageUp, Qt.ShiftModifier)
    assert presenter.slice_index == 10


def test_a_key_shows_the_next_image_and_after_the_last_the_first(window, presenter, qtbot):
    qtbot.keyClick(window.canvas, Qt.Key_T)
    assert presenter.modality == "FLAIR"
    qtbot.keyClick(window.canvas, Qt.Key_T)
    assert presenter.modality == "T1"


def test_a_text_field_keeps_what_is_typed_in_it(window, presenter, qtbot):
    window.field.setFocus()
    qtbot.keyClicks(window.field, "t+0-")
    assert window.field.text() == "t+0-"
    assert presenter.modality == "T1"
    assert window.canvas.view_state.zoom.is_fitting


def test_the_slice_bar_keeps_no_focus_from_a_click_so_that_keys_go_on_by_one(
    window, presenter, qtbot
):
    bar = SliceBar(presenter)
    window.centralWidget().layout().addWidget(bar)
    qtbot.mouseClick(bar.bar, Qt.LeftButton)
    assert not bar.bar.hasFocus()
    index = presenter.slice_index
    qtbot.keyClick(window.canvas, Qt.Key_PageDown)
    assert presenter.slice_index == index - 1
    assert bar.number.text() == f"Slice {index - 1} / 11"
