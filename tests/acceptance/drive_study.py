"""Takes part in the demo study: straight, or with kill -9 and a database that goes away."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from stage import rectangle
from study_stage import Acts, StudyStage, study_stage

from App.model.viewed_patient import ViewedPatient
from App.presenter.study_delivery import AWAY
from App.widget.viewer_dock import ViewerDock
from sbmir.study.delivery import waiting

N_QUESTIONS = 8
KILLED_AT = 2
"""The question, from 0, in the middle of which the program is killed."""
AWAY_AT, BACK_AT = 4, 6
"""Before these questions the database goes away, and comes back."""


def main() -> None:
    """Play the part that is named last on the command line."""
    stage, home, part = study_stage()
    parts = {"straight": straight, "killed": killed, "resumed": resumed}
    stage.play(parts[part](stage, home))
    stage.keep_notes()


def straight(stage: StudyStage, home: Path) -> Acts:
    """Ann answers all questions; then Bob begins, and closes the window at his first."""
    yield from stage.choose_testing()
    yield from stage.enter("Ann", 7)
    stage.note(titles=[], messages=[], statements=[])
    stage.photograph("first")
    for number in range(N_QUESTIONS):
        see_question(stage)
        stage.answer(number)
        if number == 0:
            see_boxes(stage)
            see_viewer(stage)
        stage.notes["messages"].append(stage.submit())
    stage.note(end=stage.read_message())
    yield from stage.enter("Bob", 30)
    stage.note(next_reader=stage.title)
    stage.hand.press("ctrl+q")
    yield lambda: False


def see_question(stage: StudyStage) -> None:
    """Note what is asked."""
    stage.wait_for_presented()
    question = stage.question
    shown = sorted(name for name, view in question.pictures.items() if view.isVisible())
    stage.notes["titles"].append([question.title.text(), question.message.text(), shown])
    stage.notes["statements"].append(question.statement.text())


def see_boxes(stage: StudyStage) -> None:
    """Photograph the results, and note where the boxes of the first are."""
    stage.photograph("judged")
    boxes = stage.window.results.rows[0].points
    stage.note(boxes=[[rectangle(box), box.isChecked()] for box in boxes])


def see_viewer(stage: StudyStage) -> None:
    """Open the presented case by a double-click, and close it again."""
    stage.hand.double_click(stage.question.pictures["FLAIR"])
    stage.until(lambda: bool(stage.window.findChildren(ViewerDock)), "the viewer")
    dock = stage.window.findChildren(ViewerDock)[0]
    stage.until(lambda: isinstance(dock._viewer.state, ViewedPatient), "the volume")
    stage.photograph("viewer")
    viewer = dock._viewer
    stage.note(viewer=[viewer.patient, viewer.slice_index, viewer.modality, viewer.mark])
    dock.close()
    stage.take_keyboard(stage.window)


def killed(stage: StudyStage, home: Path) -> Acts:
    """Ann takes part once more; in the middle of a question the program is killed."""
    yield from stage.choose_testing()
    yield from stage.enter("Ann", 7)
    for number in range(KILLED_AT):
        stage.answer(number)
        stage.submit()
    stage.answer(KILLED_AT)
    stage.until(lambda: is_kept(home), "the draft")
    os.kill(os.getpid(), signal.SIGKILL)


def is_kept(home: Path) -> bool:
    """Whether all that was done at the question is on the disk."""
    for path in (home / "study_results" / "Demo").glob("Ann*/draft.json"):
        draft = json.loads(path.read_text(encoding="utf-8"))
        effort, ticked = draft["effort"], sum(sum(one["points"]) for one in draft["ticks"])
        if draft["searched"] and effort["n_searches"] and effort["n_strokes"] and ticked:
            return True
    return False


def resumed(stage: StudyStage, home: Path) -> Acts:
    """Ann goes on at the same question; for two of the others there is no database."""
    yield from stage.choose_testing()
    yield from stage.go_on()
    stage.wait_for_presented()
    stage.until(stage.question.submit.isEnabled, "the results from before")
    row = stage.window.results.rows[0]
    stage.note(
        resumed_at=stage.title,
        is_drawn=not stage.sketching.sketch.is_empty,
        ticks=[box.isChecked() for box in row.points],
    )
    stage.photograph("resumed")
    stage.submit()
    for number in range(KILLED_AT + 1, N_QUESTIONS):
        if number == AWAY_AT:
            take_database_away(stage, home)
        if number == BACK_AT:
            stage.until(lambda: AWAY in stage.said, "what it says")
            stage.photograph("away")
            stage.note(waiting=len(waiting(home / "study_results" / "Demo")))
            (home / "mongod.away").rename(home / "mongod")
        stage.answer(number)
        stage.submit()
    stage.note(end=stage.read_message(), said=stage.said)
    yield from stage.leave()


def take_database_away(stage: StudyStage, home: Path) -> None:
    """Wait until all is stored, then kill the server; its program is not there any more, either."""
    stage.until(lambda: not waiting(home / "study_results" / "Demo"), "the delivery")
    (home / "mongod").rename(home / "mongod.away")
    os.kill(int((home / "mongodb" / "db" / "mongod.lock").read_text()), signal.SIGKILL)


if __name__ == "__main__":
    main()
