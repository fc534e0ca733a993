"""A user's hand: a real pointer and keyboard, moved by xdotool over a real X screen."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt5.QtCore import QPoint
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QWidget


class Hand:
    """Points at widgets by where they are on the screen; Qt hears of it from the X server only."""

    def click(self, widget: QWidget) -> None:
        """Click on the middle of a widget."""
        self._move(widget, widget.rect().center())
        self._xdotool("click", "1")

    def drag(self, widget: QWidget, path: Sequence[QPoint]) -> None:
        """Press at the first point of a widget, move along the others, release."""
        self._move(widget, path[0])
        self._xdotool("mousedown", "1")
        for point in path[1:]:
            self._move(widget, point)
        self._xdotool("mouseup", "1")

    def press(self, key: str) -> None:
        """Press a key, as xdotool names it."""
        self._xdotool("key", key)

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

    def _move(self, widget: QWidget, point: QPoint) -> None:
        place = widget.mapToGlobal(point) * widget.devicePixelRatioF()
        self._xdotool("mousemove", str(place.x()), str(place.y()))

    @staticmethod
    def _xdotool(*arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True)
        QTest.qWait(30)
