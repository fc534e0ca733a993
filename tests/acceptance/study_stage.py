"""A reader study on the screen, from the question at the start to the end of the last window."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QApplication, QMessageBox, QWidget
from stage import Stage

from App.application import choose
from App.dialog.reader import ReaderDialog
from App.dialog.startup import StartupDialog
from App.study import run_study
from App.widget.study_window import StudyWindow
from sbmir.labels import TissueClass

Acts = Iterator[Callable[[], bool]]
"""What a reader does, step by step; each waits for a condition before the next."""

SECONDS = 120
HERE = (85.0, 100.0)
"""Where lesions are drawn, in mm from the corner of the slice; each question adds to it."""


class StudyStage(Stage):
    """The application as a reader meets it: dialogs first, then one window after the other.

    The dialogs keep the program waiting, so that the hand acts whenever Qt's loop comes by.
    """

    def open(self) -> None:
        """Nothing is open yet: that is asked for."""

    def play(self, acts: Acts) -> None:
        """Run the application as its program does; the hand acts in it until it has ended."""
        self._acts = acts
        self._awaited: Callable[[], bool] = lambda: True
        self._since = time.monotonic()
        self._is_acting = False
        self._timer = QTimer()
        self._timer.timeout.connect(self._act)
        self._timer.start(20)
        choice = choose(self._config)
        if choice is not None:
            run_study(self._application, self._config, choice, self.preferences)
        self._timer.stop()

    def _act(self) -> None:
        if self._is_acting:
            return
        self._is_acting = True
        try:
            if self._awaited():
                self._awaited = next(self._acts)
                self._since = time.monotonic()
            elif time.monotonic() > self._since + SECONDS:
                raise TimeoutError(f"after {self.notes}")
        except StopIteration:
            self._timer.stop()
        except BaseException:
            traceback.print_exc()
            self.hand.photograph(self.out / "failed.png")
            os._exit(1)
        self._is_acting = False

    # --- The dialogs ------------------------------------------------------------------------

    @property
    def dialog(self) -> Any:
        """What is asked now."""
        return QApplication.activeModalWidget()

    def is_asked(self, kind: type[QWidget]) -> Callable[[], bool]:
        """Whether a dialog is on the screen."""
        return lambda: isinstance(self.dialog, kind) and self.dialog.isVisible()

    def choose_testing(self) -> Acts:
        """Click on Testing; then the reader is asked for."""
        yield self.is_asked(StartupDialog)
        self.take_keyboard(self.dialog)
        self.photograph("start")
        self.hand.click(self.dialog.testing)
        yield self.is_asked(ReaderDialog)

    def enter(self, name: str, years: int) -> Acts:
        """Begin a new session under a name, wait for the window."""
        yield self.is_asked(ReaderDialog)
        dialog = self.dialog
        self.take_keyboard(dialog)
        if dialog.sessions.isVisible():
            dialog.sessions.setFocus()
            self.hand.press("End")
        self.hand.click(dialog.name)
        self.hand.type(name)
        self.hand.press("Tab")
        self.hand.type(str(years))
        self.photograph("reader")
        self.hand.click(dialog.start)
        yield from self._wait_for_window()

    def go_on(self) -> Acts:
        """Go on with the session that is offered first."""
        yield self.is_asked(ReaderDialog)
        self.take_keyboard(self.dialog)
        self.note(offered=self.dialog.sessions.currentText())
        self.photograph("reader")
        self.hand.press("Return")
        yield from self._wait_for_window()

    def leave(self) -> Acts:
        """Nobody else wants to take part."""
        yield self.is_asked(ReaderDialog)
        self.take_keyboard(self.dialog)
        self.hand.press("Escape")
        yield lambda: False

    def _wait_for_window(self) -> Acts:
        yield lambda: not self.is_asked(ReaderDialog)() and self._windows() != []
        self.take_keyboard(self.window)
        self.window._presenters.notices.said.connect(self.said.append)
        yield lambda: bool(self.title)

    # --- The window -------------------------------------------------------------------------

    @property
    def window(self) -> Any:
        return self._windows()[0]

    @staticmethod
    def _windows() -> list[QWidget]:
        shown = (w for w in QApplication.topLevelWidgets() if isinstance(w, StudyWindow))
        return [window for window in shown if window.isVisible()]

    @property
    def sketching(self) -> Any:
        return self.window._presenters.sketching

    @property
    def searching(self) -> Any:
        return self.window._presenters.searching

    @property
    def question(self) -> Any:
        """The dock that asks."""
        return self.window.question

    @property
    def title(self) -> str:
        """Where the reader is."""
        return self.question.title.text()

    def answer(self, number: int) -> None:
        """Draw, search and tick, each question in its own way, and always the same."""
        self.wait_for_presented()
        self.start_sketching()
        self.choose_structure(TissueClass.ED)
        x, y = HERE[0] + 4 * number, HERE[1] - 3 * number
        self.draw([(x, y), (x + 14, y), (x + 14, y + 9)])
        if number % 2:
            self.draw([(x, y + 12), (x + 8, y + 16)], held=["shift"])
            self.hand.press("ctrl+z")
        self.search()
        self.tick(0, number % 3)
        if number % 3 == 0:
            self.tick(1, 0)

    def wait_for_presented(self) -> None:
        """Wait until all that is presented is seen."""
        shown = (view for view in self.question.pictures.values() if view.isVisible())
        self.until(lambda: all(view.has_picture for view in shown), "the presented case")

    def search(self) -> None:
        """Click on Search, and wait for what is found."""
        self.hand.click(self.window.query.search)
        self.until(self.question.submit.isEnabled, "the results")
        self.until(lambda: all(row.loaded for row in self.window.results.rows), "the pictures")

    def tick(self, row: int, point: int) -> None:
        """Click on a box of a result."""
        box = self.window.results.rows[row].points[point]
        before = box.isChecked()
        self.window.results.found.list.ensureWidgetVisible(box)
        self.rest(30)
        self.hand.click(box)
        self.until(lambda: box.isChecked() != before, "the tick")

    def submit(self, photograph: str = "message") -> str:
        """Click on Submit; what the window says then, which Enter closes."""
        title = self.title
        self.hand.click(self.question.submit)
        self.until(lambda: self.title != title or self._message() is not None, "the next question")
        return "" if self._message() is None else self.read_message(photograph)

    def read_message(self, photograph: str = "end") -> str:
        """What the window says; Enter closes it."""
        self.until(lambda: self._message() is not None, "the message")
        box = self._message()
        if box is None:
            raise LookupError("the message")
        self.take_keyboard(box)
        text = box.text()
        self.photograph(photograph)
        self.hand.press("Return")
        self.until(lambda: self._message() is not box, "the message's end")
        return text

    @staticmethod
    def _message() -> QMessageBox | None:
        dialog = QApplication.activeModalWidget()
        return dialog if isinstance(dialog, QMessageBox) and dialog.isVisible() else None

    def keep_notes(self) -> None:
        """Write down what was noted."""
        (self.out / "seen.json").write_text(json.dumps(self.notes), encoding="utf-8")


def study_stage() -> tuple[StudyStage, Path, str]:
    """The stage, the home of its patients, and what is to be played, as the command line says."""
    config_path, out, part = sys.argv[1:4]
    return StudyStage(Path(config_path), Path(out)), Path(config_path).parent, part
