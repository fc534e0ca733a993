"""A distance that the user measures on a slice picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

from App.model.viewport import Point


@dataclass(frozen=True)
class Ruler:
    """A straight line between two points of a slice picture."""

    start_mm: Point
    end_mm: Point

    @property
    def length_mm(self) -> float:
        """Its length."""
        return math.dist(self.start_mm, self.end_mm)

    @property
    def label(self) -> str:
        """How its length is written beside it."""
        return f"{self.length_mm:.2f}mm"
