"""The pictures of what was found, and why it matches: they follow a ranking one by one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from App.model.reference import SearchOutcome
from App.model.remembered import Remembered
from App.model.result_pictures import ResultView, load_result_view
from App.model.results import compare
from App.presenter.notices import Notices
from App.tasks import Control, Task, TaskRunner
from sbmir.config.application import DatasetType
from sbmir.keys import SliceKey
from sbmir.similarity import LesionComparison

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient

REMEMBERED_RESULTS = 32
"""Results whose pictures are kept, some megabytes: the next search shows most of them again."""


class ResultLoader(QObject):
    """Reads the pictures of results in the background, and compares their lesions."""

    pictures_loaded = pyqtSignal(int, object)
    """With the rank, from 1, and a tuple of ``ResultPicture``."""
    reasons_loaded = pyqtSignal(int, object)
    """With the rank and a ``LesionComparison``; just before the pictures."""

    def __init__(self, runner: TaskRunner, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._notices = notices
        self._tasks: list[Task] = []
        self._views: Remembered[SliceKey, ResultView] = Remembered(
            REMEMBERED_RESULTS, lambda view: view.is_whole
        )

    def load(
        self, dataset: DatasetType, outcome: SearchOutcome, results: Sequence[RankedPatient]
    ) -> None:
        """Load these results of a search, after those that are still being loaded."""
        self._tasks = [task for task in self._tasks if task.is_running]
        for result in results:
            work = partial(self._look_at, dataset, outcome, result.key)
            task = self._runner.start("pictures", work)
            task.succeeded.connect(partial(self._on_loaded, result.rank))
            task.failed.connect(self._notices.fail)
            self._tasks.append(task)

    def cancel(self) -> None:
        """Load nothing more."""
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    def _look_at(
        self, dataset: DatasetType, outcome: SearchOutcome, key: SliceKey, control: Control
    ) -> tuple[ResultView, LesionComparison | None]:
        control.check()
        view = self._views.get(
            key, lambda: load_result_view(dataset.slices_dir, key, dataset.modalities)
        )
        return view, compare(outcome, view)

    def _on_loaded(self, rank: int, found: tuple[ResultView, LesionComparison | None]) -> None:
        view, comparison = found
        if comparison is not None:
            self.reasons_loaded.emit(rank, comparison)
        self.pictures_loaded.emit(rank, view.pictures)
