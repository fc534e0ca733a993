"""The scrolled list of results, changed in place so that nothing flickers or jumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PyQt5.QtCore import QEvent, Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from App.theme import em
from App.widget.picture_view import Outline
from App.widget.result_row import ResultRow
from sbmir.labels import TissueClass

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient

STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class ResultList(QScrollArea):
    """Rows of results, nearest first; more are asked for as one scrolls towards the end.

    Parameters
    ----------
    make_row:
        Makes the row of a result.
    """

    end_neared = pyqtSignal()
    """What is below the shown part is less than what is shown."""

    def __init__(
        self, make_row: Callable[[RankedPatient], ResultRow], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._make_row = make_row
        self._outline: Outline | None = None
        self.rows: list[ResultRow] = []
        self.foot = QLabel()
        self.foot.setProperty("role", "quiet")
        self.foot.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Retrieved patients")
        holder = QWidget()
        self._column = QVBoxLayout(holder)
        self._column.setContentsMargins(0, 0, em(self, 0.3), em(self, 0.3))
        self._column.setSpacing(em(self, 0.4))
        self._column.addWidget(self.foot)
        self._column.addStretch(1)
        self.setWidget(holder)
        bar = self.verticalScrollBar()
        if bar is not None:
            bar.valueChanged.connect(self._look_for_end)
            bar.rangeChanged.connect(self._look_for_end)

    def show_results(self, results: Sequence[RankedPatient]) -> None:
        """Show these results in the rows that are there, with more rows or fewer as needed."""
        kept = self.rows[: len(results)]
        for row in self.rows[len(results) :]:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = kept
        self._exchange(results)
        self.append(results[len(kept) :])

    def append(self, results: Sequence[RankedPatient]) -> None:
        """Show further results below."""
        for result in results:
            row = self._make_row(result)
            row.set_outline(self._outline)
            self._column.insertWidget(len(self.rows), row)
            self.rows.append(row)

    def go_to_top(self) -> None:
        """Show the nearest."""
        if bar := self.verticalScrollBar():
            bar.setValue(0)

    def row_of(self, rank: int) -> ResultRow | None:
        """The row of a rank, from 1."""
        return self.rows[rank - 1] if 0 < rank <= len(self.rows) else None

    def set_outline(self, outline: Outline | None) -> None:
        """Draw the sketch over all pictures, or no longer."""
        self._outline = outline
        for row in self.rows:
            row.set_outline(outline)

    def set_colors(self, colors: Mapping[TissueClass, str]) -> None:
        """Give the tissues other colours."""
        for row in self.rows:
            row.set_colors(colors)

    def event(self, event: QEvent | None) -> bool:
        """Look whether the rows, as they lie now, leave room for more."""
        handled = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._look_for_end()  # a scroll bar that is not needed tells nothing
        return handled

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Up and down go to the next row."""
        step = None if event is None else STEPS.get(Qt.Key(event.key()))
        focused = self.focusWidget()
        if step is None or not isinstance(focused, ResultRow):
            super().keyPressEvent(event)
            return
        place = self.rows.index(focused) + step
        if 0 <= place < len(self.rows):
            self.rows[place].setFocus(Qt.FocusReason.OtherFocusReason)
            self.ensureWidgetVisible(self.rows[place], 0, em(self, 0.4))

    def _exchange(self, results: Sequence[RankedPatient]) -> None:
        """Give the rows their new results; pictures that are known go along with their slice."""
        known = {row.result.key: (row.loaded, row.reasons) for row in self.rows if row.loaded}
        for row, result in zip(self.rows, results, strict=False):
            row.show_result(result)
            if not row.loaded and result.key in known:
                row.set_pictures(known[result.key][0])

    def _look_for_end(self) -> None:
        bar = self.verticalScrollBar()
        if bar is not None and self.rows and bar.maximum() - bar.value() < bar.pageStep():
            self.end_neared.emit()
