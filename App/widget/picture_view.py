"""A picture of a result: an image or a label map, and the outline of the sketch over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QTransform,
)
from PyQt5.QtWidgets import QSizePolicy, QWidget

from App.model.framing import WHOLE, Part
from App.model.result_pictures import Color, ResultPicture
from App.model.sketch import Sketch
from App.theme import em
from sbmir.labels import PAINT_ORDER, TissueClass

BACKGROUND = QColor(16, 18, 22)
TEXT_COLOR = QColor(206, 211, 219)
CAPTION_GROUND = QColor(0, 0, 0, 150)
OUTLINE_HALO = QColor(0, 0, 0, 170)
OUTLINE_PX = 1.4
HALO_PX = 3.2
STALE_OPACITY = 0.35
"""Of a picture that is about to be replaced by that of another patient."""


@dataclass(frozen=True, eq=False)
class Outline:
    """The sketch that was searched with, to be drawn over what it found.

    Parameters
    ----------
    extent_mm:
        Height and width of the picture that it was drawn on.
    """

    sketch: Sketch
    extent_mm: tuple[float, float]

    @cached_property
    def paths(self) -> Mapping[TissueClass, QPainterPath]:
        """Outlines within a square of side 1, as slices of all patients fill one square."""
        if self.sketch.is_empty:
            return {}  # an example without a lesion has no extent either
        height_mm, width_mm = self.extent_mm
        fit = QTransform.fromScale(1 / width_mm, 1 / height_mm)
        return {tissue: fit.map(self._path(tissue)) for tissue in self.sketch.regions}

    def _path(self, tissue: TissueClass) -> QPainterPath:
        path = QPainterPath()
        for contour in self.sketch.region(tissue):
            for ring in (contour.outer, *contour.holes):
                path.addPolygon(QPolygonF([QPointF(x, y) for x, y in np.asarray(ring)]))
                path.closeSubpath()
        return path


class PictureView(QWidget):
    """A picture as wide as its place, in true proportion, with its name in a corner."""

    opened = pyqtSignal(str)
    """With the picture's name: it was double-clicked."""
    kept = pyqtSignal()
    """It was double-clicked with the right button."""

    def __init__(
        self, name: str, colors: Mapping[TissueClass, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._colors = colors
        self._aspect = 1.0
        self._is_stale = False
        self._message = ""
        self._picture: ResultPicture | None = None
        self._part = WHOLE
        self._pixmap: QPixmap | None = None
        self._outline: Outline | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(em(self, 4))
        self.setAccessibleName(name)

    def set_picture(self, picture: ResultPicture, part: Part = WHOLE) -> None:
        """Show a part of the picture, or why it cannot be shown."""
        was_stale, self._is_stale = self._is_stale, False
        if picture is self._picture and part == self._part:  # as in search after search
            if was_stale:
                self.update()
            return
        self._picture, self._part = picture, part
        self.setToolTip(picture.problem)
        self._pixmap = self._colored(picture)
        if picture.aspect != self._aspect:
            self._aspect = picture.aspect
            self.updateGeometry()
        self.update()

    def set_message(self, text: str) -> None:
        """Say why there is no picture yet."""
        self._message = text
        self.update()

    def set_stale(self) -> None:
        """Dim what is shown, as another picture is on its way; black would flicker."""
        self._is_stale = True
        self.update()

    def set_colors(self, colors: Mapping[TissueClass, str]) -> None:
        """Give the tissues of label map and outline other colours."""
        self._colors = colors
        if self._picture is not None and self._picture.labels is not None:
            self._pixmap = self._colored(self._picture)
        self.update()

    def set_outline(self, outline: Outline | None) -> None:
        """Draw the sketch's outline over the picture, or no longer."""
        self._outline = outline
        self.update()

    @property
    def has_picture(self) -> bool:
        """Whether there are pixels to see, and of the right patient."""
        return self._pixmap is not None and not self._is_stale

    def hasHeightForWidth(self) -> bool:  # noqa: N802 (Qt's name)
        """The height follows from the width and the true proportion."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 (Qt's name)
        """Height of the picture at that width."""
        return round(width / self._aspect)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """As it is at a usual width of the window."""
        width = em(self, 9)
        return QSize(width, self.heightForWidth(width))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """The left button opens the patient, the right one keeps the row as a file."""
        if event is None:
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(self._name)
        elif event.button() == Qt.MouseButton.RightButton:
            self.kept.emit()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw the picture, its name, and what there is to say instead of it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), BACKGROUND)
        painter.save()
        painter.setClipRect(self._fitted())
        whole = self._whole()
        if self._pixmap is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(STALE_OPACITY if self._is_stale else 1.0)
            painter.drawPixmap(whole, self._pixmap, QRectF(self._pixmap.rect()))
            painter.setOpacity(1.0)
        if self._outline is not None and self.has_picture:
            self._paint_outline(painter, self._outline, whole)
        painter.restore()
        painter.setPen(TEXT_COLOR)
        if self._pixmap is None:
            damaged = self._picture is not None and bool(self._picture.problem)
            inside = QRectF(self.rect()).adjusted(6, 6, -6, -6)
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(inside, flags, "Not readable" if damaged else self._message)
        self._paint_name(painter)

    def _colored(self, picture: ResultPicture) -> QPixmap | None:
        pixels = picture.coloured({tissue: rgb(color) for tissue, color in self._colors.items()})
        if pixels is None:
            return None
        rows, columns, channels = pixels.shape
        image = QImage(
            pixels.tobytes(), columns, rows, channels * columns, QImage.Format.Format_RGB888
        )
        return QPixmap.fromImage(image)

    def _fitted(self) -> QRectF:
        width = min(float(self.width()), self.height() * self._aspect)
        height = width / self._aspect
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _whole(self) -> QRectF:
        """Where all of the picture would be, of which one sees a part."""
        place, part = self._fitted(), self._part
        width, height = place.width() / part.edge, place.height() / part.edge
        return QRectF(
            place.left() - part.left * width, place.top() - part.top * height, width, height
        )

    def _paint_outline(self, painter: QPainter, outline: Outline, whole: QRectF) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(whole.topLeft())
        painter.scale(whole.width(), whole.height())
        # The dark line beneath keeps the colours apart from tissue and label map of one colour.
        for dark in (True, False):
            for tissue in PAINT_ORDER:
                if path := outline.paths.get(tissue):
                    color = OUTLINE_HALO if dark else QColor(self._colors[tissue])
                    # Such pens count the screen's own pixels.
                    width = (HALO_PX if dark else OUTLINE_PX) * self.devicePixelRatioF()
                    pen = QPen(color, width)
                    pen.setCosmetic(True)
                    painter.strokePath(path, pen)
        painter.restore()

    def _paint_name(self, painter: QPainter) -> None:
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.85)
        metrics = QFontMetrics(font)
        place = QRectF(0, 0, metrics.horizontalAdvance(self._name) + 8, metrics.height() + 2)
        painter.setFont(font)
        painter.fillRect(place, CAPTION_GROUND)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), self._name)


def rgb(color: str) -> Color:
    """Red, green and blue of ``#rrggbb``."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue
