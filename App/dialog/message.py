"""A failure in a dialog: what, why and what to do; for a bug also details to copy."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFontDatabase
from PyQt5.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from App.model.problem import Problem
from App.theme import em


class ProblemDialog(QDialog):
    """Shows one problem and does not block the window behind it."""

    def __init__(self, problem: Problem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("A fault in the program" if problem.is_bug else "Problem")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        self._problem = problem
        layout = QVBoxLayout(self)
        for text, role in ((problem.what, "problem"), (problem.why, ""), (problem.remedy, "")):
            if text:
                layout.addWidget(_label(text, role))
        if problem.details:
            layout.addWidget(self._details(), 1)
        else:
            layout.addStretch(1)
        copy = QPushButton("&Copy details" if problem.is_bug else "&Copy")
        copy.setToolTip("Copy all of this, to send or to keep it")
        copy.clicked.connect(self._copy)
        close = QPushButton("C&lose")
        close.setDefault(True)
        close.setToolTip("Close this message")
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout.addLayout(buttons)
        layout.setSpacing(em(self, 0.7))
        width = em(self, 36)
        self.setMinimumWidth(width)
        self.resize(width, layout.totalHeightForWidth(width))
        close.setFocus()

    def _details(self) -> QPlainTextEdit:
        details = QPlainTextEdit(self._problem.details)
        details.setReadOnly(True)
        details.setAccessibleName("Details")
        details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        details.setMinimumHeight(em(self, 12))
        return details

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._problem.text)


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("role", role)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
