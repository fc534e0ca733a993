"""The menu of a result, which a second click of the right button turns into saving the row."""

from __future__ import annotations

from PyQt5.QtCore import QElapsedTimer, QEvent, QObject, QPoint, Qt, pyqtSignal
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication, QMenu

PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)


class ResultMenu(QObject):
    """Opens at once, and still lets a double-click of the right button be one.

    The menu opens with the first press and takes all that follows, so that no widget below sees
    the second one.
    """

    kept = pyqtSignal()
    """The right button was pressed twice."""

    def __init__(self, menu: QMenu) -> None:
        super().__init__(menu)
        self.menu = menu
        self._place = QPoint()
        self._since = QElapsedTimer()
        menu.installEventFilter(self)

    def popup(self, place: QPoint) -> None:
        """Open the menu at a place of the screen."""
        self._place = place
        self._since.start()
        self.menu.popup(place)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Close the menu at the second press."""
        if (
            isinstance(event, QMouseEvent)
            and event.type() in PRESSES
            and event.button() == Qt.MouseButton.RightButton
            and self._is_second(event.globalPos())
        ):
            self.menu.close()
            self.kept.emit()
            return True
        return bool(super().eventFilter(watched, event))

    def _is_second(self, place: QPoint) -> bool:
        near = (place - self._place).manhattanLength() <= QApplication.startDragDistance()
        return near and self._since.elapsed() <= QApplication.doubleClickInterval()
