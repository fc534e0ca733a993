"""Where the parts of the window are: remembered, and put back."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QRect, QSize
from PyQt5.QtWidgets import QApplication, QMainWindow

from App.preferences import Preferences

VERSION = 1
"""Another number makes layouts of before count as not set: their parts were others."""
GEOMETRY, STATE = "window_geometry", "window_state"


class WindowLayout:
    """Remembers size, place and docks of a window from one start to the next.

    Parameters
    ----------
    arrange:
        Puts the parts where they belong at the first start.
    name:
        Sets the layouts of windows with other parts apart.
    """

    def __init__(
        self,
        window: QMainWindow,
        preferences: Preferences,
        arrange: Callable[[], None],
        name: str = "",
    ) -> None:
        self._window = window
        self._preferences = preferences
        self._arrange = arrange
        self._geometry_name, self._state_name = GEOMETRY + name, STATE + name
        self._is_settled = False

    def restore(self, first_size: QSize) -> None:
        """Give the window the layout of the last time, as far as the screens of now allow it."""
        window = self._window
        known = window.restoreGeometry(self._preferences.state(self._geometry_name))
        if not known:
            window.resize(first_size)
        self._come_onto_a_screen()
        if not (known and window.restoreState(self._preferences.state(self._state_name), VERSION)):
            self._arrange()

    def take(self, size: QSize) -> None:
        """Take a size whatever the screen has room for, and part it as at the first start."""
        self._is_settled = True
        self._window.resize(size)
        self._arrange()

    def reset(self) -> None:
        """Put the parts where they were at the first start."""
        self._arrange()

    def settle(self) -> None:
        """Let all of the window be seen, now that it is on screen and its frame is known."""
        if not self._is_settled:
            self._is_settled = True
            self._come_onto_a_screen()

    def remember(self) -> None:
        """Keep the layout as it is now."""
        self._preferences.set_state(self._geometry_name, self._window.saveGeometry())
        self._preferences.set_state(self._state_name, self._window.saveState(VERSION))

    def _come_onto_a_screen(self) -> None:
        window = self._window
        screen = QApplication.screenAt(window.geometry().center()) or window.screen()
        if screen is None or window.isMaximized() or window.isFullScreen():
            return
        room = screen.availableGeometry()
        frame = window.frameGeometry().size() - window.size()
        window.resize(window.size().boundedTo(room.size() - frame))
        window.move(inside(window.frameGeometry(), room).topLeft())


def inside(part: QRect, room: QRect) -> QRect:
    """The rectangle, moved so that its top left corner and as much else as fits is in the room."""
    moved = QRect(part)
    moved.moveRight(min(moved.right(), room.right()))
    moved.moveBottom(min(moved.bottom(), room.bottom()))
    moved.moveLeft(max(moved.left(), room.left()))
    moved.moveTop(max(moved.top(), room.top()))
    return moved
