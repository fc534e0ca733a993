"""A dock that takes its part of what a window gains, or loses, in width."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QApplication, QDockWidget, QMainWindow


class DockShare(QObject):
    """Keeps a dock's share of the window's width; Qt alone would keep its width.

    The share is the one that it was last given, here or by the user: a small window, in which the
    dock cannot have it, does not change what it gets in a large one.
    """

    def __init__(self, window: QMainWindow, dock: QDockWidget) -> None:
        super().__init__(window)
        self._window = window
        self._dock = dock
        self._share: float | None = None
        for watched in (window, dock):
            watched.installEventFilter(self)

    def set_share(self, share: float) -> None:
        """Give the dock a share of the window's width."""
        self._share = share
        self._apply()

    def keep(self) -> None:
        """Keep the share that the dock has now."""
        if self._is_beside():
            self._share = self._dock.width() / self._window.width()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Follow the window, and the hand that resizes the dock."""
        if isinstance(event, QResizeEvent) and self._is_beside():
            if watched is self._window:
                self._apply()
            elif QApplication.mouseButtons() & Qt.MouseButton.LeftButton:
                self.keep()
        return bool(super().eventFilter(watched, event))

    def _apply(self) -> None:
        if self._share is not None:
            width = round(self._share * self._window.width())
            self._window.resizeDocks([self._dock], [width], Qt.Orientation.Horizontal)

    def _is_beside(self) -> bool:
        return self._window.isVisible() and self._dock.isVisible() and not self._dock.isFloating()
