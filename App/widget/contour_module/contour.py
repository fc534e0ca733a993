"""The contour of one connected region, with its holes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from App.widget.contour_module.grid import Points, checked_points
from sbmir.errors import DataError


@dataclass(frozen=True, eq=False)
class Contour:
    """A region of the slice: one outer ring and any number of holes.

    What this package returns is valid: rings are simple, holes lie inside and do not cut the
    region apart; the outer ring has positive signed area in (x, y), holes negative. Rings from
    elsewhere, such as a file, become so by `boolean.union`.

    Parameters
    ----------
    outer:
        Points in mm, (n >= 3, 2) float64, x to the right and y down; the last point joins the
        first and does not repeat it.
    holes:
        Rings of the same kind.

    Raises
    ------
    DataError
        Where a ring has fewer than three points, or coordinates that are not finite.
    """

    outer: Points
    holes: tuple[Points, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "outer", _frozen_ring(self.outer))
        object.__setattr__(self, "holes", tuple(_frozen_ring(hole) for hole in self.holes))

    @property
    def rings(self) -> Iterator[Points]:
        """The outer ring, then the holes."""
        yield self.outer
        yield from self.holes

    @cached_property
    def bounds_mm(self) -> tuple[float, float, float, float]:
        """The lowest x and y, and the highest."""
        (left, top), (right, bottom) = self.outer.min(axis=0), self.outer.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    @property
    def n_points(self) -> int:
        """Number of points in all rings."""
        return sum(len(ring) for ring in self.rings)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Contour):
            return NotImplemented
        return len(self.holes) == len(other.holes) and all(
            np.array_equal(mine, theirs)
            for mine, theirs in zip(self.rings, other.rings, strict=True)
        )

    def __hash__(self) -> int:
        return hash(tuple(ring.tobytes() for ring in self.rings))


def _frozen_ring(points_mm: Points) -> Points:
    ring = checked_points(points_mm)
    if len(ring) < 3:
        raise DataError(f"A contour has only {len(ring)} points; it takes three to enclose.")
    if ring.flags.writeable:
        ring = ring.copy()
        ring.flags.writeable = False
    return ring
