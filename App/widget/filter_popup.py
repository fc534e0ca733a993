"""The panel of filters that opens at its button: who may come up at all."""

from __future__ import annotations

from typing import Generic, TypeVar

from PyQt5.QtCore import QPoint, QSignalBlocker, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from App.presenter.searching import SearchPresenter
from App.theme import em
from App.widget.number_box import NumberBox
from sbmir.catalogue import Side
from sbmir.filters import Filters

SIDES = {"Any": None, "Left": Side.LEFT, "Right": Side.RIGHT, "Both": Side.BOTH}
ENHANCING = {"Any": None, "Yes": True, "No": False}
SIDES_HINT = "The patient's side that the lesion lies on in the retrieved slice"
ENHANCING_HINT = "Yes: the retrieved slice shows enhancing tumor. No: no slice of its patient does."
LARGEST_CM2 = 200.0
STEP_CM2 = 1.0
Value = TypeVar("Value")


class Switch(QWidget, Generic[Value]):
    """Buttons in a row, of which one is chosen.

    Parameters
    ----------
    values:
        What each button stands for, by its text.
    """

    chosen = pyqtSignal()

    def __init__(self, name: str, values: dict[str, Value], hint: str) -> None:
        super().__init__()
        self.setToolTip(hint)
        self._values = values
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        group = QButtonGroup(self)
        for text in values:
            button = QToolButton()
            button.setText(text)
            button.setCheckable(True)
            button.setProperty("role", "choice")
            button.setAccessibleName(f"{name}: {text}")
            button.clicked.connect(self.chosen)
            group.addButton(button)
            row.addWidget(button)
            self.buttons[text] = button
        self.setFocusProxy(next(iter(self.buttons.values())))
        row.addStretch(1)

    @property
    def value(self) -> Value:
        """Of the button that is chosen."""
        return next(self._values[text] for text, one in self.buttons.items() if one.isChecked())

    def set_value(self, value: Value) -> None:
        """Choose the button that stands for it."""
        for text, one in self._values.items():
            self.buttons[text].setChecked(one is value)


class FilterPopup(QFrame):
    """Shows and changes the filters of the search; each change counts at once."""

    def __init__(self, searching: SearchPresenter, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._searching = searching
        self._anchor: QWidget | None = None
        self.side = Switch("Side of the lesion", SIDES, SIDES_HINT)
        self.enhancing = Switch("Enhancing tumor", ENHANCING, ENHANCING_HINT)
        self.smallest = _area_box("Smallest area of the lesion")
        self.largest = _area_box("Largest area of the lesion")
        self.clear = QPushButton("&No filters")
        self.clear.setToolTip("Search all patients again")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName("Filters")
        self._lay_out()
        for switch in (self.side, self.enhancing):
            switch.chosen.connect(self._set_filters)
        self.smallest.valueChanged.connect(self._on_smallest)
        self.largest.valueChanged.connect(self._on_largest)
        self.clear.clicked.connect(lambda: searching.set_filters(Filters()))
        searching.options_changed.connect(self._show_filters)
        self._show_filters()

    def set_anchor(self, anchor: QWidget) -> None:
        """Open above this widget from now on."""
        self._anchor = anchor

    def open(self) -> None:
        """Show the panel above its button, as far as the screen has room there."""
        anchor = self._anchor or self.parentWidget()
        self.adjustSize()
        if anchor is not None:
            corner = anchor.mapToGlobal(QPoint(0, -self.height() - em(self, 0.2)))
            screen = anchor.screen()
            if screen is not None:
                free = screen.availableGeometry()
                corner.setX(max(min(corner.x(), free.right() - self.width()), free.left()))
                corner.setY(max(corner.y(), free.top()))
            self.move(corner)
        self.show()
        self.side.setFocus()

    def _lay_out(self) -> None:
        title = QLabel("Only patients whose retrieved slice fits")
        title.setProperty("role", "title")
        areas = QHBoxLayout()
        areas.setSpacing(em(self, 0.3))
        for widget in (self.smallest, QLabel("to"), self.largest):
            areas.addWidget(widget)
        areas.addStretch(1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(em(self, 0.8))
        grid.setVerticalSpacing(em(self, 0.4))
        rows: tuple[tuple[str, QWidget], ...] = (
            ("Lesion's side", self.side),
            ("Enhancing tumor", self.enhancing),
        )
        for number, (name, switch) in enumerate(rows):
            grid.addWidget(QLabel(name), number, 0)
            grid.addWidget(switch, number, 1)
        grid.addWidget(QLabel("Lesion's area"), len(rows), 0)
        grid.addLayout(areas, len(rows), 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.clear)
        layout = QVBoxLayout(self)
        space = em(self, 0.7)
        layout.setContentsMargins(space, space, space, space)
        layout.setSpacing(em(self, 0.5))
        layout.addWidget(title)
        layout.addLayout(grid)
        layout.addLayout(buttons)

    def _show_filters(self) -> None:
        filters = self._searching.options.filters
        self.side.set_value(filters.side)
        self.enhancing.set_value(filters.enhancing)
        limits = (filters.min_lesion_cm2, filters.max_lesion_cm2)
        for box, limit in zip((self.smallest, self.largest), limits, strict=True):
            with QSignalBlocker(box):
                box.setValue(limit or 0.0)
        self.clear.setEnabled(not filters.is_off)

    def _on_smallest(self, smallest: float) -> None:
        if 0 < self.largest.value() < smallest:
            with QSignalBlocker(self.largest):
                self.largest.setValue(smallest)
        self._set_filters()

    def _on_largest(self, largest: float) -> None:
        if 0 < largest < self.smallest.value():
            with QSignalBlocker(self.smallest):
                self.smallest.setValue(largest)
        self._set_filters()

    def _set_filters(self) -> None:
        self._searching.set_filters(
            Filters(
                side=self.side.value,
                enhancing=self.enhancing.value,
                min_lesion_cm2=self.smallest.value() or None,
                max_lesion_cm2=self.largest.value() or None,
            )
        )


def _area_box(name: str) -> NumberBox:
    box = NumberBox()
    box.setRange(0.0, LARGEST_CM2)
    box.setDecimals(1)
    box.setSingleStep(STEP_CM2)
    box.setSuffix(" cm²")
    box.setSpecialValueText("any")
    box.setKeyboardTracking(False)
    box.setAccessibleName(name)
    box.setToolTip(f"{name} on the retrieved slice")
    return box
