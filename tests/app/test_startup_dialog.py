"""The first dialog offers what can be searched, and explains what cannot yet."""

import pytest
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QApplication, QDialog, QPushButton
from window_world import World

from App.application import choose
from App.dialog.startup import StartupDialog


@pytest.fixture
def world(tmp_path) -> World:
    """Tiny is in place, as far as the dialog looks; Absent is not."""
    world = World(tmp_path)
    world.write_config()
    for patient in ("P1", "P2", ".hidden"):
        (tmp_path / "slices" / patient).mkdir(parents=True)
    (tmp_path / "tiny.ckpt").touch()
    return world


@pytest.fixture
def dialog(world, qtbot) -> StartupDialog:
    dialog = StartupDialog(world.config)
    qtbot.addWidget(dialog)
    return dialog


def test_it_begins_with_the_first_data_set_that_is_in_place(dialog):
    assert dialog.choice.dataset.name == "Tiny"
    assert dialog.choice.model.name == "tiny"
    assert dialog.state.text() == "2 patients of Tiny"


def test_it_says_what_is_missing_and_how_to_get_it(dialog):
    dialog.datasets.setCurrentIndex(0)
    assert "not in place" in dialog.datasets.currentText()
    assert "nowhere" in dialog.state.text()
    assert "Buy it." in dialog.state.text()


def test_a_missing_checkpoint_of_the_chosen_model_is_said(dialog):
    dialog.models.setCurrentIndex(1)
    assert dialog.choice.model.name == "other"
    assert "other.ckpt" in dialog.state.text()


def test_the_whole_explanation_can_be_read(dialog):
    dialog.show()
    dialog.datasets.setCurrentIndex(0)
    QApplication.processEvents()
    needed = dialog.state.heightForWidth(dialog.state.width())
    assert dialog.state.height() >= needed


def test_enter_goes_on_with_the_choice(dialog, qtbot):
    dialog.show()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted


def test_quit_rejects(dialog, qtbot):
    leave = next(b for b in dialog.findChildren(QPushButton) if "Quit" in b.text())
    qtbot.mouseClick(leave, Qt.MouseButton.LeftButton)
    assert dialog.result() == QDialog.DialogCode.Rejected


def test_closing_it_means_to_quit(world, qtbot):
    def close_it() -> None:
        widgets = QApplication.topLevelWidgets()
        next(w for w in widgets if isinstance(w, StartupDialog) and w.isVisible()).close()

    QTimer.singleShot(50, close_it)
    assert choose(world.config) is None
