"""Searching with the sketch: what the Search button does, and what comes back."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from App.model.problem import Problem
from App.model.reference import Reference, SearchOutcome, SearchRequest
from App.model.result_pictures import Color, ResultPicture, load_result_pictures
from App.presenter.sketching import SketchingPresenter
from App.tasks import Control, Task, TaskRunner
from sbmir.config.application import DatasetType
from sbmir.keys import SliceKey

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient

logger = logging.getLogger(__name__)


class SearchPresenter(QObject):
    """Turns the sketch into a search; a newer search takes the place of an older one.

    The sketch is rasterised, encoded and compared in the background; the pictures of the results
    follow the ranking one by one.
    """

    readiness_changed = pyqtSignal(bool)
    """Whether there is a database to search."""
    weight_changed = pyqtSignal(float)
    started = pyqtSignal()
    found = pyqtSignal(object)
    """With a ``SearchOutcome``."""
    pictures_loaded = pyqtSignal(int, object)
    """With the rank, from 1, and a tuple of ``ResultPicture``."""
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
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._sketching = sketching
        self._weight = weight
        self._top = top
        self._colors = {s.tissue: _rgb(s.color) for s in sketching.structures}
        self._reference: Reference | None = None
        self._search: Task | None = None
        self._pictures: list[Task] = []

    @property
    def is_ready(self) -> bool:
        """Whether there is a database to search."""
        return self._reference is not None

    def set_reference(self, reference: Reference | None) -> None:
        """Search this database from now on; None while there is none."""
        self._reference = reference
        self.readiness_changed.emit(self.is_ready)

    @property
    def weight(self) -> float:
        """0 compares the anatomy only, 1 the lesion only."""
        return self._weight

    def set_weight(self, weight: float) -> None:
        """Compare more of the anatomy, or more of the lesion, in the next search."""
        weight = min(max(weight, 0.0), 1.0)
        if weight != self._weight:
            self._weight = weight
            self.weight_changed.emit(weight)

    def search(self) -> None:
        """Search with the sketch and the slice that are shown, or say why one cannot."""
        reference, template = self._reference, self._sketching.template
        if reference is None:
            self.refused.emit("The reference database is not open yet.")
            return
        why = self._sketching.refusal()
        if template is None or why:
            self.refused.emit(why)
            return
        request = SearchRequest(
            template=SliceKey(
                reference.choice.dataset.data_set, template.patient, self._sketching.slice_index
            ),
            sketch=self._sketching.shown_sketch,
            extent_mm=template.extent_mm,
            weight=self._weight,
            top=self._top,
        )
        self._start(reference, request)

    def cancel(self) -> None:
        """Give up the search that runs, and the pictures that are still to come."""
        for task in (self._search, *self._pictures):
            if task is not None:
                task.cancel()
        self._search = None
        self._pictures = []

    def _start(self, reference: Reference, request: SearchRequest) -> None:
        self.cancel()
        task = self._runner.start(
            "search", lambda control: reference.search(request, control.check)
        )
        task.succeeded.connect(partial(self._on_found, reference.choice.dataset))
        task.failed.connect(self._on_failed)
        self._search = task
        self.started.emit()

    def _on_found(self, dataset: DatasetType, outcome: SearchOutcome) -> None:
        self._search = None
        _log(outcome)
        self.found.emit(outcome)
        for result in outcome.results:
            task = self._runner.start("pictures", partial(self._load_pictures, dataset, result.key))
            task.succeeded.connect(partial(self.pictures_loaded.emit, result.rank))
            task.failed.connect(self._on_failed)
            self._pictures.append(task)

    def _load_pictures(
        self, dataset: DatasetType, key: SliceKey, control: Control
    ) -> tuple[ResultPicture, ...]:
        control.check()
        return load_result_pictures(dataset.slices_dir, key, dataset.modalities, self._colors)

    def _on_failed(self, error: BaseException) -> None:
        self.failed.emit(Problem.of(error))


def _log(outcome: SearchOutcome) -> None:
    """Let `--verbose` tell each search and its results, in the words of the window."""
    logger.debug("Search on %s in %.0f ms", outcome.request.template, outcome.timings_ms["total"])
    for result in outcome.results:
        logger.debug("%s, distance %.3f", result_title(result), result.distance)


def result_title(result: RankedPatient) -> str:
    """How a result is named in the window."""
    return f"[No.{result.rank}] PatientID = {result.key.patient}, Slice = {result.key.index}"


def _rgb(color: str) -> Color:
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue
