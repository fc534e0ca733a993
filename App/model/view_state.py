"""What the user has set on a view of slices: zoom, grey window, a measured distance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from App.model.picture import SlicePicture, Window
from App.model.ruler import Ruler
from App.model.viewport import Point, Zoom

PX_PER_DOUBLING = 150.0
"""So far to the right, a drag makes the window twice as wide."""

PX_PER_WINDOW = 400.0
"""So far upwards, a drag brightens by the whole width of the picture's first window."""


@dataclass(frozen=True)
class ViewState:
    """How slices are looked at; never changed, only replaced.

    Attributes
    ----------
    windows:
        Those that the user has changed, by modality.
    """

    zoom: Zoom = field(default_factory=Zoom)
    windows: Mapping[str, Window] = field(default_factory=dict)
    ruler: Ruler | None = None

    def window(self, picture: SlicePicture) -> Window:
        """What is shown black and white of a picture."""
        return self.windows.get(picture.modality, picture.window)

    def with_window(self, modality: str, window: Window) -> ViewState:
        """Return the state with another window for one modality."""
        return replace(self, windows={**self.windows, modality: window})

    def after(self, before: SlicePicture | None, picture: SlicePicture | None) -> ViewState:
        """Return what is kept when another picture is shown: of another patient, nothing."""
        if before is None or picture is None or before.patient != picture.patient:
            return ViewState()
        return self if before.index == picture.index else replace(self, ruler=None)


def dragged_window(window: Window, first: Window, by_px: Point) -> Window:
    """Change a window by a drag: to the right wider, which is softer; upwards brighter.

    Parameters
    ----------
    window:
        Before the drag.
    first:
        The picture's own, whose width tells how much a pixel of the drag means.
    by_px:
        x to the right and y down.
    """
    width, level = width_and_level(window)
    usual, _ = width_and_level(first)
    doublings = min(max(by_px[0] / PX_PER_DOUBLING, -12.0), 12.0)
    width = min(max(width * math.exp2(doublings), usual / 256), usual * 16)
    level += by_px[1] * usual / PX_PER_WINDOW
    return level - width / 2, level + width / 2


def width_and_level(window: Window) -> tuple[float, float]:
    """How readers of images call a window: its width, and its middle."""
    low, high = window
    return high - low, (low + high) / 2


def window_label(window: Window) -> str:
    """A window in words, such as ``W 812  L 406``; small values with the digits that they need."""
    width, level = width_and_level(window)
    digits = 0 if width >= 20 else 2
    return f"W {width:.{digits}f}  L {level:.{digits}f}"
