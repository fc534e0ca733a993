"""The sketch as it lies over a slice picture: filled contours, kept as a pixmap."""

from __future__ import annotations

from PyQt5.QtCore import QRect, QRectF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen, QPixmap

from App.model.sketch import Sketch
from App.model.viewport import Viewport
from App.presenter.appearance import Appearance
from App.widget.contour_lines import ContourLines, changed_box_mm
from App.widget.contour_module.contour import Contour
from sbmir.labels import PAINT_ORDER, TissueClass

OUTLINE_PX = 1.6
# The active contour: a bright line within a broader one of its colour.
ACTIVE_PX = 4.0
ACTIVE_LINE_PX = 1.3
ACTIVE_LINE_COLOR = QColor(255, 255, 255)
# Around a contour: half its outline, and a pixel of smoothing.
OUTLINE_MARGIN_PX = 4

Box = tuple[float, float, float, float]


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
        self._lines: dict[int, ContourLines] = {}

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
        before, before_active = self._contours(), self._active
        self._sketch, self._active = sketch, active
        fits = self._pixmap.size() == size.size() * ratio
        if not fits or viewport != self._viewport or self._pixmap.devicePixelRatio() != ratio:
            self._keep_lines(sketch)
            self._pixmap = QPixmap(size.size() * ratio)
            self._pixmap.setDevicePixelRatio(ratio)
            self._pixmap.fill(Qt.GlobalColor.transparent)  # before it, a pixmap has no alpha
            changed = size
        else:
            changed = self._changed_area(before, before_active, viewport).intersected(size)
        self._viewport = viewport
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

    def _contours(self) -> dict[int, tuple[TissueClass, ContourLines]]:
        return {
            id(contour): (tissue, self._lines[id(contour)])
            for tissue, region in self._sketch.regions.items()
            for contour in region
        }

    def _keep_lines(self, sketch: Sketch) -> None:
        contours = (contour for region in sketch.regions.values() for contour in region)
        # The contour is kept with its lines, so its id cannot go to another one.
        self._lines = {
            id(contour): self._lines.get(id(contour)) or ContourLines(contour)
            for contour in contours
        }

    def _changed_area(
        self,
        before: dict[int, tuple[TissueClass, ContourLines]],
        before_active: Contour | None,
        viewport: Viewport,
    ) -> QRect:
        self._keep_lines(self._sketch)
        after = self._contours()
        stays = before.keys() & after.keys()
        if before_active is not self._active:
            stays -= {id(before_active), id(self._active)}
        old = [
            (lines, int(tissue) + 8 * (lines.contour is before_active))
            for key, (tissue, lines) in before.items()
            if key not in stays
        ]
        new = [
            (lines, int(tissue) + 8 * (lines.contour is self._active))
            for key, (tissue, lines) in after.items()
            if key not in stays
        ]
        box = changed_box_mm(old, new)
        return QRect() if box is None else _area_px(box, viewport)

    def _redraw(self, viewport: Viewport, area: QRect) -> None:
        painter = QPainter(self._pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillRect(area, Qt.GlobalColor.transparent)
        painter.translate(viewport.left_px, viewport.top_px)
        painter.scale(viewport.px_per_mm, viewport.px_per_mm)
        box = _box_mm(area, viewport)
        for tissue in filter(self._appearance.is_shown, PAINT_ORDER):
            for contour in self._sketch.region(tissue):
                if _area_px(contour.bounds_mm, viewport).intersects(area):
                    self._paint(painter, contour, tissue, box)
        for tissue in filter(self._appearance.is_shown, PAINT_ORDER):
            if any(contour is self._active for contour in self._sketch.region(tissue)):
                lines = self._lines[id(self._active)]
                color = QColor(self._appearance.color(tissue))
                lines.stroke(painter, self._pen(color, ACTIVE_PX), box)
                lines.stroke(painter, self._pen(ACTIVE_LINE_COLOR, ACTIVE_LINE_PX), box)
        painter.end()

    def _paint(self, painter: QPainter, contour: Contour, tissue: TissueClass, box: Box) -> None:
        lines = self._lines[id(contour)]
        color = QColor(self._appearance.color(tissue))
        fill = QColor(color)
        fill.setAlphaF(self._appearance.opacity)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillPath(lines.path, fill)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        lines.stroke(painter, self._pen(color, OUTLINE_PX), box)

    def _pen(self, color: QColor, width_px: float) -> QPen:
        """A pen for contours: as wide at any zoom and scaling."""
        # Such pens count the screen's own pixels.
        pen = QPen(color, width_px * self._pixmap.devicePixelRatio())
        pen.setCosmetic(True)
        # Round joins look the same along so many short edges, and take twice as long.
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
        return pen


def _area_px(box: Box, viewport: Viewport) -> QRect:
    """The part of the widget that contours in a box cover with their outlines."""
    left, top = viewport.to_px(box[:2])
    right, bottom = viewport.to_px(box[2:])
    margin = OUTLINE_MARGIN_PX
    area = QRectF(left, top, right - left, bottom - top)
    return area.adjusted(-margin, -margin, margin, margin).toAlignedRect()


def _box_mm(area: QRect, viewport: Viewport) -> Box:
    """Where the lines are that reach into an area of the widget."""
    margin = OUTLINE_MARGIN_PX
    left, top = viewport.to_mm(area.x() - margin, area.y() - margin)
    right, bottom = viewport.to_mm(
        area.x() + area.width() + margin, area.y() + area.height() + margin
    )
    return left, top, right, bottom
