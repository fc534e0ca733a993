"""A list to choose from, which takes its line at Enter without anything else hearing of it."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QComboBox, QWidget

from App.widget.number_box import ENTER


class ChoiceBox(QComboBox):
    """Keeps Enter in the open list; to the window it would be a shortcut at the same time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if (view := self.view()) is not None:
            view.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Claim Enter before the window's own shortcuts get it."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in ENTER
        ):
            event.accept()  # and the list, which hears of it next, takes its line
        return bool(super().eventFilter(watched, event))
