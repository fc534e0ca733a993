"""How one searches: weight, live search, mirror, filters, the button, and the example if any."""

from __future__ import annotations

from PyQt5.QtCore import QSignalBlocker, Qt
from PyQt5.QtWidgets import (
    QAction,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from App.actions.searching import SearchActions
from App.presenter.searching import SearchPresenter
from App.theme import em
from App.widget.buttons import action_button

WEIGHT_STEPS = 20
FILTERS_ON = "Filters ({count})"


class ExampleBar(QFrame):
    """Says that a result is the query, and leads back to the sketch; hidden while it is not."""

    def __init__(self, searching: SearchPresenter, back: QAction) -> None:
        super().__init__()
        self._searching = searching
        self.text = QLabel()
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.back = action_button(back)
        self.setProperty("role", "banner")
        row = QHBoxLayout(self)
        space = em(self, 0.4)
        row.setContentsMargins(space, round(space / 2), round(space / 2), round(space / 2))
        row.addWidget(self.text, 1)
        row.addWidget(self.back)
        searching.options_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        example = self._searching.options.example
        self.setVisible(example is not None)
        if example is not None:
            self.text.setText(f"The query is slice {example.index} of {example.patient}")
            self.text.setToolTip(self.text.text())


class SearchButton(QWidget):
    """Starts a search, and says why there can be none yet."""

    def __init__(self, searching: SearchPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._searching = searching
        self.search = QPushButton("Search")
        self.search.setProperty("role", "primary")
        self.search.setMinimumWidth(em(self, 7))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(self.search)
        self.search.clicked.connect(searching.search)
        searching.readiness_changed.connect(self._show_readiness)
        self._show_readiness()

    def _show_readiness(self) -> None:
        ready = self._searching.is_ready
        self.search.setEnabled(ready)
        self.search.setToolTip(
            "Find the patients that are most similar to the query (Enter)"
            if ready
            else "The reference database is not open yet"
        )


class SearchPanel(QWidget):
    """Shows and changes the options of the search, and starts it."""

    def __init__(
        self, searching: SearchPresenter, actions: SearchActions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._searching = searching
        self.example = ExampleBar(searching, actions.back)
        self.weight = QSlider(Qt.Orientation.Horizontal)
        self.weight_value = QLabel()
        self.live = action_button(actions.live, "choice")
        self.mirror = action_button(actions.mirror, "choice")
        self.filters = QToolButton()
        self._button = SearchButton(searching)
        self._lay_out(actions)
        self.weight.valueChanged.connect(lambda value: searching.set_weight(value / WEIGHT_STEPS))
        searching.weight_changed.connect(self._show_weight)
        searching.options_changed.connect(self._show_filters)
        self._show_weight()
        self._show_filters()

    @property
    def search(self) -> QPushButton:
        """The button that searches."""
        return self._button.search

    def _lay_out(self, actions: SearchActions) -> None:
        self.filters.setProperty("role", "choice")
        self.filters.setToolTip(actions.filters.toolTip())
        self.filters.setCheckable(True)
        self.filters.setText(FILTERS_ON.format(count=0))
        self.filters.ensurePolished()
        # Its neighbours do not move when filters are set.
        self.filters.setMinimumWidth(self.filters.sizeHint().width())
        self.filters.clicked.connect(actions.filters.trigger)
        self.filters.clicked.connect(self._show_filters)  # it is on while there are filters
        actions.filter_popup.set_anchor(self.filters)
        row = QHBoxLayout()
        row.setSpacing(em(self, 0.35))
        row.addLayout(self._weight_row(), 1)
        row.addSpacing(em(self, 0.4))
        for widget in (self.live, self.mirror, self.filters):
            row.addWidget(widget)
        row.addSpacing(em(self, 0.2))
        row.addWidget(self._button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.35))
        layout.addWidget(self.example)
        layout.addLayout(row)

    def _weight_row(self) -> QHBoxLayout:
        self.weight.setRange(0, WEIGHT_STEPS)
        self.weight.setAccessibleName("Weight between anatomy and lesion")
        self.weight.setMinimumWidth(em(self, 3.5))
        self.weight.setMaximumWidth(em(self, 20))
        self.weight.setToolTip(
            "What counts: to the left the anatomy of the slice, to the right the lesion "
            "(Ctrl+Left, Ctrl+Right)"
        )
        self.weight_value.setProperty("role", "quiet")
        self.weight_value.setFixedWidth(self.fontMetrics().horizontalAdvance("0.00") + 2)
        row = QHBoxLayout()
        row.setSpacing(em(self, 0.3))
        row.addWidget(QLabel("Anatomy"))
        row.addWidget(self.weight, 100)
        row.addWidget(QLabel("Lesion"))
        row.addWidget(self.weight_value)
        row.addStretch(1)
        return row

    def _show_weight(self) -> None:
        with QSignalBlocker(self.weight):
            self.weight.setValue(round(self._searching.weight * WEIGHT_STEPS))
        self.weight_value.setText(f"{self._searching.weight:.2f}")

    def _show_filters(self) -> None:
        count = self._searching.options.filters.count
        self.filters.setText(FILTERS_ON.format(count=count) if count else "Filters")
        self.filters.setChecked(count > 0)
