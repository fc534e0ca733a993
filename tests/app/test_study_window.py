"""The window of a reader study, on a real database: from the first question to the last."""

from dataclasses import replace

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QLabel
from study_world import add_study, begin
from test_application_start import fill_database
from test_main_window import needs_mongod
from window_world import World

from App.dialog.message import ProblemDialog
from App.model.study.questions import open_study
from App.study import StudySession
from App.theme import POINT_OFF, POINT_ON, Look
from App.tools import Held
from sbmir.database.connection import connect_client
from sbmir.study.delivery import waiting

LONG_MS = 60_000

pytestmark = [needs_mongod, pytest.mark.slow]


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    world.write_config()
    world.write_patients(6)
    world.write_checkpoint()
    add_study(world)
    fill_database(world)
    return world


class Window:
    """A study window with what a reader does in it."""

    def __init__(self, world, qtbot, reader):
        study = open_study(world.choice.dataset)
        self.qtbot = qtbot
        self.session = StudySession(world.config, world.choice, world.preferences, study, reader)
        self.window = self.session.window
        qtbot.addWidget(self.window)
        with qtbot.waitSignal(self.window.shown, timeout=10_000):
            self.session.open()

    def wait(self, condition):
        self.qtbot.waitUntil(condition, timeout=LONG_MS)

    def click(self, button):
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def wait_for_question(self, title):
        self.wait(lambda: self.window.question.title.text() == title)

    def answer(self):
        sketching = self.session.sketching
        sketching.set_sketching(True)
        sketching.begin_stroke((12.0, 14.0), Held(shift=True))
        sketching.end_stroke()
        self.click(self.window.query.search)
        self.wait(self.window.question.submit.isEnabled)

    @property
    def rows(self):
        return self.window.results.rows

    def submit(self):
        self.click(self.window.question.submit)

    def read_message(self):
        self.wait(lambda: self.window.message is not None and self.window.message.isVisible())
        box = self.window.message
        self.window.message = None
        text = box.text()
        box.accept()
        return text

    def close(self):
        with self.qtbot.waitSignal(self.session.closed, timeout=30_000):
            self.window.close()


@pytest.fixture
def window(world, qtbot):
    window = Window(world, qtbot, begin(world))
    yield window
    if window.window.isVisible():
        window.close()


def test_a_reader_goes_through_the_study_and_all_of_it_is_stored(world, window, qtbot):
    assert window.window.windowTitle() == "Model: Tiny - testing"
    window.wait_for_question("Stage 1 (1/1)")
    question = window.window.question
    window.wait(lambda: question.pictures["SEG"].has_picture)
    assert not question.submit.isEnabled()
    window.answer()
    assert len(window.rows) == 5
    assert all(box.window() is window.window for row in window.rows for box in row.points)
    for box in window.rows[0].points:
        window.click(box)
    window.submit()
    told = window.read_message()
    assert "presented case" in told
    window.wait_for_question("Stage 2 (1/2)")
    assert not question.pictures["SEG"].isVisible()
    assert question.pictures["T1CE"].isVisible()
    window.answer()
    assert [box.isChecked() for box in window.rows[0].points] == [False] * 3
    window.submit()
    window.read_message()
    window.wait_for_question("Stage 2 (2/2)")
    assert question.statement.text() == "A small oedema at the front."
    assert not question.pictures["T1CE"].isVisible()
    window.answer()
    window.submit()
    with qtbot.waitSignal(window.session.closed, timeout=30_000):
        assert window.read_message() == "The test is finished."

    assert waiting(world.root / "results" / "Tiny") == []
    with connect_client(world.config.mongodb) as connected:
        database = connected.client[world.config.project_name]
        (stored,) = database["sessions"].find({"dataset_type": "Tiny"})
        (user,) = database["users"].find({}, {"_id": 0})
        assert user == {"user_name": "Ann", "y_experience": 9}
        wanted = {"session_id": stored["session_id"]}
        results = list(database["results"].find(wanted).sort(["stage_num", "question_num"]))
    assert [(one["stage_num"], one["question_num"]) for one in results] == [(1, 1), (2, 1), (2, 2)]
    assert results[0]["result_summary"][0]["true_ratio"] == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_presented_patient_lies_on_orange_and_boxes_turn_from_red_to_blue(
    window, themed, theme
):
    themed(theme)
    window.wait_for_question("Stage 1 (1/1)")
    window.answer()
    window.wait(lambda: all(picture.has_picture for picture in window.rows[0].pictures))
    shown = {row.result.key.patient: row for row in window.rows}
    assert set(shown) == {"P2", "P3", "P4", "P5", "P6"}
    grounds = {name: ground_of(row) for name, row in shown.items()}
    orange = QColor(grounds.pop("P4"))
    assert len(set(grounds.values())) == 1
    assert 20 < orange.hue() < 45
    assert orange.saturation() > 120
    box = shown["P2"].points[1]
    assert color_at(box) == POINT_OFF
    assert box.text() == "☐ Location"
    window.click(box)
    assert color_at(box) == POINT_ON
    assert box.text() == "☑ Location"


@pytest.fixture
def themed(qapp, window, world):
    """Give the window its colours, and take them back."""
    before = qapp.styleSheet(), qapp.palette()

    def apply(name):
        Look(qapp, world.preferences, name).apply()

    yield apply
    qapp.setStyleSheet(before[0])
    qapp.setPalette(before[1])


def ground_of(row) -> str:
    """Colour of a row between its frame and its first picture."""
    return row.grab().toImage().pixelColor(4, row.height() // 2).name()


def color_at(box) -> str:
    return box.grab().toImage().pixelColor(4, box.height() // 2).name()


def test_nothing_is_offered_but_to_look_at_a_result(window):
    window.wait_for_question("Stage 1 (1/1)")
    titles = [group.title for group in window.window.groups]
    assert "&File" not in titles
    assert "&Result" not in titles
    names = [name for name, _ in window.window.search.result.lines]
    assert [name for name in names if "query" in name or "sketch" in name] == []
    patients = window.window.query.patients
    assert [patients.itemText(at) for at in range(patients.count())] == ["P1"]
    assert not hasattr(window.window.query.search_panel, "weight")


def test_a_presented_case_is_opened_without_its_label_map_unless_it_is_shown(window):
    window.wait_for_question("Stage 1 (1/1)")
    question, viewer = window.window.question, window.session.viewer
    question.pictures["T1"].opened.emit("T1")
    window.wait(lambda: hasattr(viewer.viewers[0].state, "labels"))
    assert viewer.viewers[0].state.labels is not None
    window.answer()
    window.submit()
    window.read_message()
    window.wait_for_question("Stage 2 (1/2)")
    assert viewer.viewers == ()
    question.pictures["T1"].opened.emit("T1")
    window.wait(lambda: hasattr(viewer.viewers[0].state, "labels"))
    assert viewer.viewers[0].state.labels is None
    assert viewer.viewers[0].state.lesion_slices == ()


def test_a_damaged_draft_is_told_and_the_question_begins_anew(world, qtbot):
    reader = begin(world)
    (reader.folder / "draft.json").write_text("{")
    window = Window(world, qtbot, reader)
    window.wait_for_question("Stage 1 (1/1)")
    (dialog,) = window.window.findChildren(ProblemDialog)
    text = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "The question begins anew" in text
    dialog.accept()
    window.answer()
    window.submit()
    window.read_message()
    window.close()
    assert reader.answered() == {(1, 1)}


def test_while_the_database_is_away_the_reader_goes_on(world, qtbot):
    reader = begin(world)
    window = Window(world, qtbot, reader)
    window.wait_for_question("Stage 1 (1/1)")
    away = world.config.mongodb.__class__(uri="mongodb://127.0.0.1:9/", timeout_s=0.3)
    delivery = window.session.delivery
    here = delivery._config
    delivery._config = with_mongodb(here, away)
    said = []
    window.session.notices.said.connect(said.append)
    window.answer()
    window.submit()
    window.read_message()
    window.wait_for_question("Stage 2 (1/2)")
    window.wait(lambda: bool(said))
    assert "are sent when it is back" in said[0]
    assert len(waiting(world.root / "results" / "Tiny")) == 1
    delivery._config = here
    delivery.send()
    window.wait(lambda: len(said) > 1)
    assert "The database is back" in said[-1]
    window.close()
    with connect_client(here.mongodb) as connected:
        stored = connected.client[here.project_name]["results"]
        assert stored.count_documents({"session_id": reader.record.session_id}) == 1


def with_mongodb(config, settings):
    return replace(config, mongodb=settings)
