"""A button for each structure: what strokes draw, and beside it an eye that shows or hides it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from PyQt5.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QIcon, QPainter, QPainterPath, QPalette, QPen, QPixmap
from PyQt5.QtWidgets import QAction, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from App.presenter.appearance import Appearance
from App.theme import em
from sbmir.labels import TissueClass

LINES = 2


class StructureButtons(QWidget):
    """A row of buttons for the actions of the structures, in their colours."""

    def __init__(
        self,
        structures: Mapping[TissueClass, QAction],
        visible: Mapping[TissueClass, QAction],
        appearance: Appearance,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.structures = {tissue: self._choice(action) for tissue, action in structures.items()}
        self.eyes = {tissue: self._eye(action) for tissue, action in visible.items()}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for tissue, button in self.structures.items():
            pair = QHBoxLayout()
            pair.setSpacing(1)
            pair.addWidget(button, 1)
            pair.addWidget(self.eyes[tissue])
            row.addLayout(pair)  # the longer a name, the wider its button
        appearance.changed.connect(self._show)
        self._show()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw the eyes anew in the colour of another theme's text."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._show()

    def _choice(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        name = action.text()
        action.setIconText("\n".join(f" {line}" for line in narrow_lines(name)))
        button.setProperty("role", "choice")
        button.setAccessibleName(name)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(em(self, 1), em(self, 1)))
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        button.setMinimumHeight(em(self, 2.5))
        return button

    def _eye(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setProperty("role", "plain")
        button.setAccessibleName(action.text())
        button.setIconSize(QSize(em(self, 1.1), em(self, 1.1)))
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        return button

    def _show(self) -> None:
        ratio = self.devicePixelRatioF()
        text = self.palette().color(QPalette.ColorRole.ButtonText)
        quiet = self.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
        for tissue, button in self.structures.items():
            action, eye = button.defaultAction(), self.eyes[tissue].defaultAction()
            shown = self._appearance.is_shown(tissue)
            color = QColor(self._appearance.color(tissue))
            if action is not None and eye is not None:
                action.setIcon(color_icon(color, em(self, 1), ratio))
                eye.setIcon(eye_icon(shown, text if shown else quiet, em(self, 1.1), ratio))


def narrow_lines(name: str) -> list[str]:
    """A name in as many lines as a button has, each as short as it can be."""
    width = max(map(len, name.split()))
    while len(lines := textwrap.wrap(name, width)) > LINES:
        width += 1
    return lines


def color_icon(color: QColor, edge_px: int, ratio: float) -> QIcon:
    """A filled disc, outlined so that it is seen on any ground."""
    pixmap, painter = _canvas(edge_px, ratio)
    painter.setBrush(color)
    painter.setPen(color.darker(180))
    painter.drawEllipse(1, 1, edge_px - 2, edge_px - 2)
    painter.end()
    return _icon(pixmap)


def eye_icon(is_open: bool, color: QColor, edge_px: int, ratio: float) -> QIcon:
    """An eye, struck through where it is not open."""
    pixmap, painter = _canvas(edge_px, ratio)
    painter.setPen(QPen(color, edge_px / 11))
    left, middle, right = edge_px * 0.08, edge_px / 2, edge_px * 0.92
    lids = QPainterPath(QPointF(left, middle))
    lids.quadTo(QPointF(middle, edge_px * 0.02), QPointF(right, middle))
    lids.quadTo(QPointF(middle, edge_px * 0.98), QPointF(left, middle))
    painter.drawPath(lids)
    painter.setBrush(color)
    radius = edge_px * 0.13
    painter.drawEllipse(QRectF(middle - radius, middle - radius, 2 * radius, 2 * radius))
    if not is_open:
        painter.drawLine(QPointF(left, edge_px * 0.88), QPointF(right, edge_px * 0.12))
    painter.end()
    return _icon(pixmap)


def _canvas(edge_px: int, ratio: float) -> tuple[QPixmap, QPainter]:
    pixmap = QPixmap(round(edge_px * ratio), round(edge_px * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return pixmap, painter


def _icon(pixmap: QPixmap) -> QIcon:
    icon = QIcon(pixmap)
    # The colour stays to be seen while the button is disabled: it explains the label maps.
    icon.addPixmap(pixmap, QIcon.Mode.Disabled)
    return icon
