"""The open viewers: a dock for each, where it hides nothing that one still looks at."""

from __future__ import annotations

from itertools import count

from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtWidgets import QMainWindow

from App.presenter.appearance import Appearance
from App.presenter.viewer import Viewer, ViewerPresenter
from App.widget.viewer_dock import ViewerDock
from App.widget.window_layout import inside

NEXT_DOCK_PX = 36
"""So far to the right and down, the next viewer opens."""
PLACES = 6
"""The one after these opens over the first."""


class ViewerDocks:
    """Gives each open viewer its dock beside or over the main window.

    Parameters
    ----------
    window:
        Whose keys, apart from the viewer's own, work in the docks too.
    """

    def __init__(
        self, window: QMainWindow, presenter: ViewerPresenter, appearance: Appearance
    ) -> None:
        self._window = window
        self._presenter = presenter
        self._appearance = appearance
        self._docks: dict[Viewer, ViewerDock] = {}
        self._numbers: dict[Viewer, int] = {}
        presenter.opened.connect(self._open)
        presenter.asked_again.connect(self._raise)

    @property
    def docks(self) -> tuple[ViewerDock, ...]:
        """The open ones."""
        return tuple(self._docks.values())

    def close_all(self) -> None:
        """Close the docks, as their main window is."""
        for dock in self.docks:
            dock.close()

    def _open(self, viewer: Viewer) -> None:
        dock = ViewerDock(viewer, self._appearance, self._window)
        self._docks[viewer] = dock
        self._numbers[viewer] = next(n for n in count() if n not in self._numbers.values())
        dock.closed.connect(lambda: self._close(viewer))
        self._window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        dock.setFloating(True)
        self._place(dock, self._numbers[viewer] % PLACES)
        self._raise(viewer)

    def _place(self, dock: ViewerDock, number: int) -> None:
        window, screen = self._window, self._window.screen()
        frame = window.frameGeometry()
        query = QRect(frame)
        if (middle := window.centralWidget()) is not None:
            query = QRect(middle.mapToGlobal(QPoint(0, 0)), middle.size())
        room = frame if screen is None else screen.availableGeometry()
        place = placed(dock.sizeHint(), frame, query, room, number)
        dock.resize(place.size())
        dock.move(place.topLeft())

    def _raise(self, viewer: Viewer) -> None:
        dock = self._docks[viewer]
        dock.show()
        dock.raise_()
        dock.activateWindow()
        dock.view.setFocus()

    def _close(self, viewer: Viewer) -> None:
        dock = self._docks.pop(viewer, None)
        if dock is not None:
            del self._numbers[viewer]
            self._presenter.close(viewer)
            self._window.removeDockWidget(dock)
            dock.deleteLater()


def placed(size: QSize, window: QRect, query: QRect, room: QRect, number: int) -> QRect:
    """Where a viewer opens: beside the window where the screen has room there, else over the query.

    So the results stay to be seen, of which one opens the next.

    Parameters
    ----------
    size:
        That the viewer wants.
    window, query:
        The main window, and its part with the query, on the screen.
    room:
        Of the screen.
    number:
        Of the viewer, from 0: each opens a bit aside of the one before.
    """
    size = size.boundedTo(room.size())
    step = NEXT_DOCK_PX * number
    place = QRect(query.topLeft() + QPoint(step, step), size)
    if room.right() - window.right() >= size.width():
        place.moveTopLeft(window.topRight() + QPoint(1 + step, step))
    elif window.left() - room.left() >= size.width():
        place.moveTopRight(window.topLeft() + QPoint(-1 - step, step))
    else:
        place.setSize(size.boundedTo(query.size()))
    return inside(place, room)
