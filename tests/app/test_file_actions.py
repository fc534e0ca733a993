"""The File menu: each action asks for its file, and only what is possible can be chosen."""

from __future__ import annotations

import pytest
from file_world import FileWorld, make_patients
from PyQt5.QtWidgets import QFileDialog, QMessageBox, QWidget
from sketch_samples import document, nested_sketch

from App.actions.files import FileActions, file_actions
from App.model.sketch import Sketch
from App.model.sketch_document import read_document, write_document


@pytest.fixture
def world(qtbot, tmp_path, template_dirs):
    world = FileWorld(make_patients(tmp_path / "data", template_dirs), tmp_path / "state")
    world.show_template(qtbot)
    yield world
    world.close()


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def actions(window, world):
    return FileActions(window, world.files)


def answer(window, name: str, kind: int = 0) -> None:
    """Type a name into the dialog that is open, and confirm it."""
    (dialog,) = window.findChildren(QFileDialog)
    dialog.selectNameFilter(dialog.nameFilters()[kind])
    dialog.selectFile(name)
    dialog.accept()
    dialog.deleteLater()


def test_the_menu_has_everything_that_can_be_done_with_files(window, world) -> None:
    group = file_actions(window, world.files)
    names = [action.text().replace("&", "") for action in group.actions]
    assert names == [
        "Open sketch…",
        "Reopen the last sketch",
        "Save sketch",
        "Save sketch as…",
        "Export the search…",
    ]
    assert all(action.toolTip() != action.text() for action in group.actions)


def test_what_cannot_be_done_now_cannot_be_chosen(world, actions) -> None:
    choices = (actions.save, actions.save_as, actions.export, actions.recent, actions.reopen)
    assert not any(choice.isEnabled() for choice in choices)
    world.draw()
    assert actions.save.isEnabled()
    assert actions.save_as.isEnabled()
    world.draw(Sketch())
    assert not actions.save.isEnabled()


@pytest.mark.parametrize(
    ("typed", "kind", "becomes"),
    [
        ("a", 0, "a.nii.gz"),
        ("a.patient", 1, "a.patient.json"),
        ("a.json", 0, "a.json"),
        ("a.nii.gz", 1, "a.nii.gz"),
    ],
)
def test_a_name_gets_the_ending_of_the_kind_that_is_chosen(
    world, actions, window, qtbot, tmp_path, typed, kind, becomes
) -> None:
    world.draw()
    actions.save.trigger()
    answer(window, str(tmp_path / typed), kind)
    world.settle(qtbot)
    assert (tmp_path / becomes).is_file()
    assert world.files.path == tmp_path / becomes


def test_save_goes_to_the_same_file_without_asking(world, actions, window, qtbot, tmp_path) -> None:
    path = tmp_path / "a.json"
    write_document(path, document(Sketch({2: nested_sketch().region(2)})))
    world.files.open(path)
    world.settle(qtbot)
    drawn = world.draw()
    actions.save.trigger()
    world.settle(qtbot)
    assert not window.findChildren(QFileDialog)
    assert read_document(path).sketch.is_same(drawn)


@pytest.mark.parametrize("replaces", [True, False])
def test_another_file_is_replaced_only_where_the_user_says_so(
    world, actions, window, qtbot, tmp_path, replaces: bool
) -> None:
    other = tmp_path / "other.json"
    other.write_text("precious")
    world.draw()
    actions.save_as.trigger()
    answer(window, str(tmp_path / "other"), kind=1)
    (question,) = window.findChildren(QMessageBox)
    assert "other.json" in question.text()
    if replaces:
        next(b for b in question.buttons() if b.text() == "&Replace").click()
    else:
        question.button(QMessageBox.StandardButton.Cancel).click()
    world.settle(qtbot)
    assert (other.read_text() != "precious") == replaces


def test_opening_asks_for_a_file_and_it_becomes_a_recent_one(
    world, actions, window, qtbot, tmp_path
) -> None:
    path = tmp_path / "R&D sketch.json"
    write_document(path, document())
    actions.open.trigger()
    answer(window, str(path))
    world.settle(qtbot)
    assert world.sketching.sketch.is_same(nested_sketch())
    world.draw(Sketch())
    assert actions.recent.isEnabled()
    actions.recent.aboutToShow.emit()
    (recent,) = actions.recent.actions()
    assert recent.text() == "R&&D sketch.json"
    recent.trigger()
    world.settle(qtbot)
    assert world.sketching.sketch.is_same(nested_sketch())
    path.unlink()
    actions.recent.aboutToShow.emit()
    assert not actions.recent.actions()[0].isEnabled()
