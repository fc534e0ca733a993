"""Searching with the sketch or an example: by the Search button, or live after each step."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from App.model.lesion import load_lesion
from App.model.problem import Problem
from App.model.reference import Reference, SearchOutcome, SearchRequest
from App.model.search_options import SearchOptions
from App.model.sketch import Sketch
from App.model.template import TemplateVolume
from App.presenter.imagining import Imaginer
from App.presenter.notices import Notices
from App.presenter.result_loading import ResultLoader
from App.presenter.sketching import SketchingPresenter
from App.tasks import Control, Task, TaskRunner
from sbmir.config.application import DatasetType
from sbmir.filters import Filters
from sbmir.keys import SliceKey

if TYPE_CHECKING:
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
        notices: Notices | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._sketching = sketching
        self._top = top
        self._notices = notices or Notices(self)
        self._options = SearchOptions(weight)
        self._reference: Reference | None = None
        self._task: Task | None = None
        self._more: Task | None = None
        self._outcome: SearchOutcome | None = None
        self._results: tuple[RankedPatient, ...] = ()
        self._live_timer = QTimer(self)
        self._live_timer.setSingleShot(True)
        self._live_timer.setInterval(LIVE_AFTER_MS)
        self._live_timer.timeout.connect(self._search_live)
        self._loader = ResultLoader(runner, self._notices, self)
        self._loader.reasons_loaded.connect(self.reasons_loaded)
        self._loader.pictures_loaded.connect(self.pictures_loaded)
        self._imaginer = Imaginer(runner, self._notices, self)
        self._imaginer.imagined.connect(self.imagined)
        sketching.sketch_changed.connect(self._on_sketch_changed)
        sketching.slice_changed.connect(self._search_soon)
        sketching.sketching_changed.connect(self._on_sketching_changed)

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
        self._forget_results()
        self._reference = reference
        self.readiness_changed.emit(self.is_ready)
        if reference is not None:
            task = self._runner.start("prepare filters", lambda _: reference.prepare())
            # A search that needs it tries again, and says what is wrong.
            task.failed.connect(lambda error: logger.info("Filters are not ready: %s", error))
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
        asked = self._request()
        if isinstance(asked, str):
            self.refused.emit(asked)
        else:
            self._start(*asked)

    def cancel(self) -> None:
        """Give up the search that runs, and the pictures that are still to come."""
        self._live_timer.stop()
        for task in (self._task, self._more):
            if task is not None:
                task.cancel()
        self._task = self._more = None
        self._loader.cancel()
        self._imaginer.cancel()

    def _search_soon(self) -> None:
        if self._options.live:
            self._live_timer.start()

    def _search_live(self) -> None:
        asked = self._request()
        if isinstance(asked, str):
            return  # the window says by itself why this slice cannot be searched
        _, request = asked
        nothing_yet = request.sketch.is_empty and not request.is_example
        if nothing_yet and self._outcome is None:
            return
        self._start(*asked)

    def _request(self) -> tuple[Reference, SearchRequest] | str:
        """What would be searched now, or why nothing can be."""
        reference, options = self._reference, self._options
        template = self._sketching.template
        if reference is None:
            return "The reference database is not open yet."
        if options.example is not None:
            return reference, self._wanted(options.example, Sketch(), (0.0, 0.0))
        why = self._sketching.refusal()
        if template is None or why:
            return why
        data_set = reference.choice.dataset.data_set
        key = SliceKey(data_set, template.patient, self._sketching.slice_index)
        return reference, self._wanted(key, self._sketching.shown_sketch, template.extent_mm)

    def _wanted(
        self, template: SliceKey, sketch: Sketch, extent_mm: tuple[float, float]
    ) -> SearchRequest:
        options = self._options
        return SearchRequest(
            template=template,
            sketch=sketch,
            extent_mm=extent_mm,
            weight=options.weight,
            top=self._top,
            mirror=options.mirror,
            filters=options.filters,
            example=options.example,
        )

    def _start(self, reference: Reference, request: SearchRequest) -> None:
        self.cancel()
        task = self._runner.start(
            "search", lambda control: reference.search(request, control.check)
        )
        task.succeeded.connect(partial(self._on_found, reference))
        task.failed.connect(self._on_failed)
        self._task = task
        self.started.emit()

    def _on_found(self, reference: Reference, outcome: SearchOutcome) -> None:
        self._task = None
        self._outcome, self._results = outcome, outcome.results
        _log(outcome)
        self.found.emit(outcome)
        self._loader.load(reference.choice.dataset, outcome, outcome.results)
        self._imaginer.show(reference, outcome)

    def _on_failed(self, error: BaseException) -> None:
        self._task = None
        self._forget_results()
        self.failed.emit(Problem.of(error))

    def _on_sketch_changed(self) -> None:
        # Whoever works on the sketch wants it to be the query, and no example any more.
        self.set_options(replace(self._options, example=None))
        self._search_soon()

    def _on_sketching_changed(self, on: bool) -> None:
        """Encode the slice that is sketched on while the user draws the first stroke."""
        reference, template = self._reference, self._sketching.template
        if not on or reference is None or template is None:
            return
        data_set = reference.choice.dataset.data_set
        key = SliceKey(data_set, template.patient, self._sketching.slice_index)
        task = self._runner.start("encode template", lambda _: reference.encode_template(key))
        task.failed.connect(lambda error: logger.info("%s", error))  # the search will say it

    # --- What was found ---------------------------------------------------------------------

    @property
    def outcome(self) -> SearchOutcome | None:
        """The search whose results are shown; None where there are none."""
        return self._outcome

    @property
    def results(self) -> tuple[RankedPatient, ...]:
        """All that are shown, with those that ``more`` has found."""
        return self._results

    @property
    def can_find_more(self) -> bool:
        """Whether there are patients beyond those that are shown."""
        return self._outcome is not None and len(self._results) < self._outcome.n_searched

    def more(self) -> None:
        """Find the patients that follow; does nothing while that, or a search, goes on."""
        reference, outcome, shown = self._reference, self._outcome, len(self._results)
        busy = self._task is not None or self._more is not None
        if reference is None or outcome is None or busy or not self.can_find_more:
            return
        self._more = self._runner.start(
            "more results", lambda _: reference.more(outcome, shown, self._top)
        )
        self._more.succeeded.connect(partial(self._on_more_found, reference, outcome))
        self._more.failed.connect(self._on_more_failed)

    def _on_more_found(
        self, reference: Reference, outcome: SearchOutcome, further: tuple[RankedPatient, ...]
    ) -> None:
        self._more = None
        self._results += further
        self.more_found.emit(further)
        self._loader.load(reference.choice.dataset, outcome, further)

    def _on_more_failed(self, error: BaseException) -> None:
        self._more = None
        self._notices.fail(error)

    def _forget_results(self) -> None:
        self._outcome, self._results = None, ()
        self._imaginer.forget()

    @property
    def is_imagining(self) -> bool:
        """Whether queries are decoded into what the model makes of them."""
        return self._imaginer.is_on

    def set_imagining(self, on: bool) -> None:
        """Decode the query that is shown and those to come, or none any more."""
        self._imaginer.set_on(on)

    def edit_as_sketch(self, key: SliceKey) -> None:
        """Put the lesion of a reference slice on the template as a sketch, as one step."""
        reference, template = self._reference, self._sketching.template
        if reference is None or template is None:
            self.refused.emit("There is no template slice to sketch on yet.")
            return
        work = partial(_trace, reference.choice.dataset, key, template)
        task = self._runner.start("trace the lesion", work)
        task.succeeded.connect(partial(self._on_traced, key, template))
        task.failed.connect(self._notices.fail)

    def _on_traced(self, key: SliceKey, template: TemplateVolume, sketch: Sketch) -> None:
        name = f"slice {key.index} of {key.patient}"
        if sketch.is_empty:
            self._notices.say(f"There is no lesion on {name}")
        elif self._sketching.template is template:
            self._sketching.load_sketch(sketch, f"edit the lesion of {key.patient}")
            self._notices.say(f"The lesion of {name} is the sketch now")


def _trace(dataset: DatasetType, key: SliceKey, template: TemplateVolume, _: Control) -> Sketch:
    return load_lesion(dataset.slices_dir, key).as_sketch(template.extent_mm)


def _log(outcome: SearchOutcome) -> None:
    """Let `--verbose` tell each search and its results, in the words of the window."""
    logger.debug("Search on %s in %.0f ms", outcome.request.template, outcome.timings_ms["total"])
    for result in outcome.results:
        logger.debug("%s, distance %.3f", result_title(result), result.distance)


def result_title(result: RankedPatient) -> str:
    """How a result is named in the window."""
    return f"[No.{result.rank}] PatientID = {result.key.patient}, Slice = {result.key.index}"
