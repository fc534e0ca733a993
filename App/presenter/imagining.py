"""What the model understood of a query, as pictures: decoded after the ranking is shown."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from App.model.lesion import UNKNOWN_PIXEL_MM
from App.model.reference import Reference, SearchOutcome
from App.model.result_pictures import ResultPicture, imagined_pictures
from App.presenter.notices import Notices
from App.tasks import Control, Task, TaskRunner

QUIET_MS = 150
"""Only when the ranking has stood for so long is it worth decoding."""


class Imaginer(QObject):
    """Decodes the query of the last search, where that is wanted."""

    imagined = pyqtSignal(object)
    """With pictures by the name of the modality."""

    def __init__(self, runner: TaskRunner, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._notices = notices
        self._is_on = False
        self._shown: tuple[Reference, SearchOutcome] | None = None
        self._task: Task | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET_MS)
        self._timer.timeout.connect(self._start)

    def set_on(self, on: bool) -> None:
        """Decode the query that is shown and those to come, or none any more."""
        if on == self._is_on:
            return
        self._is_on = on
        if on:
            self._start()
        else:
            self.cancel()

    def show(self, reference: Reference, outcome: SearchOutcome) -> None:
        """Decode this query next, unless another one follows at once."""
        self.cancel()
        self._shown = reference, outcome
        if self._is_on:
            self._timer.start()

    def forget(self) -> None:
        """Let go of what was searched."""
        self.cancel()
        self._shown = None

    def cancel(self) -> None:
        """Decode nothing until the next query."""
        self._timer.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _start(self) -> None:
        if self._shown is None:
            return
        self._task = self._runner.start("imagine", partial(_imagine, *self._shown))
        self._task.succeeded.connect(self.imagined.emit)
        self._task.failed.connect(self._notices.fail)


def _imagine(
    reference: Reference, outcome: SearchOutcome, control: Control
) -> dict[str, ResultPicture]:
    control.check()
    template = reference.template_of(outcome)
    pixel_mm = UNKNOWN_PIXEL_MM if outcome.lesion is None else outcome.lesion.pixel_mm
    return imagined_pictures(
        reference.imagine(outcome),
        template,
        reference.choice.dataset.modalities,
        pixel_mm[1] / pixel_mm[0],  # the networks' slices are square
    )
