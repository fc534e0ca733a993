"""Drags that change how a slice is looked at: each a small object, from its press on.

A gesture knows the state that it began with and returns the one that a place of the pointer makes
of it; so giving it up is going back to the first. No Qt in here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from App.model.picture import SlicePicture
from App.model.ruler import Ruler
from App.model.view_state import ViewState, dragged_window
from App.model.viewport import Point, Viewport

WHEEL_NOTCH = 120
"""What a wheel's notch measures, in eighths of a degree."""


@dataclass(frozen=True, eq=False)
class Press:
    """Where a gesture began, and what was seen there.

    ``at_px`` is x and y; ``size_px`` height and width of the widget.
    """

    at_px: Point
    picture: SlicePicture
    viewport: Viewport
    size_px: tuple[float, float]
    state: ViewState

    def way_px(self, to_px: Point) -> Point:
        """How far the pointer went, x to the right and y down."""
        return to_px[0] - self.at_px[0], to_px[1] - self.at_px[1]


class Gesture(Protocol):
    """A drag that is going on."""

    @property
    def shows_window(self) -> bool:
        """Whether window and level are written on the picture meanwhile."""

    def moved(self, to_px: Point) -> ViewState:
        """The state with the pointer at that place."""

    def cancelled(self) -> ViewState:
        """The state from before the press."""


@dataclass(frozen=True, eq=False)
class _Drag:
    press: Press
    shows_window = False

    def cancelled(self) -> ViewState:
        """The state from before the press."""
        return self.press.state


class PanDrag(_Drag):
    """Takes the picture along."""

    def moved(self, to_px: Point) -> ViewState:
        """Return the state with the picture where the pointer has taken it."""
        press = self.press
        zoom = press.state.zoom.shifted(press.way_px(to_px), press.viewport, press.size_px)
        return replace(press.state, zoom=zoom)


class WindowDrag(_Drag):
    """Changes contrast and brightness."""

    shows_window = True

    def moved(self, to_px: Point) -> ViewState:
        """Return the state with the window that the way of the pointer makes."""
        press = self.press
        before = press.state.window(press.picture)
        window = dragged_window(before, press.picture.window, press.way_px(to_px))
        return press.state.with_window(press.picture.modality, window)


class RulerDrag(_Drag):
    """Measures a distance; a press without a way takes an earlier one away."""

    def moved(self, to_px: Point) -> ViewState:
        """Return the state with a ruler from the press to the pointer."""
        viewport = self.press.viewport
        ruler = Ruler(viewport.to_mm(*self.press.at_px), viewport.to_mm(*to_px))
        return replace(self.press.state, ruler=ruler if ruler.length_mm > 0 else None)


class WheelNotches:
    """Adds up what a wheel turns: touch pads send parts of a notch."""

    def __init__(self) -> None:
        self._angle = 0

    def take(self, angle: int) -> int:
        """Add eighths of a degree; return the whole notches, upwards positive."""
        if angle * self._angle < 0:
            self._angle = 0  # turned back: what was left of the other way does not count
        self._angle += angle
        notches = int(self._angle / WHEEL_NOTCH)
        self._angle -= notches * WHEEL_NOTCH
        return notches
