"""What is drawn at the pointer: the brush's ring with its sign, and the pen's outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from PyQt5.QtCore import QPointF, QRect, QRectF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen, QPolygonF

from App.tools import Effect

HALO = QPen(QColor(0, 0, 0, 170), 3.4)
SIGN_LINE = QPen(QColor(255, 255, 255), 1.4)
SIGN_PX = 4.0
# Around the mark: the sign beside a small ring, or beside a line.
MARGIN_PX = 4 * SIGN_PX


@dataclass(frozen=True, eq=False)
class BrushRing:
    """A ring around the pointer, or only a sign beside it where the radius is 0; in pixels."""

    center: QPointF
    radius: float
    color: str

    @property
    def area(self) -> QRect:
        """The part of the widget that it covers."""
        reach, x, y = self.radius + MARGIN_PX, self.center.x(), self.center.y()
        return QRectF(x - reach, y - reach, 2 * reach, 2 * reach).toAlignedRect()

    def paint(self, painter: QPainter, effect: Effect | None) -> None:
        """Draw it, with a plus or a minus for what a stroke does."""
        if self.radius > 0:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            # A dark line beneath keeps the ring visible on white matter and on any colour.
            painter.setPen(HALO)
            painter.drawEllipse(self.center, self.radius, self.radius)
            line = QPen(QColor(self.color), 1.5)
            if effect is Effect.ERASE and self.radius > 2 * SIGN_PX:
                line.setDashPattern([3.0, 3.0])
            painter.setPen(line)
            painter.drawEllipse(self.center, self.radius, self.radius)
        self._paint_sign(painter, effect)

    def _paint_sign(self, painter: QPainter, effect: Effect | None) -> None:
        """Draw it in the ring or, where that is too small, beside it."""
        aside = 0.0 if self.radius > 2 * SIGN_PX else self.radius + 2 * SIGN_PX
        # In the middle of a pixel, so that its thin lines are sharp.
        x, y = floor(self.center.x() + aside) + 0.5, floor(self.center.y() + aside) + 0.5
        sign = QPointF(x, y)
        for pen in (HALO, SIGN_LINE):
            painter.setPen(pen)
            painter.drawLine(sign - QPointF(SIGN_PX, 0), sign + QPointF(SIGN_PX, 0))
            if effect is not Effect.ERASE:
                painter.drawLine(sign - QPointF(0, SIGN_PX), sign + QPointF(0, SIGN_PX))


def paint_outline(painter: QPainter, points: Sequence[QPointF], color: str) -> None:
    """Draw an open outline, and dashed the line that will close it."""
    polygon = QPolygonF(points)
    line = QPen(QColor(color), 1.8)
    for pen in (QPen(HALO), line):
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(polygon)
    line.setDashPattern([3.0, 3.0])
    painter.setPen(line)
    painter.drawLine(points[-1], points[0])


def pointer_area(points: Sequence[QPointF]) -> QRect:
    """The part of the widget that an outline covers."""
    box = QPolygonF(points).boundingRect()
    return box.adjusted(-MARGIN_PX, -MARGIN_PX, MARGIN_PX, MARGIN_PX).toAlignedRect()
