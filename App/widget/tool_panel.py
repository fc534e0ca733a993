"""What one sketches with: structures, tools, brush, undo, clear."""

from __future__ import annotations

import textwrap
from math import log

from PyQt5.QtCore import QSignalBlocker, QSize, Qt
from PyQt5.QtGui import QColor, QIcon, QPainter, QPixmap
from PyQt5.QtWidgets import (
    QAction,
    QButtonGroup,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from App.presenter.sketching import (
    LARGEST_RADIUS_MM,
    SMALLEST_RADIUS_MM,
    SketchingPresenter,
)
from App.theme import em
from App.tools import BRUSHES

LETTERS_A_LINE = 22
SLIDER_STEPS = 200


class ToolPanel(QWidget):
    """Shows and changes the presenter's structure, tool and brush."""

    def __init__(
        self,
        presenter: SketchingPresenter,
        undo: QAction,
        redo: QAction,
        clear: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self.structures: dict[int, QToolButton] = {}
        self.tools: list[QToolButton] = []
        self.radius = QDoubleSpinBox()
        self.radius_slider = QSlider(Qt.Orientation.Horizontal)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._structure_row())
        row = QHBoxLayout()
        row.addLayout(self._tool_row())
        row.addSpacing(em(self, 0.5))
        row.addLayout(self._radius_row(), 1)
        row.addSpacing(em(self, 0.5))
        for action in (undo, redo, clear):
            row.addWidget(action_button(action))
        layout.addLayout(row)
        presenter.structure_changed.connect(self._show_structure)
        presenter.tool_changed.connect(self._show_tool)
        presenter.brush_changed.connect(self._show_radius)
        self._show_structure()
        self._show_tool()
        self._show_radius()

    def _structure_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        group = QButtonGroup(self)
        for structure in self._presenter.structures:
            button = QToolButton()
            button.setCheckable(True)
            lines = textwrap.wrap(structure.name, LETTERS_A_LINE)
            button.setText("\n".join(f" {line}" for line in lines))
            button.setProperty("role", "choice")
            button.setToolTip(f"Draw: {structure.name}")
            button.setAccessibleName(structure.name)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            edge = em(self, 1)
            button.setIconSize(QSize(edge, edge))
            button.setIcon(color_icon(QColor(structure.color), edge, self.devicePixelRatioF()))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            button.setMinimumHeight(em(self, 2.6))
            tissue = structure.tissue
            button.clicked.connect(lambda _, tissue=tissue: self._presenter.set_structure(tissue))
            group.addButton(button)
            row.addWidget(button)
            self.structures[tissue] = button
        return row

    def _tool_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        group = QButtonGroup(self)
        for tool in BRUSHES:
            button = QToolButton()
            button.setCheckable(True)
            button.setText(tool.name)
            button.setProperty("role", "choice")
            button.setToolTip(tool.hint)
            button.clicked.connect(lambda _, tool=tool: self._presenter.set_tool(tool))
            group.addButton(button)
            row.addWidget(button)
            self.tools.append(button)
        return row

    def _radius_row(self) -> QHBoxLayout:
        hint = "Radius of the brush; the wheel and the keys [ ] change it while you sketch"
        self.radius.setRange(SMALLEST_RADIUS_MM, LARGEST_RADIUS_MM)
        self.radius.setDecimals(1)
        self.radius.setSingleStep(0.5)
        self.radius.setSuffix(" mm")
        self.radius.setKeyboardTracking(False)
        self.radius.setAccessibleName("Radius")
        self.radius.setToolTip(hint)
        self.radius.valueChanged.connect(self._presenter.set_radius_mm)
        self.radius_slider.setRange(0, SLIDER_STEPS)
        self.radius_slider.setToolTip(hint)
        self.radius_slider.setAccessibleName("Radius")
        self.radius_slider.setMinimumWidth(em(self, 4))
        self.radius_slider.valueChanged.connect(
            lambda value: self._presenter.set_radius_mm(radius_at(value / SLIDER_STEPS))
        )
        row = QHBoxLayout()
        row.addWidget(QLabel("Radius"))
        row.addWidget(self.radius_slider, 1)
        row.addWidget(self.radius)
        return row

    def _show_structure(self) -> None:
        self.structures[self._presenter.structure.tissue].setChecked(True)

    def _show_tool(self) -> None:
        for button, tool in zip(self.tools, BRUSHES, strict=True):
            button.setChecked(tool is self._presenter.tool)

    def _show_radius(self) -> None:
        radius_mm = self._presenter.radius_mm
        with QSignalBlocker(self.radius), QSignalBlocker(self.radius_slider):
            self.radius.setValue(radius_mm)
            self.radius_slider.setValue(round(place_of(radius_mm) * SLIDER_STEPS))


def radius_at(place: float) -> float:
    """Radius in mm at a place between 0 and 1 of the slider: equal ways, equal factors."""
    return float(SMALLEST_RADIUS_MM * (LARGEST_RADIUS_MM / SMALLEST_RADIUS_MM) ** place)


def place_of(radius_mm: float) -> float:
    """The inverse of ``radius_at``."""
    return log(radius_mm / SMALLEST_RADIUS_MM) / log(LARGEST_RADIUS_MM / SMALLEST_RADIUS_MM)


def action_button(action: QAction) -> QToolButton:
    """A button for an action of the menu."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setProperty("role", "action")
    return button


def color_icon(color: QColor, edge_px: int, ratio: float) -> QIcon:
    """A filled disc, outlined so that it is seen on any ground."""
    pixmap = QPixmap(round(edge_px * ratio), round(edge_px * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(color)
    painter.setPen(color.darker(180))
    painter.drawEllipse(1, 1, edge_px - 2, edge_px - 2)
    painter.end()
    icon = QIcon(pixmap)
    # The colour stays to be seen while the button is disabled: it explains the label maps.
    icon.addPixmap(pixmap, QIcon.Mode.Disabled)
    return icon
