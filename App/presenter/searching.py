"""Searching with the sketch or an example: by the Search button, or live after each step."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from App.model.problem import Problem
from App.model.reference import Reference, SearchOutcome, SearchRequest
from App.model.results import result_title
from App.model.search_options import SearchOptions
from App.presenter.findings import Findings
from App.presenter.lesion_tracing import LesionTracer
from App.presenter.notices import Notices
from App.presenter.preparing import SearchPreparer
from App.presenter.sketching import SketchingPresenter
from App.tasks import Task, TaskRunner
from sbmir.filters import Filters
from sbmir.keys import SliceKey

if TYPE_CHECKING:  # it loads pymongo, which waits for the background
    from sbmir.retrieval import RankedPatient

logger = logging.getLogger(__name__)

LIVE_AFTER_MS = 200
"""How long a step must stand before it is searched."""


class SearchPresenter(QObject):
    """Turns the sketch or an example into a search; a newer search takes the place of an older one.

    The query is encoded and compared in the background; the pictures of the results, and why they
    match, follow the ranking one by one.
    """

    readiness_changed = pyqtSignal(bool)
    """Whether there is a database to search."""
    weight_changed = pyqtSignal(float)
    options_changed = pyqtSignal()
    started = pyqtSignal()
    found = pyqtSignal(object)
    """With a ``SearchOutcome``."""
    more_found = pyqtSignal(object)
    """With a tuple of the patients that follow those that are shown."""
    reasons_loaded = pyqtSignal(int, object)
    """With the rank, from 1, and a ``LesionComparison``; just before the pictures."""
    pictures_loaded = pyqtSignal(int, object)
    """With the rank and a tuple of ``ResultPicture``."""
    imagined = pyqtSignal(object)
    """With ``ResultPicture`` by the name of the modality: what the model makes of the query."""
    lesion_loaded = pyqtSignal()
    """The lesion of a result has taken the place of the sketch."""
    forgotten = pyqtSignal()
    """There are no results any more, as one begins anew."""
    failed = pyqtSignal(object)
    """With a ``Problem``."""
    refused = pyqtSignal(str)
    """Why one cannot search now, and what to do."""

    def __init__(
        self,
        runner: TaskRunner,
        sketching: SketchingPresenter,
        *,
        weight: float,
        top: int,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._sketching = sketching
        self._top = top
        self._options = SearchOptions(weight)
        self._reference: Reference | None = None
        self._task: Task | None = None
        self._live_timer = QTimer(self)
        self._live_timer.setSingleShot(True)
        self._live_timer.setInterval(LIVE_AFTER_MS)
        self._live_timer.timeout.connect(self._search_live)
        self._preparer = SearchPreparer(runner, sketching, self)
        self._tracer = LesionTracer(runner, sketching, notices, self)
        self._tracer.loaded.connect(self.lesion_loaded)
        self._findings = Findings(runner, notices, step=top, parent=self)
        self._findings.more_found.connect(self.more_found)
        self._findings.reasons_loaded.connect(self.reasons_loaded)
        self._findings.pictures_loaded.connect(self.pictures_loaded)
        self._findings.imagined.connect(self.imagined)
        sketching.sketch_changed.connect(self._on_sketch_changed)
        sketching.slice_changed.connect(self._search_soon)

    # --- The database -----------------------------------------------------------------------

    @property
    def reference(self) -> Reference | None:
        """What is searched; None while there is nothing."""
        return self._reference

    @property
    def is_ready(self) -> bool:
        """Whether there is a database to search."""
        return self._reference is not None

    def set_reference(self, reference: Reference | None) -> None:
        """Search this database from now on; None while there is none."""
        self.cancel()
        self._findings.forget()
        self._reference = reference
        self.readiness_changed.emit(self.is_ready)
        self._preparer.set_reference(reference)
        self._search_soon()

    # --- How one searches -------------------------------------------------------------------

    @property
    def options(self) -> SearchOptions:
        """The settings of the next search."""
        return self._options

    def set_options(self, options: SearchOptions) -> None:
        """Search differently from now on; at once where searches are live."""
        before, self._options = self._options, options
        if options == before:
            return
        if options.weight != before.weight:
            self.weight_changed.emit(options.weight)
        self.options_changed.emit()
        self._search_soon()

    @property
    def weight(self) -> float:
        """0 compares the anatomy only, 1 the lesion only."""
        return self._options.weight

    def set_weight(self, weight: float) -> None:
        """Compare more of the anatomy, or more of the lesion."""
        self.set_options(replace(self._options, weight=min(max(weight, 0.0), 1.0)))

    def set_mirror(self, on: bool) -> None:
        """Flip the query, slice and sketch, left to right."""
        self.set_options(replace(self._options, mirror=on))

    def set_filters(self, filters: Filters) -> None:
        """Find only what passes these."""
        self.set_options(replace(self._options, filters=filters))

    def set_live(self, on: bool) -> None:
        """Search a moment after each step, or only when asked to."""
        if not on:
            self._live_timer.stop()
        self.set_options(replace(self._options, live=on))

    def use_as_query(self, key: SliceKey) -> None:
        """Search for what is similar to a reference slice, and go on with it as the query."""
        self.set_options(replace(self._options, example=key))
        self.search()

    def clear_example(self) -> None:
        """Make the sketch the query again, and search with it."""
        if self._options.example is not None:
            self.set_options(replace(self._options, example=None))
            self.search()

    # --- Searching --------------------------------------------------------------------------

    def search(self) -> None:
        """Search with the sketch and the slice that are shown, or say why one cannot."""
        asked = self._request(self._top)
        if isinstance(asked, str):
            self.refused.emit(asked)
        else:
            self._start(*asked)

    def repeat(self, request: SearchRequest) -> None:
        """Search for what was searched for before, whatever is drawn now."""
        if self._reference is not None:
            self._start(self._reference, request)

    def forget(self) -> None:
        """Show no results any more."""
        self._stop()
        self._findings.forget()
        self.forgotten.emit()

    @property
    def is_searching(self) -> bool:
        """Whether a search goes on."""
        return self._task is not None

    def cancel(self) -> None:
        """Give up the search that runs, and the pictures that are still to come."""
        self._stop()
        self._findings.interrupt()

    def _stop(self) -> None:
        self._live_timer.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _search_soon(self) -> None:
        if self._options.live:
            self._live_timer.start()

    def _search_live(self) -> None:
        # Whoever has scrolled to further results goes on seeing as many.
        asked = self._request(max(self._top, len(self.results)))
        if isinstance(asked, str):
            return  # the window says by itself why this slice cannot be searched
        _, request = asked
        shown = self.outcome
        if shown is None:
            # Nothing is drawn yet: an empty sketch would be a search for healthy slices.
            is_needed = request.is_example or not request.sketch.is_empty
        else:
            is_needed = self._task is not None or not request.is_same(shown.request)
        if is_needed:
            self._start(*asked)

    def _request(self, top: int) -> tuple[Reference, SearchRequest] | str:
        """What would be searched now, or why nothing can be."""
        reference, options = self._reference, self._options
        template = self._sketching.template
        if reference is None:
            return "The reference database is not open yet."
        if options.example is not None:
            return reference, options.for_example(options.example, top)
        why = self._sketching.refusal()
        if template is None or why:
            return why
        data_set = reference.choice.dataset.data_set
        key = SliceKey(data_set, template.patient, self._sketching.slice_index)
        sketch = self._sketching.shown_sketch
        return reference, options.for_sketch(key, sketch, template.extent_mm, top)

    def _start(self, reference: Reference, request: SearchRequest) -> None:
        # The results that are shown stay, and their pictures go on coming, until others are found.
        self._stop()
        self._findings.imaginer.cancel()
        # Pictures of the search before may still wait for a thread.
        task = self._runner.start(
            "search", lambda control: reference.search(request, control.check), urgent=True
        )
        task.succeeded.connect(partial(self._on_found, reference))
        task.failed.connect(self._on_failed)
        self._task = task
        self.started.emit()

    def _on_found(self, reference: Reference, outcome: SearchOutcome) -> None:
        self._task = None
        _log(outcome)
        self._findings.show(reference, outcome)
        self.found.emit(outcome)

    def _on_failed(self, error: BaseException) -> None:
        self._task = None
        self._findings.forget()
        self.failed.emit(Problem.of(error))

    def _on_sketch_changed(self) -> None:
        # Whoever works on the sketch wants it to be the query, and no example any more.
        self.set_options(replace(self._options, example=None))
        self._search_soon()

    # --- What was found ---------------------------------------------------------------------

    @property
    def outcome(self) -> SearchOutcome | None:
        """The search whose results are shown; None where there are none."""
        return self._findings.outcome

    @property
    def results(self) -> tuple[RankedPatient, ...]:
        """All that are shown, with those that ``more`` has found."""
        return self._findings.results

    @property
    def can_find_more(self) -> bool:
        """Whether there are patients beyond those that are shown."""
        return self._findings.can_find_more

    def more(self) -> None:
        """Find the patients that follow; does nothing while that, or a search, goes on."""
        if self._task is None:
            self._findings.more()

    def set_imagining(self, on: bool) -> None:
        """Decode the query that is shown and those to come, or none any more."""
        self._findings.imaginer.set_on(on)

    def edit_as_sketch(self, key: SliceKey) -> None:
        """Put the lesion of a reference slice on the template as a sketch, as one step."""
        reference, template = self._reference, self._sketching.template
        if reference is None or template is None:
            self.refused.emit("There is no template slice to sketch on yet.")
            return
        self._tracer.trace(reference.choice.dataset.slices_dir, key, template)


def _log(outcome: SearchOutcome) -> None:
    """Let `--verbose` tell each search and its results, in the words of the window."""
    logger.debug("Search on %s in %.0f ms", outcome.request.template, outcome.timings_ms["total"])
    for result in outcome.results:
        logger.debug("%s, distance %.3f", result_title(result), result.distance)
