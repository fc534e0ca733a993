"""The large template slice that one sketches on."""

from __future__ import annotations

from math import floor

from PyQt5.QtCore import QEvent, QPointF, QRect, QRectF, Qt
from PyQt5.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QWheelEvent,
)
from PyQt5.QtWidgets import QWidget

from App.model.viewport import Viewport
from App.presenter.sketching import SketchingPresenter
from App.tools import Effect, Held
from App.widget.sketch_layer import SketchLayer
from App.widget.slice_view import SliceView

WHEEL_NOTCH = 120
HALO = QPen(QColor(0, 0, 0, 170), 3.4)
SIGN_PX = 4.0
# Around the ring: the sign beside a small one.
RING_MARGIN_PX = 4 * SIGN_PX


class SketchCanvas(SliceView):
    """Shows the presenter's slice and sketch; turns pointer, wheel and keys into its calls."""

    def __init__(self, presenter: SketchingPresenter, parent: QWidget | None = None) -> None:
        super().__init__(
            "No template slice yet",
            "The slice to sketch on appears here when the template patient is loaded.",
            parent,
        )
        self._presenter = presenter
        colors = {s.tissue: QColor(s.color) for s in presenter.structures}
        self._layer = SketchLayer(colors)
        self._pointer_px: QPointF | None = None
        self._ring_area = QRect()
        self._held = Held()
        self._wheel = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Template slice")
        presenter.template_changed.connect(self._show_slice)
        presenter.slice_changed.connect(self._show_slice)
        presenter.modality_changed.connect(self._show_slice)
        presenter.sketch_changed.connect(self._show_sketch)
        presenter.stroke_changed.connect(self._show_sketch)
        presenter.sketching_changed.connect(self._show_pointer)
        for signal in (
            presenter.brush_changed,
            presenter.structure_changed,
            presenter.tool_changed,
        ):
            signal.connect(self._show_ring)
        self._show_slice()

    # --- What is shown ----------------------------------------------------------------------

    def _show_slice(self) -> None:
        template = self._presenter.template
        if template is None:
            self.set_picture(None)
            return
        index = self._presenter.slice_index
        self.set_picture(template.slice_picture(self._presenter.modality, index))

    def _show_sketch(self) -> None:
        viewport = self.viewport()
        if viewport is not None:
            self.update(self._update_layer(viewport))

    def _update_layer(self, viewport: Viewport) -> QRect:
        sketch = self._presenter.shown_sketch
        return self._layer.show(sketch, viewport, self.rect(), self.devicePixelRatioF())

    def _show_pointer(self) -> None:
        self.setCursor(
            Qt.CursorShape.BlankCursor
            if self._presenter.is_sketching
            else Qt.CursorShape.ArrowCursor
        )
        self._show_ring()

    def _show_ring(self) -> None:
        """Draw again where the brush's ring was and where it is."""
        before, self._ring_area = self._ring_area, self._ring_rect()
        self.update(before)
        self.update(self._ring_area)

    def _ring_rect(self) -> QRect:
        viewport = self.viewport()
        if self._pointer_px is None or viewport is None or not self._presenter.is_sketching:
            return QRect()
        reach = self._presenter.radius_mm * viewport.px_per_mm + RING_MARGIN_PX
        x, y = self._pointer_px.x(), self._pointer_px.y()
        return QRectF(x - reach, y - reach, 2 * reach, 2 * reach).toAlignedRect()

    def paint_over(self, painter: QPainter, area: QRect, viewport: Viewport) -> None:
        """Draw the sketch and the brush's ring."""
        self._update_layer(viewport)
        self._layer.paint(painter, area)
        if self._pointer_px is not None and self._presenter.is_sketching:
            self._paint_ring(painter, self._pointer_px, viewport)

    def _paint_ring(self, painter: QPainter, center: QPointF, viewport: Viewport) -> None:
        effect = self._presenter.effect_at(self._mm(center, viewport), self._held)
        radius = self._presenter.radius_mm * viewport.px_per_mm
        color = QColor(self._presenter.structure.color)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # A dark line beneath keeps the ring visible on white matter and on any colour.
        painter.setPen(HALO)
        painter.drawEllipse(center, radius, radius)
        line = QPen(color, 1.5)
        if effect is Effect.ERASE and radius > 2 * SIGN_PX:
            line.setDashPattern([3.0, 3.0])
        painter.setPen(line)
        painter.drawEllipse(center, radius, radius)
        self._paint_sign(painter, center, radius, effect)

    @staticmethod
    def _paint_sign(
        painter: QPainter, center: QPointF, radius: float, effect: Effect | None
    ) -> None:
        """Draw a plus or a minus, in the ring or, where it is too small, beside it."""
        aside = 0.0 if radius > 2 * SIGN_PX else radius + 2 * SIGN_PX
        # In the middle of a pixel, so that its thin lines are sharp.
        sign = QPointF(floor(center.x() + aside) + 0.5, floor(center.y() + aside) + 0.5)
        for pen in (HALO, QPen(Qt.GlobalColor.white, 1.4)):
            painter.setPen(pen)
            painter.drawLine(sign - QPointF(SIGN_PX, 0), sign + QPointF(SIGN_PX, 0))
            if effect is not Effect.ERASE:
                painter.drawLine(sign - QPointF(0, SIGN_PX), sign + QPointF(0, SIGN_PX))

    # --- What the user does -----------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Begin a stroke."""
        viewport = self.viewport()
        if event is None or viewport is None:
            return
        self._follow(event)
        if event.button() != Qt.MouseButton.LeftButton or self.is_measuring:
            super().mousePressEvent(event)
            return
        self._presenter.begin_stroke(self._mm(event.localPos(), viewport), self._held)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Move the ring, and go on with a stroke."""
        viewport = self.viewport()
        if event is None or viewport is None:
            return
        self._follow(event)
        super().mouseMoveEvent(event)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._presenter.extend_stroke(self._mm(event.localPos(), viewport))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """End a stroke."""
        super().mouseReleaseEvent(event)
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._presenter.end_stroke()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Reset the view; in sketch mode the second of two quick dabs is a dab."""
        if event is None:
            return
        if self._presenter.is_sketching and event.button() == Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def enterEvent(self, event: QEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Take the keys in sketch mode: those of the brush belong to what the pointer is on."""
        if self._presenter.is_sketching and self.isActiveWindow():
            self.setFocus()

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Take the ring away."""
        self._pointer_px = None
        self._show_ring()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Resize the brush in sketch mode, else change the slice; upwards is more."""
        if event is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        self._wheel += event.angleDelta().y()
        notches = int(self._wheel / WHEEL_NOTCH)  # touch pads send parts of a notch
        self._wheel -= notches * WHEEL_NOTCH
        if notches and self._presenter.is_sketching:
            self._presenter.resize_brush(notches)
        elif notches:
            self._presenter.go_to_slice(self._presenter.slice_index + notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Resize the brush, give up a stroke, or change what the ring announces."""
        if event is None:
            return
        self._hold(event.modifiers())
        if event.key() == Qt.Key.Key_BracketLeft:
            self._presenter.resize_brush(-1)
        elif event.key() == Qt.Key.Key_BracketRight:
            self._presenter.resize_brush(1)
        elif event.key() == Qt.Key.Key_Escape and self._presenter.is_drawing:
            self._presenter.cancel_stroke()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Change what the ring announces."""
        if event is not None:
            self._hold(event.modifiers())
            super().keyReleaseEvent(event)

    def _follow(self, event: QMouseEvent) -> None:
        self._pointer_px = event.localPos()
        self._hold(event.modifiers())

    def _hold(self, modifiers: Qt.KeyboardModifiers | Qt.KeyboardModifier) -> None:
        self._held = Held(
            shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            ctrl=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
        )
        self._show_ring()

    @staticmethod
    def _mm(place_px: QPointF, viewport: Viewport) -> tuple[float, float]:
        return viewport.to_mm(place_px.x(), place_px.y())
