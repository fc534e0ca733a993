"""The dock of results: what was found, or why there is nothing to see yet."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QDockWidget, QLabel, QStackedLayout, QWidget

from App.model.opening import NoCodes
from App.model.problem import Problem
from App.model.reference import Reference, SearchOutcome
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
from App.widget.buttons import explain_dock_buttons
from App.widget.found_panel import FoundPanel
from App.widget.result_row import ResultRow
from App.widget.state_page import StatePage
from sbmir.filters import Filters

BUSY_AFTER_MS = 150
"""A search that ends before this shows no sign of being busy, which would only flicker."""


class ResultsDock(QDockWidget):
    """Shows the loading of the reference database, then what each search finds.

    Parameters
    ----------
    found:
        Lists what is found.
    """

    def __init__(
        self,
        loader: ReferenceLoader,
        searching: SearchPresenter,
        found: FoundPanel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Results", parent)
        self.setObjectName("results")
        feature = QDockWidget.DockWidgetFeature
        self.setFeatures(
            QDockWidget.DockWidgetFeatures(feature.DockWidgetMovable) | feature.DockWidgetFloatable
        )
        explain_dock_buttons(self)
        self._loader = loader
        self._searching = searching
        self.page = StatePage()
        self.found = found
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self.page)
        self._stack.addWidget(self.found)
        self.setWidget(body)
        self.setMinimumWidth(em(self, 24))
        self._busy_timer = QTimer(self)
        self._busy_timer.setSingleShot(True)
        self._busy_timer.setInterval(BUSY_AFTER_MS)
        self._busy_timer.timeout.connect(self._show_busy)
        loader.state_changed.connect(self._show_state)
        searching.started.connect(self._busy_timer.start)
        searching.found.connect(self._show_outcome)
        searching.failed.connect(self._show_failure)
        searching.forgotten.connect(self._show_nothing)

    @property
    def rows(self) -> Sequence[ResultRow]:
        """What is listed, nearest first."""
        return self.found.list.rows

    @property
    def summary(self) -> QLabel:
        """What the list shows, in a line or two."""
        return self.found.summary

    # --- The reference database -------------------------------------------------------------

    def _show_state(self, state: ReferenceState) -> None:
        self._end_busy()
        self.found.clear()
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

    def _show_nothing(self) -> None:
        self._end_busy()
        self.found.clear()
        self._stack.setCurrentWidget(self.page)
        if self._searching.reference is not None:
            self._show_ready(self._searching.reference)

    # --- Searches ---------------------------------------------------------------------------

    def _show_busy(self) -> None:
        self.found.busy.show()
        if not self.rows:
            self._stack.setCurrentWidget(self.page)
            self.page.show_busy("Searching", 0, 0, self._give_up)

    def _end_busy(self) -> None:
        self._busy_timer.stop()
        self.found.busy.hide()

    def _give_up(self) -> None:
        self._searching.cancel()
        self._end_busy()
        self.page.show_message("The search was cancelled", "Press Search to start it again.")

    def _show_outcome(self, outcome: SearchOutcome) -> None:
        self._end_busy()
        self.found.show_outcome(outcome)
        if outcome.results:
            self._stack.setCurrentWidget(self.found)
        else:
            self._show_nobody(outcome)

    def _show_nobody(self, outcome: SearchOutcome) -> None:
        self._stack.setCurrentWidget(self.page)
        if outcome.request.filters.is_off:
            self.page.show_message(
                "No patient to show",
                "The reference database holds no patient other than the template's own.",
            )
            return
        self.page.show_message(
            "No patient passes the filters",
            f"None of the {outcome.n_patients} patients has a slice that fits them all.",
            "&No filters",
            self._search_without_filters,
        )

    def _search_without_filters(self) -> None:
        self._searching.set_filters(Filters())
        self._searching.search()

    def _show_failure(self, problem: Problem) -> None:
        self._end_busy()
        self.found.clear()
        self._stack.setCurrentWidget(self.page)
        self.page.show_problem(problem, "&Search again", self._searching.search)
