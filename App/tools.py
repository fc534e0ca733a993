"""Drawing tools: what a press, a drag and a release do to a sketch. No Qt in here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from App.model.drawing import Drawing
from App.model.sketch import Region, within
from App.model.viewport import Point
from App.widget.contour_module.boolean import without_self_crossings
from App.widget.contour_module.measure import Place, contains
from App.widget.contour_module.stroke import SweptDisc
from sbmir.labels import TissueClass


class Effect(Enum):
    """What a stroke does to the region of the active structure."""

    ADD = "add"
    ERASE = "erase"


@dataclass(frozen=True)
class Held:
    """What is held while the pointer is pressed: keys, and which end of a tablet's pen."""

    shift: bool = False
    ctrl: bool = False
    eraser: bool = False


@dataclass(frozen=True)
class Rule:
    """How the place where a stroke starts decides between adding and taking away.

    ``decide`` is given the drawing, the active tissue and that place.
    """

    name: str
    hint: str
    decide: Callable[[Drawing, TissueClass, Point], Effect]


def inside_adds(drawing: Drawing, tissue: TissueClass, point_mm: Point) -> Effect:
    """Tell by where a stroke starts: in the active contour it adds, outside it takes away.

    The rule of the published system. With no contour yet, there is nothing to take away from.
    """
    active = drawing.active_contour(tissue)
    if active is None or contains(active, point_mm) is not Place.OUTSIDE:
        return Effect.ADD
    return Effect.ERASE


AUTO = Rule(
    "Auto",
    "Starting inside the active contour adds to it, starting outside takes away; "
    "Shift always adds, Ctrl always erases",
    inside_adds,
)
ADD = Rule("Add", "Each stroke adds; hold Ctrl to erase", lambda *_: Effect.ADD)
ERASE = Rule("Erase", "Each stroke takes away; hold Shift to add", lambda *_: Effect.ERASE)
RULES = (AUTO, ADD, ERASE)


@dataclass(frozen=True)
class Sheet:
    """What a stroke starts from.

    ``extent_mm`` is the height and width of the slice picture.
    """

    drawing: Drawing
    tissue: TissueClass
    rule: Rule
    extent_mm: tuple[float, float]

    def effect(self, point_mm: Point, held: Held) -> Effect:
        """What a stroke that starts at the point does."""
        if held.eraser or (held.ctrl and not held.shift):
            return Effect.ERASE
        if held.shift:
            return Effect.ADD
        return self.rule.decide(self.drawing, self.tissue, point_mm)

    def applied(self, region: Region, effect: Effect, start_mm: Point) -> Drawing:
        """The drawing with a region added to the tissue or taken from it."""
        region = within(region, self.extent_mm)
        if effect is Effect.ADD:
            return self.drawing.painted(self.tissue, region, start_mm)
        return self.drawing.erased(self.tissue, region)


class Stroke(Protocol):
    """One drag of a tool, from press to release."""

    @property
    def effect(self) -> Effect:
        """What it does."""

    @property
    def shown(self) -> Drawing:
        """The drawing as it is shown while the pointer is pressed."""

    @property
    def line_mm(self) -> Sequence[Point]:
        """An outline that is being drawn; empty for a tool that shows what it does at once."""

    def extend(self, point_mm: Point, radius_mm: float) -> None:
        """Go on to a point."""

    def finished(self) -> Drawing:
        """The drawing after the pointer is released."""


class BrushStroke:
    """The area that a disc passes over, added to or taken from the active tissue.

    The whole way is applied anew at each step, to the sketch from before: so what is shown while
    dragging is exactly what stays after the release, and rounding does not add up.
    """

    line_mm: Sequence[Point] = ()

    def __init__(self, sheet: Sheet, effect: Effect, point_mm: Point, radius_mm: float) -> None:
        self._sheet = sheet
        self._start_mm = point_mm
        self._swept = SweptDisc()
        self.effect = effect
        self.shown = sheet.drawing
        self.extend(point_mm, radius_mm)

    def extend(self, point_mm: Point, radius_mm: float) -> None:
        """Go on, in a straight line, to a point."""
        self._swept.extend(point_mm, radius_mm)
        self.shown = self._sheet.applied(self._swept.region(), self.effect, self._start_mm)

    def finished(self) -> Drawing:
        """The drawing after the pointer is released."""
        return self.shown


class PenStroke:
    """A freehand outline, closed by a straight line when the pointer is released."""

    def __init__(self, sheet: Sheet, effect: Effect, point_mm: Point, radius_mm: float) -> None:
        self._sheet = sheet
        self._path_mm: list[Point] = []
        self.effect = effect
        self.shown = sheet.drawing
        self.extend(point_mm, radius_mm)

    @property
    def line_mm(self) -> Sequence[Point]:
        """The outline so far."""
        return self._path_mm

    def extend(self, point_mm: Point, radius_mm: float) -> None:
        """Go on, in a straight line, to a point; the width of a line does not matter."""
        self._path_mm.append(point_mm)

    def finished(self) -> Drawing:
        """The drawing with what the outline encloses, its self-crossings removed."""
        if len(self._path_mm) < 3:
            return self._sheet.drawing
        enclosed = without_self_crossings(self._path_mm)
        return self._sheet.applied(enclosed, self.effect, self._path_mm[0])


@dataclass(frozen=True)
class Tool:
    """Something to take in hand.

    Parameters
    ----------
    hint:
        What it is for.
    guide:
        How to use it, for whoever has it in hand.
    stroke:
        Begins a stroke; None for a tool that draws nothing, whose drags the view itself takes.
    has_radius:
        Whether it is a disc, shown as a ring around the pointer.
    """

    name: str
    hint: str
    guide: str
    stroke: Callable[[Sheet, Effect, Point, float], Stroke] | None = None
    has_radius: bool = False


BRUSH = Tool(
    "Brush",
    "Draw with a round brush; the wheel or [ ] resize it",
    "Drag on the slice to draw; wheel or [ ] resize the brush; Esc gives up the stroke.",
    BrushStroke,
    has_radius=True,
)
PEN = Tool(
    "Pen",
    "Draw an outline, which closes when you let go",
    "Drag around the lesion: the outline closes when you let go. Esc gives it up.",
    PenStroke,
)
MEASURE = Tool(
    "Measure",
    "Drag a line to measure its length in mm",
    "Drag a line on the slice to measure it. Esc takes it away.",
)
TOOLS = (BRUSH, PEN, MEASURE)
