"""What a part of the window shows while it has nothing else: why, how far, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from App.dialog.message import ProblemDialog
from App.model.problem import Problem
from App.theme import em

STOP_HINT = "Stop this; it can be started again"


class StatePage(QWidget):
    """A title, a text, a progress line and up to two buttons, in the middle of their part."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = _label("title")
        self.why = _label("")
        self.remedy = _label("quiet")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(em(self, 0.5))
        self.action = QPushButton()
        self.details = QPushButton("&Details")
        self.details.setToolTip("What to send when you report this")
        self._act: Callable[[], None] | None = None
        self._problem: Problem | None = None
        self.action.clicked.connect(self._on_action)
        self.details.clicked.connect(self._show_details)
        self._lay_out()
        self.show_message("")

    def show_busy(self, text: str, done: int, total: int, cancel: Callable[[], None]) -> None:
        """Say what is being done and how far it is; ``total`` 0 where that is not known."""
        # A bar that jumps to and fro for each step of a few milliseconds tells nothing.
        count = f"{done} of {total}" if total > 1 else ""
        self._show(text, "", count, role="title")
        self.bar.setRange(0, total if total > 1 else 0)
        self.bar.setValue(done)
        self.bar.show()
        self._offer("&Cancel", cancel, primary=False)

    def show_problem(
        self, problem: Problem, action: str, act: Callable[[], None] | None = None
    ) -> None:
        """Say what failed, why, what to do, and offer to do it."""
        self._show(problem.what, problem.why, problem.remedy, role="problem")
        self._problem = problem
        self.details.setVisible(problem.is_bug)
        if act is not None:
            self._offer(action, act, primary=True)

    def show_message(
        self,
        title: str,
        text: str = "",
        action: str = "",
        act: Callable[[], None] | None = None,
    ) -> None:
        """Say why there is nothing, and what to do about it."""
        self._show(title, "", text, role="title")
        if act is not None:
            self._offer(action, act, primary=True)

    def _show(self, title: str, why: str, remedy: str, *, role: str) -> None:
        set_role(self.title, role)
        for label, text in ((self.title, title), (self.why, why), (self.remedy, remedy)):
            label.setText(text)
            label.setVisible(bool(text))
        self.bar.hide()
        self.action.hide()
        self.details.hide()

    def _offer(self, text: str, act: Callable[[], None], *, primary: bool) -> None:
        self._act = act
        self.action.setText(text)
        explained = self.remedy.text() or self.title.text()
        self.action.setToolTip(explained if primary else STOP_HINT)
        set_role(self.action, "primary" if primary else "")
        self.action.show()

    def _on_action(self) -> None:
        if self._act is not None:
            self._act()

    def _show_details(self) -> None:
        if self._problem is not None:
            ProblemDialog(self._problem, self.window()).open()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.action)
        buttons.addWidget(self.details)
        buttons.addStretch(1)
        column = QWidget()
        column.setMaximumWidth(em(self, 34))
        column.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        inner = QVBoxLayout(column)
        inner.setSpacing(em(self, 0.7))
        for widget in (self.title, self.why, self.remedy, self.bar):
            inner.addWidget(widget)
        inner.addLayout(buttons)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(column, 100)
        row.addStretch(1)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        outer.addLayout(row)
        outer.addStretch(3)


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget another look; see the style sheet in ``App.theme``."""
    set_look(widget, "role", role)


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Set a property that the style sheet asks for, and let the widget look accordingly."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)


def _label(role: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setProperty("role", role)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
