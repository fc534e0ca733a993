"""The large template slice that one sketches on."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QPointF, QRect, Qt
from PyQt5.QtGui import QKeyEvent, QMouseEvent, QPainter, QTabletEvent, QWheelEvent
from PyQt5.QtWidgets import QApplication, QWidget

from App.model.viewport import Viewport
from App.presenter.sketching import SketchingPresenter
from App.tools import Held
from App.widget.gestures import WheelNotches
from App.widget.pointer_marks import BrushRing, paint_outline, pointer_area
from App.widget.sketch_layer import SketchLayer
from App.widget.slice_view import SliceView


class SketchCanvas(SliceView):
    """Shows the presenter's slice and sketch; turns pointer, pen and wheel into its calls."""

    def __init__(self, presenter: SketchingPresenter, parent: QWidget | None = None) -> None:
        super().__init__(
            "No template slice yet",
            "The slice to sketch on appears here when the template patient is loaded.",
            parent,
        )
        self._presenter = presenter
        self._toolbox = presenter.toolbox
        self._layer = SketchLayer(presenter.appearance)
        self._pointer_px: QPointF | None = None
        self._pointer_area = QRect()
        self._outline_area = QRect()
        self._held = Held()
        self._pressure = 1.0
        self._idle_press_px: QPointF | None = None
        self._notches = WheelNotches()
        self.setMouseTracking(True)
        self.setTabletTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Template slice")
        self._connect()
        self._show_slice()
        self._show_tool()

    def _connect(self) -> None:
        presenter, toolbox = self._presenter, self._toolbox
        presenter.template_changed.connect(self._show_slice)
        presenter.slice_changed.connect(self._show_slice)
        presenter.modality_changed.connect(self._show_slice)
        presenter.sketch_changed.connect(self._show_sketch)
        presenter.stroke_changed.connect(self._show_sketch)
        presenter.active_changed.connect(self._show_sketch)
        presenter.appearance.changed.connect(self._show_appearance)
        presenter.sketching_changed.connect(self._show_tool)
        toolbox.tool_changed.connect(self._show_tool)
        toolbox.structure_changed.connect(self._show_sketch)
        for signal in (toolbox.brush_changed, toolbox.structure_changed, toolbox.rule_changed):
            signal.connect(self._show_pointer)

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
            before, self._outline_area = self._outline_area, self._line_area(viewport)
            self.update(before.united(self._outline_area))

    def _line_area(self, viewport: Viewport) -> QRect:
        """Where the outline is that the pen is drawing."""
        outline = [QPointF(*viewport.to_px(point)) for point in self._presenter.outline_mm]
        return pointer_area(outline) if outline else QRect()

    def _update_layer(self, viewport: Viewport) -> QRect:
        drawing = self._presenter.shown_drawing
        active = None
        if self._presenter.is_sketching:
            active = drawing.active_contour(self._toolbox.structure.tissue)
        ratio = self.devicePixelRatioF()
        return self._layer.show(drawing.sketch, active, viewport, self.rect(), ratio)

    def _show_appearance(self) -> None:
        self._layer.forget()
        self.update()

    def _show_tool(self) -> None:
        tool = self._toolbox.tool
        draws = tool.stroke is not None
        self.set_measuring(not draws)
        shape = Qt.CursorShape.ArrowCursor
        if not draws:
            shape = Qt.CursorShape.CrossCursor
        elif self._presenter.is_sketching:
            shape = Qt.CursorShape.BlankCursor if tool.has_radius else Qt.CursorShape.CrossCursor
        self.setCursor(shape)
        self._show_sketch()
        self._show_pointer()

    def _show_pointer(self) -> None:
        """Draw again where the pointer's mark was and where it is."""
        before, self._pointer_area = self._pointer_area, QRect()
        viewport = self.viewport()
        if viewport is not None and (ring := self._ring(viewport)) is not None:
            self._pointer_area = ring.area
        self.update(before)
        self.update(self._pointer_area)

    def _ring(self, viewport: Viewport) -> BrushRing | None:
        """The mark at the pointer; None where a drag would not draw."""
        tool = self._toolbox.tool
        if self._pointer_px is None or not self._presenter.is_sketching or tool.stroke is None:
            return None
        radius_mm = self._toolbox.pressed_radius_mm(self._pressure) if tool.has_radius else 0.0
        return BrushRing(
            self._pointer_px,
            radius_mm * viewport.px_per_mm,
            self._presenter.appearance.color(self._toolbox.structure.tissue),
        )

    def paint_over(self, painter: QPainter, area: QRect, viewport: Viewport) -> None:
        """Draw the sketch, the pen's outline and the mark at the pointer."""
        self._update_layer(viewport)
        self._layer.paint(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if outline := self._presenter.outline_mm:
            color = self._presenter.appearance.color(self._toolbox.structure.tissue)
            paint_outline(painter, [QPointF(*viewport.to_px(point)) for point in outline], color)
        if (ring := self._ring(viewport)) is not None:
            effect = self._presenter.effect_at(self._mm(ring.center, viewport), self._held)
            ring.paint(painter, effect)

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
        if self._presenter.is_sketching:
            self._presenter.begin_stroke(self._mm(event.localPos(), viewport), self._held)
        else:
            self._idle_press_px = event.localPos()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Move the ring, and go on with a stroke."""
        viewport = self.viewport()
        if event is None or viewport is None:
            return
        self._follow(event)
        super().mouseMoveEvent(event)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._presenter.extend_stroke(self._mm(event.localPos(), viewport))
            self._refuse_idle_drag(event.localPos(), viewport)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """End a stroke."""
        super().mouseReleaseEvent(event)
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._presenter.end_stroke()
            self._idle_press_px = None

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Reset the view; in sketch mode the second of two quick dabs is a dab."""
        if event is None:
            return
        if self._presenter.is_sketching and event.button() == Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def tabletEvent(self, event: QTabletEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw with a tablet's pen: pressed lightly perhaps thinner, with its other end erasing.

        What is not drawing is left to the mouse events that Qt makes of those not accepted.
        """
        viewport = self.viewport()
        if event is None:
            return
        if viewport is None or self.is_measuring or not self._presenter.is_sketching:
            event.ignore()
            return
        drawing = event.button() == Qt.MouseButton.LeftButton or self._presenter.is_drawing
        if not drawing and event.buttons() != Qt.MouseButton.NoButton:
            event.ignore()
            return
        self._pressure = event.pressure() if self._presenter.is_drawing or drawing else 1.0
        self._follow(event, eraser=event.pointerType() == QTabletEvent.PointerType.Eraser)
        place = self._mm(event.posF(), viewport)
        if event.type() == QEvent.Type.TabletPress:
            self._presenter.begin_stroke(place, self._held, self._pressure)
        elif event.type() == QEvent.Type.TabletMove:
            self._presenter.extend_stroke(place, self._pressure)
        else:
            self._presenter.end_stroke()
            self._pressure = 1.0
        event.accept()

    def _refuse_idle_drag(self, place_px: QPointF, viewport: Viewport) -> None:
        """Let a drag out of sketch mode be refused; a click, or two, ask for nothing drawn."""
        start = self._idle_press_px
        if start is None:
            return
        if (place_px - start).manhattanLength() >= QApplication.startDragDistance():
            self._idle_press_px = None
            self._presenter.begin_stroke(self._mm(start, viewport), self._held)

    def enterEvent(self, event: QEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Take the keys in sketch mode: those of the brush belong to what the pointer is on."""
        if self._presenter.is_sketching and self.isActiveWindow():
            self.setFocus()

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Take the ring away."""
        self._pointer_px = None
        self._presenter.contours.point_at(None)
        self._show_pointer()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Resize the brush in sketch mode, else change the slice; upwards is more."""
        if event is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        notches = self._notches.take(event.angleDelta().y())
        if notches and self._presenter.is_sketching:
            self._toolbox.resize_brush(notches)
        elif notches:
            self._presenter.go_to_slice(self._presenter.slice_index + notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Give up a stroke, or change what the ring announces."""
        if event is None:
            return
        self._hold(event.modifiers(), eraser=self._held.eraser)
        if event.key() == Qt.Key.Key_Escape and self._presenter.is_drawing:
            self._presenter.cancel_stroke()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Change what the ring announces."""
        if event is not None:
            self._hold(event.modifiers(), eraser=self._held.eraser)
            super().keyReleaseEvent(event)

    def _follow(self, event: QMouseEvent | QTabletEvent, *, eraser: bool = False) -> None:
        place = event.posF() if isinstance(event, QTabletEvent) else event.localPos()
        self._pointer_px = place
        if (viewport := self.viewport()) is not None:
            self._presenter.contours.point_at(self._mm(place, viewport))
        self._hold(event.modifiers(), eraser=eraser)

    def _hold(
        self,
        modifiers: Qt.KeyboardModifiers | Qt.KeyboardModifier,
        *,
        eraser: bool = False,
    ) -> None:
        self._held = Held(
            shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            ctrl=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
            eraser=eraser,
        )
        self._show_pointer()

    @staticmethod
    def _mm(place_px: QPointF, viewport: Viewport) -> tuple[float, float]:
        return viewport.to_mm(place_px.x(), place_px.y())
