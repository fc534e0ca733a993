"""A sketch while it is worked on: which contour of each structure strokes change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from App.model.sketch import Region, Sketch
from App.model.viewport import Point
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.measure import Place, area_mm2, contains
from sbmir.labels import TissueClass

CORNERS_TO_ASK = 12
"""About so many corners of a contour tell whether it lies in another."""


@dataclass(frozen=True, eq=False)
class Drawing:
    """A sketch and the active contour of each tissue; never changed, only replaced.

    A tissue without an active contour gets a new one by the next stroke.
    """

    sketch: Sketch = field(default_factory=Sketch)
    active: Mapping[TissueClass, Contour] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {
            tissue: contour
            for tissue, contour in self.active.items()
            if _holds(self.sketch.region(tissue), contour)
        }
        object.__setattr__(self, "active", MappingProxyType(known))

    @classmethod
    def of(cls, sketch: Sketch) -> Drawing:
        """Take up a sketch that was made elsewhere; the largest contours are active."""
        return cls(
            sketch,
            {t: max(r, key=lambda contour: area_mm2([contour])) for t, r in sketch.regions.items()},
        )

    def active_contour(self, tissue: TissueClass) -> Contour | None:
        """The contour that strokes change, or None where the next stroke makes one."""
        return self.active.get(tissue)

    def with_active(self, tissue: TissueClass, contour: Contour | None) -> Drawing:
        """Let strokes change another contour of the tissue, or make a new one."""
        active = {t: c for t, c in self.active.items() if t != tissue}
        return Drawing(self.sketch, active if contour is None else {**active, tissue: contour})

    def contours(self, tissue: TissueClass) -> Region:
        """The tissue's contours in the order in which one goes through them: from the left."""
        return tuple(
            sorted(
                self.sketch.region(tissue), key=lambda contour: contour.outer.min(axis=0).tolist()
            )
        )

    def painted(self, tissue: TissueClass, stroke: Sequence[Contour], start_mm: Point) -> Drawing:
        """Add a stroke to the tissue's region; the contour that holds it becomes active."""
        sketch = self.sketch.painted(tissue, stroke)
        made = _met(sketch.region(tissue), stroke, start_mm)
        drawing = Drawing(sketch, self.active)
        return drawing if made is None else drawing.with_active(tissue, made)

    def erased(self, tissue: TissueClass, stroke: Sequence[Contour]) -> Drawing:
        """Take a stroke away; where that cuts the active contour, its largest piece is active."""
        sketch = self.sketch.erased(tissue, stroke)
        before = self.active_contour(tissue)
        if before is None or _holds(sketch.region(tissue), before):
            return Drawing(sketch, self.active)
        pieces = [piece for piece in sketch.region(tissue) if _lies_in(piece, before)]
        largest = max(pieces, key=lambda piece: area_mm2([piece]), default=None)
        return Drawing(sketch, self.active).with_active(tissue, largest)

    def without_active(self, tissue: TissueClass) -> Drawing:
        """Take the active contour of the tissue away."""
        gone = self.active_contour(tissue)
        kept = tuple(c for c in self.sketch.region(tissue) if c is not gone)
        return Drawing(Sketch({**self.sketch.regions, tissue: kept}), self.active)

    def without(self, tissue: TissueClass) -> Drawing:
        """Take away all that is drawn of the tissue."""
        return Drawing(self.sketch.without(tissue), self.active)

    def contour_at(self, tissue: TissueClass, point_mm: Point) -> Contour | None:
        """The contour of the tissue that the point lies in or on."""
        return next((c for c in self.sketch.region(tissue) if _covers(c, point_mm)), None)


def _holds(region: Region, contour: Contour) -> bool:
    return any(one is contour for one in region)


def _met(region: Region, stroke: Sequence[Contour], start_mm: Point) -> Contour | None:
    """The contour that a stroke went into; that with its start where it went into several."""
    corners = (tuple(point) for contour in stroke for point in contour.outer.tolist())
    for point in (start_mm, *corners):
        for contour in region:
            if _covers(contour, point):
                return contour
    return None


def _lies_in(piece: Contour, whole: Contour) -> bool:
    """Whether a contour is what was left of another one, and not one beside it."""
    # A corner may be a hair beyond the edge that it was cut from, but never are all of them.
    some = piece.outer[:: max(len(piece.outer) // CORNERS_TO_ASK, 1)]
    return any(_covers(whole, (x, y)) for x, y in some.tolist())


def _covers(contour: Contour, point_mm: Point) -> bool:
    """Whether the point lies in the contour or on its edge; quickly where it is far away."""
    left, top, right, bottom = contour.bounds_mm
    x, y = point_mm
    near = left <= x <= right and top <= y <= bottom
    return near and contains(contour, point_mm) is not Place.OUTSIDE
