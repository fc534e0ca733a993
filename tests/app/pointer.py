"""Mouse and wheel as a user moves them over a widget, in its pixels."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QMouseEvent, QWheelEvent
from PyQt5.QtWidgets import QApplication, QWidget


def press(widget: QWidget, at, button=Qt.LeftButton, held=Qt.NoModifier) -> None:
    _send(widget, QEvent.MouseButtonPress, at, button, button, held)


def move(widget: QWidget, to, button=Qt.LeftButton, held=Qt.NoModifier) -> None:
    _send(widget, QEvent.MouseMove, to, Qt.NoButton, button, held)


def release(widget: QWidget, at, button=Qt.LeftButton, held=Qt.NoModifier) -> None:
    _send(widget, QEvent.MouseButtonRelease, at, button, Qt.NoButton, held)


def drag(widget: QWidget, start, end, button=Qt.LeftButton, held=Qt.NoModifier) -> None:
    press(widget, start, button, held)
    move(widget, [(a + b) / 2 for a, b in zip(start, end, strict=True)], button, held)
    move(widget, end, button, held)
    release(widget, end, button, held)


def double_click(widget: QWidget, at, button=Qt.LeftButton) -> None:
    press(widget, at, button)
    release(widget, at, button)
    _send(widget, QEvent.MouseButtonDblClick, at, button, button, Qt.NoModifier)
    release(widget, at, button)


def turn_wheel(widget: QWidget, at, notches: float, held=Qt.NoModifier) -> None:
    place = QPointF(*at)
    angle = QPoint(0, round(120 * notches))
    event = QWheelEvent(
        place, place, QPoint(), angle, Qt.NoButton, held, Qt.NoScrollPhase, False
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def _send(widget, kind, at, button, buttons, held) -> None:
    QApplication.sendEvent(widget, QMouseEvent(kind, QPointF(*at), button, buttons, held))
