"""A failure is shown so that its reader knows what to do: mend it, or report it."""

import sys

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton

from App.dialog.message import ProblemDialog
from App.faults import FaultReporter
from App.model.problem import Problem
from sbmir.errors import DataError


def raised(error: Exception) -> Exception:
    """The exception with the traceback of having been raised."""
    try:
        raise error
    except Exception as caught:
        return caught


def texts_of(dialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel)]


def test_what_a_user_can_mend_is_shown_in_its_own_words_without_a_traceback(qtbot):
    error = DataError("The slice is damaged.", why="It ends early.", remedy="Preprocess again.")
    problem = Problem.of(raised(error))
    assert not problem.is_bug
    dialog = ProblemDialog(problem)
    qtbot.addWidget(dialog)
    assert texts_of(dialog) == ["The slice is damaged.", "It ends early.", "Preprocess again."]
    assert not dialog.findChildren(QPlainTextEdit)


def test_a_bug_comes_with_details_that_can_be_copied(qtbot):
    problem = Problem.of(raised(KeyError("nac")))
    assert problem.is_bug
    dialog = ProblemDialog(problem)
    qtbot.addWidget(dialog)
    copy = next(b for b in dialog.findChildren(QPushButton) if "Copy" in b.text())
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    copied = QApplication.clipboard().text()
    assert "KeyError: 'nac'" in copied
    assert "test_problems.py" in copied  # the traceback
    assert "SBMIR" in copied


def test_an_exception_that_nothing_has_caught_is_shown_once(qtbot, monkeypatch, caplog):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # put back at the end
    reporter = FaultReporter()
    reporter.install()
    for _ in range(3):
        sys.excepthook(ZeroDivisionError, raised(ZeroDivisionError("1/0")), None)

    def dialogs():
        widgets = QApplication.topLevelWidgets()
        return [w for w in widgets if isinstance(w, ProblemDialog) and w.isVisible()]

    qtbot.waitUntil(lambda: len(dialogs()) == 1)
    assert "ZeroDivisionError: 1/0" in texts_of(dialogs()[0])
    assert len(caplog.records) == 3
    dialogs()[0].accept()
    sys.excepthook(ValueError, raised(ValueError("another")), None)
    qtbot.waitUntil(lambda: len(dialogs()) == 1)
    assert "ValueError: another" in texts_of(dialogs()[0])
    dialogs()[0].accept()
