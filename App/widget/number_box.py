"""A field for a number, in a window where Enter and letters mean something too."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QDoubleSpinBox

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NumberBox(QDoubleSpinBox):
    """Takes its number at Enter, which then starts no search, and lets go of the keyboard."""

    def event(self, event: QEvent | None) -> bool:
        """Claim Enter before the window's own shortcuts get it."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in ENTER
        ):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Take the number at Enter."""
        super().keyPressEvent(event)
        if event is not None and event.key() in ENTER:
            self.clearFocus()
            event.accept()
