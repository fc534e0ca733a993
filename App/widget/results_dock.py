"""The dock of results: what was found, or why there is nothing to see yet."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QDockWidget,
    QLabel,
    QProgressBar,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from App.model.opening import NoCodes
from App.model.problem import Problem
from App.model.reference import Reference, SearchOutcome
from App.model.result_pictures import SEGMENTATION_NAME, ResultPicture
from App.presenter.loading import (
    Failed,
    Loading,
    ReferenceLoader,
    ReferenceState,
    Searchable,
    Stopped,
)
from App.presenter.searching import SearchPresenter
from App.theme import em
from App.widget.result_row import ResultRow
from App.widget.state_page import StatePage


class ResultsDock(QDockWidget):
    """Shows the loading of the reference database, then what each search finds."""

    def __init__(
        self,
        loader: ReferenceLoader,
        searching: SearchPresenter,
        modalities: Sequence[str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Results", parent)
        self.setObjectName("results")
        feature = QDockWidget.DockWidgetFeature
        self.setFeatures(
            QDockWidget.DockWidgetFeatures(feature.DockWidgetMovable) | feature.DockWidgetFloatable
        )
        self._loader = loader
        self._searching = searching
        self._names = (*modalities, SEGMENTATION_NAME)
        self.rows: list[ResultRow] = []
        self.page = StatePage()
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.summary.setProperty("role", "quiet")
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._list = QScrollArea()
        self._lay_out()
        loader.state_changed.connect(self._show_state)
        searching.started.connect(self._show_searching)
        searching.found.connect(self._show_outcome)
        searching.pictures_loaded.connect(self._show_pictures)
        searching.failed.connect(self._show_failure)

    def _lay_out(self) -> None:
        self._busy.setFixedHeight(em(self, 0.3))
        keep = self._busy.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self._busy.setSizePolicy(keep)
        self._busy.hide()
        self._list.setWidgetResizable(True)
        self._list.setFrameShape(QScrollArea.Shape.NoFrame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._list.setAccessibleName("Retrieved patients")
        found = QWidget()
        column = QVBoxLayout(found)
        column.setContentsMargins(em(self, 0.5), em(self, 0.4), em(self, 0.3), 0)
        column.setSpacing(em(self, 0.3))
        column.addWidget(self.summary)
        column.addWidget(self._busy)
        column.addWidget(self._list, 1)
        self._found = found
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self.page)
        self._stack.addWidget(found)
        self.setWidget(body)
        self.setMinimumWidth(em(self, 24))

    # --- The reference database -------------------------------------------------------------

    def _show_state(self, state: ReferenceState) -> None:
        self._stack.setCurrentWidget(self.page)
        match state:
            case Loading(text, done, total):
                self.page.show_busy(text, done, total, self._loader.cancel)
            case Stopped():
                self.page.show_message(
                    "The reference database is not open",
                    "You cancelled its loading. Without it there is nothing to search.",
                    "&Load it",
                    self._loader.load,
                )
            case Failed(problem):
                self.page.show_problem(problem, "&Retry", self._loader.load)
            case NoCodes(title, text):
                self.page.show_message(
                    title, text, "&Build the reference database", self._loader.build
                )
            case Searchable(reference):
                self._show_ready(reference)

    def _show_ready(self, reference: Reference) -> None:
        self.page.show_message(
            "Ready to search",
            f"{reference.n_patients} patients of {reference.choice.dataset.name} can be found. "
            "Turn on sketch mode, draw the lesion on the slice, and press Search."
            + (f"\n\n{reference.note}" if reference.note else ""),
        )

    # --- Searches ---------------------------------------------------------------------------

    def _show_searching(self) -> None:
        self._busy.show()
        if not self.rows:
            self.page.show_busy("Searching", 0, 0, self._give_up)

    def _give_up(self) -> None:
        self._searching.cancel()
        self._busy.hide()
        self.page.show_message("The search was cancelled", "Press Search to start it again.")

    def _show_outcome(self, outcome: SearchOutcome) -> None:
        self._busy.hide()
        self.rows = [ResultRow(result, self._names) for result in outcome.results]
        if not self.rows:
            self._stack.setCurrentWidget(self.page)
            self.page.show_message(
                "No patient to show",
                "The reference database holds no patient other than the template's own.",
            )
            return
        self.summary.setText(summary_of(outcome))
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, em(self, 0.3), em(self, 0.3))
        column.setSpacing(em(self, 0.4))
        for row in self.rows:
            column.addWidget(row)
        column.addStretch(1)
        self._list.setWidget(holder)  # the widget of the search before is deleted
        self._stack.setCurrentWidget(self._found)

    def _show_pictures(self, rank: int, pictures: Sequence[ResultPicture]) -> None:
        for row in self.rows:
            if row.result.rank == rank:
                row.set_pictures(pictures)

    def _show_failure(self, problem: Problem) -> None:
        self._busy.hide()
        self.rows = []
        self._stack.setCurrentWidget(self.page)
        self.page.show_problem(problem, "&Search again", self._searching.search)


def summary_of(outcome: SearchOutcome) -> str:
    """What the list shows, in a line or two."""
    request = outcome.request
    what = "a slice without lesion" if request.sketch.is_empty else "the sketch"
    return (
        f"{len(outcome.results)} of {outcome.n_patients} patients, nearest first, for {what} on "
        f"slice {request.template.index} of {request.template.patient}, which is itself left out "
        f"({outcome.timings_ms['total']:.0f} ms)"
    )
