"""Which slice is shown: a scroll bar that marks the slices with a lesion, and "i / n"."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, QSignalBlocker, Qt
from PyQt5.QtGui import QColor, QPainter, QPaintEvent
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QScrollBar, QStyle, QVBoxLayout, QWidget
from PyQt5.QtWidgets import QStyleOptionSlider as SliderOption

from App.presenter.sketching import SketchingPresenter
from App.theme import em

MARK_COLOR = QColor("#d9534a")


class LesionMarks(QWidget):
    """A strip along a scroll bar, red where the template's slices show a lesion."""

    def __init__(self, bar: QScrollBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = bar
        self._abnormal: tuple[int, ...] = ()
        self.setFixedHeight(max(em(self, 0.3), 3))
        self.setToolTip("Red: slices of the template with a lesion; one cannot search on them")

    def set_abnormal(self, indices: tuple[int, ...]) -> None:
        """Mark these slices."""
        self._abnormal = indices
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw a mark where the scroll bar's handle is in the middle at that slice."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().mid())
        groove, handle = self._groove()
        steps = max(self._bar.maximum(), 1)
        step_px = (groove.width() - handle) / steps
        for index in self._abnormal:
            middle = groove.left() + handle / 2 + index * step_px
            mark = QRectF(middle - step_px / 2, 0, max(step_px, 1.0), self.height())
            painter.fillRect(mark, MARK_COLOR)

    def _groove(self) -> tuple[QRectF, float]:
        option = SliderOption()
        self._bar.initStyleOption(option)
        style = self._bar.style()
        if style is None:
            return QRectF(self.rect()), 0.0
        control = QStyle.ComplexControl.CC_ScrollBar
        groove = style.subControlRect(
            control, option, QStyle.SubControl.SC_ScrollBarGroove, self._bar
        )
        handle = style.subControlRect(
            control, option, QStyle.SubControl.SC_ScrollBarSlider, self._bar
        )
        return QRectF(groove), float(handle.width())


class SliceBar(QWidget):
    """Shows and changes the presenter's slice."""

    def __init__(self, presenter: SketchingPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self.bar = QScrollBar(Qt.Orientation.Horizontal)
        self.bar.setAccessibleName("Slice")
        self.bar.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.bar.setPageStep(10)
        self.marks = LesionMarks(self.bar)
        self.number = QLabel()
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setFixedWidth(self.fontMetrics().horizontalAdvance("Slice 0000 / 0000"))
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addWidget(self.bar)
        column.addWidget(self.marks)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(column, 1)
        layout.addWidget(self.number)
        presenter.template_changed.connect(self._show_template)
        presenter.slice_changed.connect(self._show_slice)
        presenter.sketching_changed.connect(self._show_lock)
        self.bar.valueChanged.connect(presenter.go_to_slice)
        self._show_template()

    def _show_template(self) -> None:
        template = self._presenter.template
        self.setEnabled(template is not None)
        if template is None:
            self.number.setText("")
            return
        with QSignalBlocker(self.bar):
            self.bar.setRange(0, template.n_slices - 1)
        self.marks.set_abnormal(template.catalogue.abnormal_indices)
        self._show_slice(self._presenter.slice_index)

    def _show_slice(self, index: int) -> None:
        with QSignalBlocker(self.bar):
            self.bar.setValue(index)
        self.number.setText(f"Slice {index} / {self.bar.maximum()}")

    def _show_lock(self, sketching: bool) -> None:
        self.bar.setEnabled(not sketching)
        self.bar.setToolTip(
            "The slice is locked while you sketch; leave sketch mode to change it"
            if sketching
            else ""
        )
