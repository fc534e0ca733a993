"""Who takes part in a reader study: a new reader, or one who goes on."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from App.model.study.reader import Unfinished
from App.theme import em
from App.widget.field_label import field_label
from sbmir.config.study import MOST_YEARS

NEW_READER = "A new session"
LONGEST_NAME = 100
NAME_MISSING = "Type your name to start."


class ReaderDialog(QDialog):
    """Asks for a name and years of experience, or for an unfinished session; closing it quits.

    Parameters
    ----------
    unfinished:
        Sessions that can be gone on with, the newest first.
    """

    def __init__(self, unfinished: Sequence[Unfinished], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Reader study")
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        self._unfinished = tuple(unfinished)
        self.sessions = QComboBox()
        self.sessions.setAccessibleName("Session")
        self.sessions.setToolTip("Begin, or go on where a window was closed")
        self.sessions.addItems([*(one.title for one in unfinished), NEW_READER])
        self.name = QLineEdit()
        self.name.setAccessibleName("Name")
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setToolTip("A name or a sign by which the results are told apart")
        self.experience = QSpinBox()
        self.experience.setAccessibleName("Years of experience")
        self.experience.setRange(1, MOST_YEARS)
        self.experience.setToolTip("Years of experience, from 1 to 50")
        self.hint = QLabel(NAME_MISSING)
        self.hint.setProperty("role", "quiet")
        self.start = QPushButton("&Start")
        self.start.setProperty("role", "primary")
        self.start.setDefault(True)
        self._lay_out()
        self.sessions.currentIndexChanged.connect(self._show_session)
        self.name.textChanged.connect(self._show_readiness)
        self.start.clicked.connect(self.accept)
        self._show_session()

    @property
    def unfinished(self) -> Unfinished | None:
        """The session that goes on; None for a new one."""
        at = self.sessions.currentIndex()
        return self._unfinished[at] if at < len(self._unfinished) else None

    @property
    def user_name(self) -> str:
        """The name, without spaces around it; not empty."""
        return " ".join(self.name.text().split())

    @property
    def years(self) -> int:
        """Of experience."""
        return self.experience.value()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        if self._unfinished:
            form.addRow(field_label("S&ession", self.sessions), self.sessions)
        form.addRow(field_label("&Name", self.name), self.name)
        form.addRow(field_label("&Years of experience", self.experience), self.experience)
        leave = QPushButton("&Quit")
        leave.setAutoDefault(False)
        leave.setToolTip("Close the program")
        leave.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(leave)
        buttons.addStretch(1)
        buttons.addWidget(self.start)
        space = em(self, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(space, space, space, space)
        layout.setSpacing(space)
        title = QLabel("Who takes part in the reader study?")
        title.setProperty("role", "title")
        layout.addWidget(title)
        layout.addLayout(form)
        layout.addWidget(self.hint)
        layout.addLayout(buttons)
        self.setMinimumWidth(em(self, 34))
        if not self._unfinished:
            self.sessions.hide()
            self.sessions.setParent(self)

    def _show_session(self) -> None:
        chosen = self.unfinished
        for field in (self.name, self.experience):
            field.setEnabled(chosen is None)
        if chosen is not None:
            self.name.setText(chosen.record.user_name)
            self.experience.setValue(chosen.record.y_experience)
        else:
            self.name.clear()
            self.experience.setValue(1)
            self.name.setFocus()
        self.start.setText("&Go on" if chosen is not None else "&Start")
        self.start.setToolTip(
            "Go on with the question at which the window was closed"
            if chosen is not None
            else "Begin with the first question"
        )
        self._show_readiness()

    def _show_readiness(self) -> None:
        self.start.setEnabled(bool(self.user_name))
        self.hint.setText("" if self.user_name else NAME_MISSING)
