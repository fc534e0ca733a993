"""A contour as Qt draws it: its path, and the edges that an area needs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtCore import QPointF, Qt
from PyQt5.QtGui import QPainter, QPainterPath, QPen, QPolygonF

from App.widget.contour_module.contour import Contour
from App.widget.contour_module.grid import to_grid

# An odd number without a pattern, to mix the numbers of two points into one.
_MIX = np.int64(-7046029254386353131)


class ContourLines:
    """Lines of a contour; drawing a part of it takes the edges of that part only."""

    def __init__(self, contour: Contour) -> None:
        self.contour = contour

    @cached_property
    def path(self) -> QPainterPath:
        """All rings; it fills by the odd-even rule, which leaves holes free."""
        path = QPainterPath()
        for ring in self.contour.rings:
            path.addPolygon(_polygon(ring))
            path.closeSubpath()
        return path

    @cached_property
    def edges(self) -> NDArray[np.float64]:
        """Edges of all rings, (n, 4): x and y of both ends, in mm."""
        return np.concatenate(
            [np.hstack((ring, np.roll(ring, -1, axis=0))) for ring in self.contour.rings]
        )

    @cached_property
    def keys(self) -> NDArray[np.int64]:
        """A number for each edge: equal for equal ones, and hardly ever for two others."""
        x0, y0, x1, y1 = to_grid(self.edges).T
        first, last = (x0 << 29) ^ y0, (x1 << 29) ^ y1
        keys: NDArray[np.int64] = (first * _MIX) ^ last  # wraps around, as it may
        return keys

    def stroke(
        self, painter: QPainter, pen: QPen, box_mm: tuple[float, float, float, float]
    ) -> None:
        """Draw the outline, as far as it passes through a box: left, top, right, bottom."""
        left, top, right, bottom = box_mm
        x0, y0, x1, y1 = self.edges.T
        meets = (
            (np.maximum(x0, x1) >= left)
            & (np.minimum(x0, x1) <= right)
            & (np.maximum(y0, y1) >= top)
            & (np.minimum(y0, y1) <= bottom)
        )
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        begin = 0
        for ring in self.contour.rings:
            of_ring = meets[begin : begin + len(ring)]
            begin += len(ring)
            if of_ring.all():
                painter.drawPolygon(_polygon(ring))
            elif of_ring.any():
                for run in _runs(ring, of_ring):
                    painter.drawPolyline(_polygon(run))


def _runs(ring: NDArray[np.float64], chosen: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Points of the lines that some edges of a ring make up, each as long as it goes on."""
    # Begin at an edge that is left out, so that no line is cut where the ring closes.
    first = int(np.argmin(chosen))
    numbers = np.flatnonzero(np.roll(chosen, -first)) + first
    runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    return [ring[np.append(run, run[-1] + 1) % len(ring)] for run in runs]


def changed_box_mm(
    old: Sequence[tuple[ContourLines, int]], new: Sequence[tuple[ContourLines, int]]
) -> tuple[float, float, float, float] | None:
    """Where lines differ: left, top, right, bottom; None where they are the same.

    Parameters
    ----------
    old, new:
        Lines, and a small number for how they are drawn.
    """
    sides = [(_edges_of(lines), _keys_of(lines)) for lines in (old, new)]
    (old_edges, old_keys), (new_edges, new_keys) = sides
    apart = np.concatenate(
        (
            old_edges[~np.isin(old_keys, new_keys)],
            new_edges[~np.isin(new_keys, old_keys)],
        )
    ).reshape(-1, 2)
    if not len(apart):
        return None
    (left, top), (right, bottom) = apart.min(axis=0), apart.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _edges_of(drawn: Sequence[tuple[ContourLines, int]]) -> NDArray[np.float64]:
    return np.concatenate([np.empty((0, 4)), *(lines.edges for lines, _ in drawn)])


def _keys_of(drawn: Sequence[tuple[ContourLines, int]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *(lines.keys + style for lines, style in drawn)])


def _polygon(points: NDArray[np.float64]) -> QPolygonF:
    """Copy (n, 2) points into Qt's own array at once; one by one takes longer than drawing them."""
    polygon = QPolygonF()
    polygon.fill(QPointF(), len(points))
    # A QPointF is two doubles. The stubs of PyQt5 do not say that its arrays are buffers.
    memory: Any = polygon.data()
    np.frombuffer(memory.asarray(points.nbytes), np.float64).reshape(-1, 2)[:] = points
    return polygon
