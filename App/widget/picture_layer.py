"""The grey picture of a slice as it lies in a view: scaled once, and only the part that is seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtCore import QPointF
from PyQt5.QtGui import QImage, QPainter, QPixmap

from App.model.picture import Patch, SlicePicture, Window, windowed
from App.model.viewport import Viewport


class PictureLayer:
    """Draws a slice picture; what has not changed since the last time is not computed again."""

    def __init__(self) -> None:
        self._scaled_for: tuple[object, ...] = ()
        self._patch: Patch | None = None
        self._values: NDArray[np.float32] | None = None
        self._window: Window | None = None
        self._pixmap = QPixmap()

    def paint(
        self,
        painter: QPainter,
        picture: SlicePicture,
        window: Window,
        viewport: Viewport,
        size_px: tuple[float, float],
        ratio: float,
    ) -> None:
        """Draw it.

        Parameters
        ----------
        size_px:
            Height and width of the widget.
        ratio:
            Pixels of the screen for each of the widget's.
        """
        # The picture is kept, so another one cannot come to be the same object.
        scaled_for = (picture, viewport, size_px, ratio)
        if scaled_for != self._scaled_for:
            self._scaled_for = scaled_for
            self._patch = Patch.visible(picture, viewport, size_px, ratio)
            self._values = None if self._patch is None else self._patch.of(picture.values)
            self._window = None
        if self._patch is None or self._values is None:
            return
        if window != self._window:
            self._window = window
            self._pixmap = _pixmap(windowed(self._values, window), ratio)
        painter.drawPixmap(QPointF(self._patch.left, self._patch.top) / ratio, self._pixmap)


def _pixmap(levels: NDArray[np.uint8], ratio: float) -> QPixmap:
    rows, columns = levels.shape
    kind = QImage.Format.Format_Grayscale8
    pixmap = QPixmap.fromImage(QImage(levels.tobytes(), columns, rows, columns, kind))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
