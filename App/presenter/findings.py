"""What a search found: the ranking, how it goes on, and what follows it in the background."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from App.model.reference import Reference, SearchOutcome
from App.presenter.imagining import Imaginer
from App.presenter.notices import Notices
from App.presenter.result_loading import ResultLoader
from App.tasks import Task, TaskRunner

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient


class Findings(QObject):
    """The results that are shown; a new search takes their place as a whole.

    Parameters
    ----------
    step:
        Patients that ``more`` finds at a time.
    """

    more_found = pyqtSignal(object)
    reasons_loaded = pyqtSignal(int, object)
    pictures_loaded = pyqtSignal(int, object)
    imagined = pyqtSignal(object)

    def __init__(
        self, runner: TaskRunner, notices: Notices, *, step: int, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._notices = notices
        self._step = step
        self._searched: tuple[Reference, SearchOutcome] | None = None
        self._results: tuple[RankedPatient, ...] = ()
        self._more: Task | None = None
        self._loader = ResultLoader(runner, notices, self)
        self._loader.reasons_loaded.connect(self.reasons_loaded)
        self._loader.pictures_loaded.connect(self.pictures_loaded)
        self.imaginer = Imaginer(runner, notices, self)
        self.imaginer.imagined.connect(self.imagined)

    @property
    def outcome(self) -> SearchOutcome | None:
        """The search whose results are shown; None where there are none."""
        return None if self._searched is None else self._searched[1]

    @property
    def results(self) -> tuple[RankedPatient, ...]:
        """All that are shown, with those that ``more`` has found."""
        return self._results

    @property
    def can_find_more(self) -> bool:
        """Whether there are patients beyond those that are shown."""
        outcome = self.outcome
        return outcome is not None and len(self._results) < outcome.n_searched

    def show(self, reference: Reference, outcome: SearchOutcome) -> None:
        """Take up what a search found, and load what belongs to it."""
        self.interrupt()
        self._searched = reference, outcome
        self._results = outcome.results
        self._loader.load(reference.choice.dataset, outcome, outcome.results)
        self.imaginer.show(reference, outcome)

    def interrupt(self) -> None:
        """Load nothing more for the results that are shown."""
        if self._more is not None:
            self._more.cancel()
            self._more = None
        self._loader.cancel()
        self.imaginer.cancel()

    def forget(self) -> None:
        """Show nothing any more."""
        self.interrupt()
        self._searched = None
        self._results = ()
        self.imaginer.forget()

    def more(self) -> None:
        """Find the patients that follow; does nothing while that goes on."""
        if self._searched is None or self._more is not None or not self.can_find_more:
            return
        reference, outcome = self._searched
        shown, wanted = len(self._results), self._step
        task = self._runner.start("more results", lambda _: reference.more(outcome, shown, wanted))
        task.succeeded.connect(partial(self._on_more_found, reference, outcome))
        task.failed.connect(self._on_more_failed)
        self._more = task

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
