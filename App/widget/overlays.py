"""What is written and drawn on a slice picture: letters, labels, the ruler, a message."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QFont, QPainter, QPainterPath, QPen

from App.model.picture import Letters
from App.model.ruler import Ruler
from App.model.viewport import Viewport

LETTER_COLOR = QColor(228, 200, 120)
LABEL_COLOR = QColor(236, 239, 243)
MESSAGE_COLOR = QColor(214, 218, 224)
QUIET_COLOR = QColor(150, 156, 166)
RULER_COLOR = QColor(122, 220, 160)
HALO_COLOR = QColor(0, 0, 0, 190)
HALO_PX = 3.2
TICK_PX = 6.0


def paint_letters(
    painter: QPainter, letters: Letters, room: QRectF, margin_px: float, font: QFont
) -> None:
    """Write the patient's sides in the middle of the edges, readable on any grey."""
    bold = QFont(font)
    bold.setBold(True)
    width, height = room.width(), room.height()
    for letter, place in (
        (letters.left, QRectF(0, 0, margin_px, height)),
        (letters.right, QRectF(width - margin_px, 0, margin_px, height)),
        (letters.top, QRectF(0, 0, width, margin_px)),
        (letters.bottom, QRectF(0, height - margin_px, width, margin_px)),
    ):
        paint_label(painter, letter, place, int(Qt.AlignmentFlag.AlignCenter), LETTER_COLOR, bold)


def paint_label(
    painter: QPainter,
    text: str,
    place: QRectF,
    alignment: int,
    color: QColor,
    font: QFont,
) -> None:
    """Write a line with a dark halo, so that it is readable on any grey."""
    painter.setFont(font)
    box = QRectF(painter.fontMetrics().boundingRect(place.toRect(), alignment, text))
    baseline = QPointF(box.left(), box.top() + painter.fontMetrics().ascent())
    outline = QPainterPath()
    outline.addText(baseline, font, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    halo = QPen(HALO_COLOR, HALO_PX)
    halo.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(outline, halo)
    painter.setPen(QPen(color))
    painter.drawText(baseline, text)


def paint_ruler(
    painter: QPainter, ruler: Ruler, viewport: Viewport, room: QRectF, font: QFont
) -> None:
    """Draw a line with ticks at its ends, and its length beside its later end."""
    start, end = (QPointF(*viewport.to_px(point)) for point in (ruler.start_mm, ruler.end_mm))
    along = end - start
    length = max((along.x() ** 2 + along.y() ** 2) ** 0.5, 1e-9)
    tick = QPointF(-along.y(), along.x()) * (TICK_PX / length)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for pen in (QPen(HALO_COLOR, HALO_PX + 1), QPen(RULER_COLOR, 1.6)):
        painter.setPen(pen)
        painter.drawLine(start, end)
        for place in (start, end):
            painter.drawLine(place - tick, place + tick)
    _paint_length(painter, ruler.label, start, end, room, font)


def _paint_length(
    painter: QPainter, text: str, start: QPointF, end: QPointF, room: QRectF, font: QFont
) -> None:
    """Beyond the end of the line, and never outside the widget."""
    bold = QFont(font)
    bold.setBold(True)
    painter.setFont(bold)
    size = painter.fontMetrics().boundingRect(text).size()
    width, height = size.width() + 6.0, size.height() + 2.0
    left = end.x() + 8 if end.x() >= start.x() else end.x() - 8 - width
    top = end.y() + 4 if end.y() >= start.y() else end.y() - 4 - height
    left = min(max(left, room.left() + 2), room.right() - width - 2)
    top = min(max(top, room.top() + 2), room.bottom() - height - 2)
    place = QRectF(left, top, width, height)
    paint_label(painter, text, place, int(Qt.AlignmentFlag.AlignCenter), RULER_COLOR, bold)


def paint_message(
    painter: QPainter, message: str, detail: str, room: QRectF, margin_px: float, font: QFont
) -> None:
    """Write a line, and a quieter one below it, in the middle."""
    large = QFont(font)
    large.setPointSizeF(font.pointSizeF() * 1.3)
    painter.setFont(large)
    painter.setPen(QPen(MESSAGE_COLOR))
    middle = room.adjusted(margin_px, margin_px, -margin_px, -margin_px)
    above = middle.adjusted(0, 0, 0, -middle.height() / 2)
    wrapped = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(above, int(wrapped | Qt.AlignmentFlag.AlignBottom), message)
    painter.setFont(font)
    painter.setPen(QPen(QUIET_COLOR))
    below = middle.adjusted(0, middle.height() / 2 + 8, 0, 0)
    painter.drawText(below, int(wrapped | Qt.AlignmentFlag.AlignTop), detail)
