"""A widget that shows one slice picture, sharp and in true proportion, with the patient's sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtCore import QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPixmap
from PyQt5.QtWidgets import QSizePolicy, QWidget

from App.model.picture import grey_levels
from App.model.template import Letters
from App.model.viewport import Frame, Viewport

MARGIN_PX = 26
AROUND_PICTURE = QColor(0, 0, 0)  # as the air in the picture
MESSAGE_BACKGROUND = QColor(16, 18, 22)
LETTER_COLOR = QColor(228, 200, 120)
MESSAGE_COLOR = QColor(214, 218, 224)
QUIET_COLOR = QColor(150, 156, 166)


@dataclass(frozen=True, eq=False)
class SlicePicture:
    """What a ``SliceView`` shows.

    Parameters
    ----------
    values:
        (rows, columns) float32.
    window:
        The values that are shown black and white.
    extent_mm:
        Height and width.
    frame:
        The part that is shown as large as the widget allows.
    letters:
        The patient's sides at the edges.
    """

    values: NDArray[np.float32]
    window: tuple[float, float]
    extent_mm: tuple[float, float]
    frame: Frame
    letters: Letters


class SliceView(QWidget):
    """Shows a slice picture as large as the widget allows, or says why there is none.

    Parameters
    ----------
    message, detail:
        Shown while there is no picture: a line, and a quieter one below it.
    """

    def __init__(self, message: str, detail: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = message
        self._detail = detail
        self._picture: SlicePicture | None = None
        self._pixmap: QPixmap | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 240)

    def set_picture(self, picture: SlicePicture | None) -> None:
        """Show a picture, or the message."""
        self._picture = picture
        self._pixmap = None
        self.update()

    def viewport(self) -> Viewport | None:
        """Where the picture lies in the widget; None while there is none."""
        if self._picture is None:
            return None
        size_px = (float(self.height()), float(self.width()))
        return Viewport.fit(self._picture.frame, size_px, MARGIN_PX)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Large enough to draw on."""
        return QSize(560, 560)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw the picture, what a subclass puts on it, and the letters."""
        if event is None:
            return
        painter = QPainter(self)
        viewport = self.viewport()
        if self._picture is None or viewport is None:
            painter.fillRect(event.rect(), MESSAGE_BACKGROUND)
            self._paint_message(painter)
            return
        painter.fillRect(event.rect(), AROUND_PICTURE)
        area = self._picture_area(self._picture, viewport)
        if self._pixmap is None or self._pixmap.devicePixelRatio() != self.devicePixelRatioF():
            self._pixmap = self._scaled(self._picture, area)
        painter.drawPixmap(area.topLeft(), self._pixmap)
        self.paint_over(painter, event.rect(), viewport)
        self._paint_letters(painter, self._picture.letters)

    def paint_over(self, painter: QPainter, area: QRect, viewport: Viewport) -> None:
        """Draw on the picture, within ``area`` at least; for subclasses."""

    def resizeEvent(self, event: object) -> None:  # noqa: N802 (Qt's name)
        """Scale the picture anew when it is next drawn."""
        self._pixmap = None

    @staticmethod
    def _picture_area(picture: SlicePicture, viewport: Viewport) -> QRectF:
        height_mm, width_mm = picture.extent_mm
        scale = viewport.px_per_mm
        return QRectF(viewport.left_px, viewport.top_px, width_mm * scale, height_mm * scale)

    def _scaled(self, picture: SlicePicture, area: QRectF) -> QPixmap:
        ratio = self.devicePixelRatioF()
        rows = max(round(area.height() * ratio), 1)
        columns = max(round(area.width() * ratio), 1)
        levels = grey_levels(picture.values, picture.window, (rows, columns))
        image = QImage(levels.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8)
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def _paint_letters(self, painter: QPainter, letters: Letters) -> None:
        font = self.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QPen(LETTER_COLOR))
        width, height, margin = float(self.width()), float(self.height()), float(MARGIN_PX)
        places = (
            (letters.left, QRectF(0, 0, margin, height)),
            (letters.right, QRectF(width - margin, 0, margin, height)),
            (letters.top, QRectF(0, 0, width, margin)),
            (letters.bottom, QRectF(0, height - margin, width, margin)),
        )
        for letter, place in places:
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), letter)

    def _paint_message(self, painter: QPainter) -> None:
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.3)
        painter.setFont(font)
        painter.setPen(QPen(MESSAGE_COLOR))
        middle = QRectF(self.rect()).adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX)
        above = middle.adjusted(0, 0, 0, -middle.height() / 2)
        painter.drawText(
            above,
            int(
                Qt.AlignmentFlag.AlignHCenter
                | Qt.AlignmentFlag.AlignBottom
                | Qt.TextFlag.TextWordWrap
            ),
            self._message,
        )
        painter.setFont(self.font())
        painter.setPen(QPen(QUIET_COLOR))
        below = middle.adjusted(0, middle.height() / 2 + 8, 0, 0)
        painter.drawText(
            below,
            int(
                Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            ),
            self._detail,
        )
