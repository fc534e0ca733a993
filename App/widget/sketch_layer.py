"""The sketch as it lies over a slice picture: filled contours, kept as a pixmap."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtCore import QPointF, QRect, QRectF, Qt
from PyQt5.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from App.model.sketch import Sketch
from App.model.viewport import Viewport
from App.presenter.appearance import Appearance
from App.widget.contour_module.contour import Contour
from sbmir.labels import PAINT_ORDER

OUTLINE_PX = 1.6
# The active contour: a bright line within a broader one of its colour.
ACTIVE_PX = 4.0
ACTIVE_LINE = QPen(QColor(255, 255, 255), 1.3)
# Around a contour: half its outline, and a pixel of smoothing.
OUTLINE_MARGIN_PX = 4


class SketchLayer:
    """Draws sketches, and draws again only where two of them differ.

    A tissue hides what is painted before it, as in the label map that is searched with; the
    active contour is drawn over all of them.
    """

    def __init__(self, appearance: Appearance) -> None:
        self._appearance = appearance
        self._sketch = Sketch()
        self._active: Contour | None = None
        self._viewport: Viewport | None = None
        self._pixmap = QPixmap()
        self._paths: dict[int, tuple[Contour, QPainterPath]] = {}

    def forget(self) -> None:
        """Draw everything anew the next time, as colours or opacity are others now."""
        self._viewport = None

    def show(
        self,
        sketch: Sketch,
        active: Contour | None,
        viewport: Viewport,
        size: QRect,
        ratio: float,
    ) -> QRect:
        """Bring the layer up to date; return the part of the widget that changed.

        Parameters
        ----------
        active:
            A contour of the sketch that is to stand out.
        size:
            The widget's rectangle.
        ratio:
            Screen pixels per widget pixel.
        """
        fits = self._pixmap.size() == size.size() * ratio
        if not fits or viewport != self._viewport or self._pixmap.devicePixelRatio() != ratio:
            self._pixmap = QPixmap(size.size() * ratio)
            self._pixmap.setDevicePixelRatio(ratio)
            self._pixmap.fill(Qt.GlobalColor.transparent)  # before it, a pixmap has no alpha
            changed = size
        else:
            changed = self._changed_area(sketch, active, viewport).intersected(size)
        self._sketch = sketch
        self._active = active
        self._viewport = viewport
        self._keep_paths(sketch)
        if not changed.isEmpty():
            self._redraw(viewport, changed)
        return changed

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Draw the part of the layer in ``area`` of the widget."""
        ratio = self._pixmap.devicePixelRatio()
        source = QRectF(
            area.x() * ratio, area.y() * ratio, area.width() * ratio, area.height() * ratio
        )
        painter.drawPixmap(QRectF(area), self._pixmap, source)

    def _changed_area(self, sketch: Sketch, active: Contour | None, viewport: Viewport) -> QRect:
        area = QRect()
        if active is not self._active:
            for contour in (active, self._active):
                area = area if contour is None else area.united(_area_px(contour, viewport))
        if sketch is self._sketch:
            return area
        old = {id(c): c for region in self._sketch.regions.values() for c in region}
        new = {id(c): c for region in sketch.regions.values() for c in region}
        for contours, others in ((old, new), (new, old)):
            for key, contour in contours.items():
                if key not in others:
                    area = area.united(_area_px(contour, viewport))
        return area

    def _keep_paths(self, sketch: Sketch) -> None:
        kept: dict[int, tuple[Contour, QPainterPath]] = {}
        for region in sketch.regions.values():
            for contour in region:
                # The contour is kept with its path, so its id cannot go to another one.
                known = self._paths.get(id(contour))
                kept[id(contour)] = known or (contour, _path(contour))
        self._paths = kept

    def _redraw(self, viewport: Viewport, area: QRect) -> None:
        painter = QPainter(self._pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillRect(area, Qt.GlobalColor.transparent)
        painter.translate(viewport.left_px, viewport.top_px)
        painter.scale(viewport.px_per_mm, viewport.px_per_mm)
        for tissue in filter(self._appearance.is_shown, PAINT_ORDER):
            color = QColor(self._appearance.color(tissue))
            for contour in self._sketch.region(tissue):
                if _area_px(contour, viewport).intersects(area):
                    self._paint(painter, contour, color)
        self._paint_active(painter)
        painter.end()

    def _paint(self, painter: QPainter, contour: Contour, color: QColor) -> None:
        path = self._paths[id(contour)][1]
        fill = QColor(color)
        fill.setAlphaF(self._appearance.opacity)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillPath(path, fill)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.strokePath(path, _line(QPen(color, OUTLINE_PX)))

    def _paint_active(self, painter: QPainter) -> None:
        for tissue in filter(self._appearance.is_shown, PAINT_ORDER):
            if any(contour is self._active for contour in self._sketch.region(tissue)):
                path = self._paths[id(self._active)][1]
                color = QColor(self._appearance.color(tissue))
                painter.strokePath(path, _line(QPen(color, ACTIVE_PX)))
                painter.strokePath(path, _line(ACTIVE_LINE))


def _line(pen: QPen) -> QPen:
    """A pen for contours: as wide at any zoom."""
    pen = QPen(pen)
    pen.setCosmetic(True)
    # Round joins look the same along so many short edges, and take twice as long.
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    return pen


def _area_px(contour: Contour, viewport: Viewport) -> QRect:
    """The part of the widget that a contour and its outline cover."""
    left, top = viewport.to_px(tuple(contour.outer.min(axis=0)))
    right, bottom = viewport.to_px(tuple(contour.outer.max(axis=0)))
    margin = OUTLINE_MARGIN_PX
    box = QRectF(left, top, right - left, bottom - top)
    return box.adjusted(-margin, -margin, margin, margin).toAlignedRect()


def _path(contour: Contour) -> QPainterPath:
    path = QPainterPath()  # fills by the odd-even rule, which leaves holes free
    for ring in (contour.outer, *contour.holes):
        path.addPolygon(_polygon(np.asarray(ring, np.float64)))
        path.closeSubpath()
    return path


def _polygon(points: NDArray[np.float64]) -> QPolygonF:
    """Copy (n, 2) points into Qt's own array at once; one by one takes longer than drawing them."""
    polygon = QPolygonF()
    polygon.fill(QPointF(), len(points))
    # A QPointF is two doubles. The stubs of PyQt5 do not say that its arrays are buffers.
    memory: Any = polygon.data()
    np.frombuffer(memory.asarray(points.nbytes), np.float64).reshape(-1, 2)[:] = points
    return polygon
