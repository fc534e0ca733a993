"""What one sketches with: structures, tools, strokes, brush, opacity, contours, undo."""

from __future__ import annotations

from collections.abc import Iterable
from math import log

from PyQt5.QtCore import QSignalBlocker, Qt
from PyQt5.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from App.actions.sketching import SketchActions
from App.presenter.sketching import SketchingPresenter
from App.presenter.toolbox import LARGEST_RADIUS_MM, SMALLEST_RADIUS_MM
from App.theme import em
from App.widget.buttons import action_button
from App.widget.number_box import NumberBox
from App.widget.structure_buttons import StructureButtons

SLIDER_STEPS = 200
PERCENT = 100


class ToolPanel(QWidget):
    """Shows and changes what the presenter's toolbox holds; its buttons are the menu's actions."""

    def __init__(
        self,
        sketching: SketchingPresenter,
        actions: SketchActions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._toolbox = sketching.toolbox
        self._appearance = sketching.appearance
        self._buttons = StructureButtons(actions.structures, actions.visible, self._appearance)
        self.structures = self._buttons.structures
        self.eyes = self._buttons.eyes
        self.tools = {
            name: action_button(action, "choice") for name, action in actions.tools.items()
        }
        self.rules = {
            name: action_button(action, "choice") for name, action in actions.rules.items()
        }
        self.radius = NumberBox()
        self.radius_slider = QSlider(Qt.Orientation.Horizontal)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self._rules = _row(self.rules.values())
        self._radius = self._radius_row()
        self._lay_out(actions)
        self._sketching = sketching
        for signal in (sketching.sketching_changed, self._toolbox.tool_changed):
            signal.connect(self._show_use)
        self._show_use()
        self._toolbox.brush_changed.connect(self._show_radius)
        self._appearance.changed.connect(self._show_opacity)
        self._show_radius()
        self._show_opacity()

    def _lay_out(self, actions: SketchActions) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._buttons)
        history = (actions.undo, actions.redo, actions.clear_structure)
        contours = (actions.add_contour, actions.next_contour, actions.remove_contour)
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(_row(self.tools.values()))
        above.addStretch(1)
        above.addWidget(self._rules)
        above.addStretch(1)
        above.addWidget(_row(map(action_button, history)))
        below.addWidget(QLabel("Contour"))
        below.addWidget(_row(map(action_button, contours)))
        below.addSpacing(em(self, 0.5))
        below.addWidget(self._radius, 3)
        below.addSpacing(em(self, 0.5))
        below.addLayout(self._opacity_row(), 2)
        layout.addLayout(above)
        layout.addLayout(below)

    def _radius_row(self) -> QWidget:
        hint = "Radius of the brush; the wheel and the keys [ ] change it while you sketch"
        self.radius.setRange(SMALLEST_RADIUS_MM, LARGEST_RADIUS_MM)
        self.radius.setDecimals(1)
        self.radius.setSingleStep(0.5)
        self.radius.setSuffix(" mm")
        self.radius.setKeyboardTracking(False)
        self.radius.setAccessibleName("Radius")
        self.radius.setToolTip(hint)
        self.radius.valueChanged.connect(self._toolbox.set_radius_mm)
        self.radius_slider.setRange(0, SLIDER_STEPS)
        self.radius_slider.setToolTip(hint)
        self.radius_slider.setAccessibleName("Radius")
        self.radius_slider.setMinimumWidth(em(self, 3))
        self.radius_slider.valueChanged.connect(
            lambda value: self._toolbox.set_radius_mm(radius_at(value / SLIDER_STEPS))
        )
        part = QWidget()
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Radius"))
        row.addWidget(self.radius_slider, 1)
        row.addWidget(self.radius)
        return part

    def _opacity_row(self) -> QHBoxLayout:
        self.opacity.setRange(0, PERCENT)
        self.opacity.setPageStep(10)
        self.opacity.setToolTip("How much the contours hide of the slice; the keys , and .")
        self.opacity.setAccessibleName("Opacity")
        self.opacity.setMinimumWidth(em(self, 3))
        self.opacity.valueChanged.connect(
            lambda value: self._appearance.set_opacity(value / PERCENT)
        )
        row = QHBoxLayout()
        row.addWidget(QLabel("Opacity"))
        row.addWidget(self.opacity, 1)
        return row

    def _show_use(self) -> None:
        """Offer what strokes need while one can draw them; the rest also helps who only looks."""
        tool, on = self._toolbox.tool, self._sketching.is_sketching
        self._rules.setEnabled(on and tool.stroke is not None)
        self._radius.setEnabled(on and tool.has_radius)

    def _show_radius(self) -> None:
        radius_mm = self._toolbox.radius_mm
        with QSignalBlocker(self.radius), QSignalBlocker(self.radius_slider):
            self.radius.setValue(radius_mm)
            self.radius_slider.setValue(round(place_of(radius_mm) * SLIDER_STEPS))

    def _show_opacity(self) -> None:
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(round(self._appearance.opacity * PERCENT))


def radius_at(place: float) -> float:
    """Radius in mm at a place between 0 and 1 of the slider: equal ways, equal factors."""
    return float(SMALLEST_RADIUS_MM * (LARGEST_RADIUS_MM / SMALLEST_RADIUS_MM) ** place)


def place_of(radius_mm: float) -> float:
    """The inverse of ``radius_at``."""
    return log(radius_mm / SMALLEST_RADIUS_MM) / log(LARGEST_RADIUS_MM / SMALLEST_RADIUS_MM)


def _row(buttons: Iterable[QToolButton]) -> QWidget:
    """Buttons that belong together."""
    part = QWidget()
    row = QHBoxLayout(part)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(2)
    for button in buttons:
        row.addWidget(button)
    return part
