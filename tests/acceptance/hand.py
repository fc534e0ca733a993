"""A user's hand: a real pointer and keyboard, moved by xdotool over a real X screen."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PyQt5.QtCore import QPoint
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QWidget

LEFT, MIDDLE, RIGHT, WHEEL_UP, WHEEL_DOWN = 1, 2, 3, 4, 5
"""Buttons, as the X server numbers them."""


class Hand:
    """Points at widgets by where they are on the screen; Qt hears of it from the X server only."""

    def click(self, widget: QWidget, point: QPoint | None = None, button: int = LEFT) -> None:
        """Click on a point of a widget, by default its middle."""
        self.point_at(widget, point)
        self._xdotool("click", str(button))

    def double_click(
        self, widget: QWidget, point: QPoint | None = None, button: int = LEFT
    ) -> None:
        """Click twice on a point of a widget, by default its middle."""
        self.point_at(widget, point)
        self._xdotool("click", "--repeat", "2", "--delay", "60", str(button))

    def drag(
        self,
        widget: QWidget,
        path: Sequence[QPoint],
        button: int = LEFT,
        held: Sequence[str] = (),
    ) -> None:
        """Press at the first point of a widget, move along the others, release.

        ``held`` names keys that are down meanwhile, such as ``shift``.
        """
        with self.dragging(widget, path, button, held):
            pass

    @contextmanager
    def dragging(
        self,
        widget: QWidget,
        path: Sequence[QPoint],
        button: int = LEFT,
        held: Sequence[str] = (),
    ) -> Iterator[None]:
        """Drag as ``drag`` does, and keep the button pressed while the body runs."""
        self.point_at(widget, path[0])
        self._xdotool(
            *(word for key in held for word in ("keydown", key)), "mousedown", str(button)
        )
        try:
            for point in path[1:]:
                self.point_at(widget, point)
            yield
        finally:
            self._xdotool(
                "mouseup", str(button), *(word for key in held for word in ("keyup", key))
            )

    def wheel(
        self,
        widget: QWidget,
        notches: int,
        point: QPoint | None = None,
        held: Sequence[str] = (),
    ) -> None:
        """Turn the wheel over a point of a widget; upwards (away from the hand) is above 0."""
        self.point_at(widget, point)
        button = WHEEL_UP if notches > 0 else WHEEL_DOWN
        self._xdotool(
            *(word for key in held for word in ("keydown", key)),
            *("click", "--repeat", str(abs(notches)), "--delay", "20", str(button)),
            *(word for key in held for word in ("keyup", key)),
        )

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as xdotool names them (``ctrl+shift+z``)."""
        self._xdotool("key", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--delay", "20", text)

    @staticmethod
    def wait_until(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
        """Let the window work until the condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(what)
            QTest.qWait(20)

    @staticmethod
    def photograph(path: Path) -> None:
        """Save what is on the screen."""
        subprocess.run(["import", "-window", "root", str(path)], check=True)

    def focus(self, widget: QWidget) -> None:
        """Give the widget's window the keyboard; these screens have no window manager to do it."""
        self._xdotool("windowfocus", "--sync", str(int(widget.window().winId())))

    def resize(self, widget: QWidget, width: int, height: int) -> None:
        """Give the widget's window another size, in pixels of the screen."""
        window = str(int(widget.window().winId()))
        self._xdotool("windowsize", window, str(width), str(height))

    def fill_screen(self, widget: QWidget) -> None:
        """Make the widget's window as large as the screen, as one does with its title bar."""
        window = str(int(widget.window().winId()))
        self._xdotool("windowmove", window, "0", "0")
        self._xdotool("windowsize", window, "100%", "100%")

    def point_at(self, widget: QWidget, point: QPoint | None = None) -> None:
        """Move the pointer onto a point of a widget, by default its middle."""
        inside = widget.rect().center() if point is None else point
        place = widget.mapToGlobal(inside) * widget.devicePixelRatioF()
        self._xdotool("mousemove", "--", str(place.x()), str(place.y()))

    @staticmethod
    def _xdotool(*arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True)
        QTest.qWait(30)
