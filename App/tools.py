"""Drawing tools: what a press, a drag and a release do to a sketch. No Qt in here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from App.model.sketch import Sketch, within
from App.model.viewport import Point
from App.widget.contour_module.stroke import stroke_region
from sbmir.labels import TissueClass


class Effect(Enum):
    """What a stroke does to the region of the active structure."""

    ADD = "add"
    ERASE = "erase"


@dataclass(frozen=True)
class Held:
    """The keys that are held down while the pointer is pressed."""

    shift: bool = False
    ctrl: bool = False


@dataclass(frozen=True)
class Sheet:
    """What a stroke starts from: the sketch, the active tissue, the brush, the picture's size.

    ``extent_mm`` is the height and width of the slice picture.
    """

    sketch: Sketch
    tissue: TissueClass
    radius_mm: float
    extent_mm: tuple[float, float]


class Stroke(Protocol):
    """One drag of a tool, from press to release."""

    @property
    def effect(self) -> Effect:
        """What it does."""

    @property
    def sketch(self) -> Sketch:
        """The sketch as it would be if the pointer were released now."""

    def extend(self, point_mm: Point) -> None:
        """Go on to a point."""


class Tool(Protocol):
    """Something that the user can draw with."""

    @property
    def name(self) -> str:
        """How the window calls it."""

    @property
    def hint(self) -> str:
        """What it does, for a tooltip."""

    def effect(self, sheet: Sheet, point_mm: Point, held: Held) -> Effect:
        """What a stroke that starts at the point would do."""

    def begin(self, sheet: Sheet, point_mm: Point, held: Held) -> Stroke:
        """Start a stroke."""


Rule = Callable[[Sheet, Point], Effect]


@dataclass(frozen=True)
class Brush:
    """A round brush; Shift always adds, Ctrl always erases, else its rule decides."""

    name: str
    hint: str
    rule: Rule

    def effect(self, sheet: Sheet, point_mm: Point, held: Held) -> Effect:
        """What a stroke that starts at the point would do."""
        if held.shift:
            return Effect.ADD
        if held.ctrl:
            return Effect.ERASE
        return self.rule(sheet, point_mm)

    def begin(self, sheet: Sheet, point_mm: Point, held: Held) -> Stroke:
        """Start a stroke."""
        return BrushStroke(sheet, self.effect(sheet, point_mm, held), point_mm)


class BrushStroke:
    """The area that a disc passes over, added to or taken from the active tissue.

    The whole way is applied anew at each step, to the sketch from before: so what is shown while
    dragging is exactly what stays after the release, and rounding does not add up.
    """

    def __init__(self, sheet: Sheet, effect: Effect, point_mm: Point) -> None:
        self._sheet = sheet
        self._effect = effect
        self._path_mm: list[Point] = []
        self._sketch = sheet.sketch
        self.extend(point_mm)

    @property
    def effect(self) -> Effect:
        """What it does."""
        return self._effect

    @property
    def sketch(self) -> Sketch:
        """The sketch as it would be if the pointer were released now."""
        return self._sketch

    def extend(self, point_mm: Point) -> None:
        """Go on, in a straight line, to a point."""
        self._path_mm.append(point_mm)
        before, tissue = self._sheet.sketch, self._sheet.tissue
        swept = stroke_region(np.array(self._path_mm), self._sheet.radius_mm)
        stroke = within(swept, self._sheet.extent_mm)
        if self._effect is Effect.ADD:
            self._sketch = before.painted(tissue, stroke)
        else:
            self._sketch = before.erased(tissue, stroke)


def inside_adds(sheet: Sheet, point_mm: Point) -> Effect:
    """Tell by where a stroke starts: in the region it adds, outside it takes away.

    The rule of the published system. With no region yet, there is nothing to take away from.
    """
    if not sheet.sketch.region(sheet.tissue) or sheet.sketch.covers(sheet.tissue, point_mm):
        return Effect.ADD
    return Effect.ERASE


AUTO_BRUSH = Brush(
    "Auto",
    "Starting inside the structure adds to it, starting outside takes away; "
    "Shift always adds, Ctrl always erases",
    inside_adds,
)
ADD_BRUSH = Brush("Add", "Draw; hold Ctrl to erase", lambda _sheet, _point: Effect.ADD)
ERASE_BRUSH = Brush("Erase", "Erase; hold Shift to draw", lambda _sheet, _point: Effect.ERASE)
BRUSHES = (AUTO_BRUSH, ADD_BRUSH, ERASE_BRUSH)
