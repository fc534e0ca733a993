"""Testing is offered at the start; then the reader says who they are, or goes on."""

import re
from pathlib import Path

import pytest
import yaml
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QDialog, QLabel
from study_world import STUDY, add_study, begin
from window_world import World

from App.dialog.message import ProblemDialog
from App.dialog.reader import ReaderDialog
from App.dialog.startup import StartupDialog
from App.model.study.questions import open_study
from App.model.study.reader import unfinished_sessions


@pytest.fixture
def world(tmp_path) -> World:
    world = World(tmp_path)
    world.write_config()
    add_study(world)
    (tmp_path / "slices" / "P1").mkdir(parents=True)
    (tmp_path / "tiny.ckpt").touch()
    return world


def startup(world, qtbot) -> StartupDialog:
    dialog = StartupDialog(world.config)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def press(qtbot, button) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_testing_begins_the_study(world, qtbot):
    dialog = startup(world, qtbot)
    press(qtbot, dialog.testing)
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.choice.is_testing


def test_interactive_is_no_testing(world, qtbot):
    dialog = startup(world, qtbot)
    press(qtbot, dialog.interactive)
    assert not dialog.choice.is_testing


@pytest.mark.parametrize("damage", ["absent", "empty"])
def test_a_study_that_cannot_be_started_says_why(world, qtbot, damage):
    path = world.root / "study.yaml"
    if damage == "absent":
        path.unlink()
    else:
        stages = [{"message": "x", "questions": [{"type": "text", "statement": " "}]}]
        path.write_text(yaml.safe_dump({"stages": stages}))
    dialog = startup(world, qtbot)
    press(qtbot, dialog.testing)
    assert dialog.isVisible()
    problem = next(w for w in QApplication.topLevelWidgets() if isinstance(w, ProblemDialog))
    told = "\n".join(label.text() for label in problem.findChildren(QLabel))
    assert ("study.yaml" if damage == "absent" else "statement is empty") in told
    problem.close()


def test_without_a_study_testing_is_not_offered(world, qtbot):
    settings = yaml.safe_load(world.config_path.read_text())
    for dataset in settings["dataset_types"]:
        del dataset["study"]
    world.config_path.write_text(yaml.safe_dump(settings))
    assert not startup(world, qtbot).testing.isEnabled()


def test_a_reader_needs_a_name_and_years_from_1_to_50(world, qtbot):
    dialog = ReaderDialog([])
    qtbot.addWidget(dialog)
    assert not dialog.start.isEnabled()
    dialog.name.setText("   ")
    assert not dialog.start.isEnabled()
    dialog.name.setText("  Dr.   Ito ")
    assert dialog.start.isEnabled()
    assert dialog.user_name == "Dr. Ito"
    for typed, taken in ((0, 1), (99, 50), (12, 12)):
        dialog.experience.setValue(typed)
        assert dialog.years == taken
    assert dialog.unfinished is None
    dialog.show()
    assert not dialog.sessions.isVisible()


def test_a_session_that_was_left_is_offered_first(world, qtbot):
    for name in ("Ann", "Bob"):
        begin(world, name, 5).close()
    study = open_study(world.choice.dataset)
    found = unfinished_sessions(world.root / "results", world.choice, study)
    assert {one.record.user_name for one in found} == {"Ann", "Bob"}
    dialog = ReaderDialog(found)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.unfinished == found[0]
    assert dialog.start.isEnabled()
    assert not dialog.name.isEnabled()
    offered = r"(Ann|Bob), 5 years, since \d{4}-\d\d-\d\d \d\d:\d\d: 0 of 3 answered"
    assert re.fullmatch(offered, dialog.sessions.currentText())
    dialog.sessions.setCurrentIndex(2)
    assert dialog.unfinished is None
    assert dialog.name.isEnabled()
    assert not dialog.start.isEnabled()


def test_a_session_of_other_questions_is_not_offered(world):
    begin(world).close()
    changed = {"stages": STUDY["stages"][:1]}
    Path(world.root / "study.yaml").write_text(yaml.safe_dump(changed))
    study = open_study(world.choice.dataset)
    assert unfinished_sessions(world.root / "results", world.choice, study) == []
