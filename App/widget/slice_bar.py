"""Which slice is shown: a scroll bar that marks the slices with a lesion, and "i / n"."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, QSignalBlocker, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QScrollBar, QStyle, QVBoxLayout, QWidget
from PyQt5.QtWidgets import QStyleOptionSlider as SliderOption

from App.presenter.sketching import LOCKED, SketchingPresenter
from App.theme import em

MARK_COLOR = QColor("#d9534a")
BAR_TIP = "Which slice is shown; the wheel over it, PgUp and PgDown change it too"


class SliceMarks(QWidget):
    """A strip along a scroll bar: red where slices show a lesion, and one slice set apart."""

    def __init__(self, bar: QScrollBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = bar
        self._lesion: tuple[int, ...] = ()
        self._found: int | None = None
        self.setFixedHeight(max(em(self, 0.35), 4))

    def set_lesion(self, indices: tuple[int, ...]) -> None:
        """Mark the slices with a lesion."""
        self._lesion = indices
        self.update()

    def set_found(self, index: int | None) -> None:
        """Set apart the slice that a search found."""
        self._found = index
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw a mark where the scroll bar's handle is in the middle at that slice."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().mid())
        for index in self._lesion:
            painter.fillRect(self._mark(index, 1.0), MARK_COLOR)
        if self._found is not None:
            color = self.palette().color(QPalette.ColorRole.WindowText)
            painter.fillRect(self._mark(self._found, 3.0), color)

    def _mark(self, index: int, narrowest_px: float) -> QRectF:
        groove, handle = self._groove()
        step_px = (groove.width() - handle) / max(self._bar.maximum(), 1)
        middle = groove.left() + handle / 2 + index * step_px
        width = max(step_px, narrowest_px)
        return QRectF(middle - width / 2, 0, width, self.height())

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


class SliceScroller(QWidget):
    """Shows which slice of how many is shown, which of them have a lesion, and changes it.

    Parameters
    ----------
    marks_tip:
        What the red marks mean here.
    """

    moved = pyqtSignal(int)
    """The user asks for this slice."""

    def __init__(self, marks_tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QScrollBar(Qt.Orientation.Horizontal)
        self.bar.setAccessibleName("Slice")
        self.bar.setToolTip(BAR_TIP)
        # By Tab alone: after a click, the keys go on belonging to the slice.
        self.bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.bar.setPageStep(10)
        self.marks = SliceMarks(self.bar)
        self.marks.setToolTip(marks_tip)
        self.legend = QLabel(f'<span style="color: {MARK_COLOR.name()}">\u25a0</span> lesion')
        self.legend.setProperty("role", "quiet")
        self.legend.setToolTip(marks_tip)
        self.number = QLabel()
        right = Qt.Alignment(Qt.AlignmentFlag.AlignRight)
        self.number.setAlignment(right | Qt.AlignmentFlag.AlignVCenter)
        self.number.setFixedWidth(self.fontMetrics().horizontalAdvance("Slice 0000 / 0000"))
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addWidget(self.bar)
        column.addWidget(self.marks)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(column, 1)
        layout.addWidget(self.legend)
        layout.addWidget(self.number)
        self.bar.valueChanged.connect(self.moved)

    def set_slices(self, count: int, lesion: tuple[int, ...], found: int | None = None) -> None:
        """Show that there are so many slices; mark those with a lesion, and the found one."""
        with QSignalBlocker(self.bar):
            self.bar.setRange(0, max(count - 1, 0))
        self.marks.set_lesion(lesion)
        self.marks.set_found(found)
        self.legend.setVisible(bool(lesion))

    def show_slice(self, index: int) -> None:
        """Show that this slice is shown."""
        with QSignalBlocker(self.bar):
            self.bar.setValue(index)
        self.number.setText(f"Slice {index} / {self.bar.maximum()}")
        self.number.setToolTip(
            f"Slice {index}, counted from 0 as in the file names; {self.bar.maximum()} is the last"
        )


class SliceBar(SliceScroller):
    """Shows and changes the slice of the template."""

    def __init__(self, presenter: SketchingPresenter, parent: QWidget | None = None) -> None:
        super().__init__(
            "Red: slices of the template with a lesion of its own. One can look at them, but "
            "neither sketch nor search on them",
            parent,
        )
        self._presenter = presenter
        presenter.template_changed.connect(self._show_template)
        presenter.slice_changed.connect(self.show_slice)
        presenter.sketching_changed.connect(self._show_lock)
        self.moved.connect(presenter.go_to_slice)
        self._show_template()

    def _show_template(self) -> None:
        template = self._presenter.template
        self.setEnabled(template is not None)
        if template is None:
            self.set_slices(0, ())
            self.number.setText("")
            return
        self.set_slices(template.n_slices, template.catalogue.abnormal_indices)
        self.show_slice(self._presenter.slice_index)

    def _show_lock(self, sketching: bool) -> None:
        self.bar.setEnabled(not sketching)
        self.bar.setToolTip(LOCKED if sketching else BAR_TIP)
