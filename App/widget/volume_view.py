"""A slice of a patient in the viewer, with the label map over it and a frame where it was found."""

from __future__ import annotations

from PyQt5.QtCore import QRect, QRectF, Qt
from PyQt5.QtGui import QColor, QImage, QPainter, QPalette, QPen, QWheelEvent
from PyQt5.QtWidgets import QWidget

from App.model.viewed_patient import ViewedPatient
from App.model.viewport import Viewport
from App.presenter.appearance import Appearance
from App.presenter.viewer import Viewer
from App.widget.gestures import WheelNotches
from App.widget.overlays import paint_label
from App.widget.slice_view import SliceView
from sbmir.labels import PAINT_ORDER

FRAME_PX = 4


class VolumeView(SliceView):
    """Shows the viewer's slice; the wheel goes through the slices."""

    def __init__(
        self, viewer: Viewer, appearance: Appearance, parent: QWidget | None = None
    ) -> None:
        super().__init__("", parent=parent)
        self._viewer = viewer
        self._appearance = appearance
        self._notches = WheelNotches()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"Slice of {viewer.patient}")
        viewer.state_changed.connect(self._show_slice)
        viewer.slice_changed.connect(self._show_slice)
        viewer.retrieved_changed.connect(self._repaint)
        viewer.labels_shown_changed.connect(self._repaint)
        appearance.changed.connect(self._repaint)
        self._show_slice()

    def set_measuring(self, on: bool) -> None:
        """Let a left drag draw a ruler; off takes the ruler away."""
        super().set_measuring(on)
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Change the slice, upwards is more; with Ctrl, zoom."""
        if event is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
            return
        if notches := self._notches.take(event.angleDelta().y()):
            self._viewer.go_to_slice(self._viewer.slice_index + notches)
        event.accept()

    def paint_over(self, painter: QPainter, area: QRect, viewport: Viewport) -> None:
        """Draw the label map, and the frame of the slice that a search found."""
        if self._viewer.labels_shown:
            self._paint_labels(painter, viewport)
        if self._viewer.slice_index == self._viewer.retrieved_index:
            self._paint_frame(painter)

    def _show_slice(self) -> None:
        volumes = self._viewer.state
        if isinstance(volumes, ViewedPatient):
            index = min(self._viewer.slice_index, volumes.n_slices - 1)
            self.set_picture(volumes.slice_picture(self._viewer.modality, index))

    def _repaint(self) -> None:
        self.update()

    def _paint_labels(self, painter: QPainter, viewport: Viewport) -> None:
        volumes = self._viewer.state
        if not isinstance(volumes, ViewedPatient):
            return
        labels = volumes.label_picture(self._viewer.slice_index)
        if labels is None:
            return
        rows, columns = labels.shape
        image = QImage(labels.tobytes(), columns, rows, columns, QImage.Format.Format_Indexed8)
        image.setColorTable(self._colors())
        height_mm, width_mm = volumes.extent_mm
        scale = viewport.px_per_mm
        place = QRectF(viewport.left_px, viewport.top_px, width_mm * scale, height_mm * scale)
        painter.drawImage(place, image)  # each pixel as it is: labels have no in-between

    def _colors(self) -> list[int]:
        table = [QColor(Qt.GlobalColor.transparent).rgba()] * (max(PAINT_ORDER) + 1)
        for tissue in PAINT_ORDER:
            if self._appearance.is_shown(tissue):
                color = QColor(self._appearance.color(tissue))
                color.setAlphaF(self._appearance.opacity)
                table[tissue] = color.rgba()
        return table

    def _paint_frame(self, painter: QPainter) -> None:
        color = self.palette().color(QPalette.ColorRole.Highlight)
        pen = QPen(color, FRAME_PX)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        half = FRAME_PX / 2
        painter.drawRect(QRectF(self.rect()).adjusted(half, half, -half, -half))
        corner = QRectF(self.rect()).adjusted(10, 8, -10, -8)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        paint_label(painter, self._viewer.mark, corner, flags, color.lighter(150), self.font())
