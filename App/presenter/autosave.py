"""Keeping what is drawn, as it is drawn."""

from __future__ import annotations

import logging

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from App.model.sketch_document import SketchDocument
from App.model.sketch_safe import SketchSafe
from App.presenter.notices import Notices
from App.presenter.placing import shown_document
from App.presenter.sketching import SketchingPresenter
from App.tasks import TaskRunner
from sbmir.errors import SbmirError

logger = logging.getLogger(__name__)

MOMENT_MS = 400


class Autosave(QObject):
    """Keeps the sketch a moment after each step, in the background.

    While steps follow each other without a pause it is kept once a moment, not only at their end.
    """

    kept = pyqtSignal(object)
    """With the ``SketchDocument`` that would survive a crash now; None where nothing is drawn."""

    def __init__(
        self,
        runner: TaskRunner,
        sketching: SketchingPresenter,
        data_set: str,
        safe: SketchSafe,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._sketching = sketching
        self._data_set = data_set
        self._safe = safe
        self._notices = notices
        self._is_writing = False
        self._has_failed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MOMENT_MS)
        self._timer.timeout.connect(self._write)
        for signal in (
            sketching.sketch_changed,
            sketching.slice_changed,
            sketching.template_changed,
        ):
            signal.connect(self._schedule)

    def close(self) -> None:
        """Leave the sketch as the last one of its data set. No task may run any more."""
        self._timer.stop()
        try:
            self._safe.close(self._document())
        except (SbmirError, OSError) as error:
            logger.warning("The sketch could not be kept as the last one: %s", error)

    def _document(self) -> SketchDocument | None:
        return shown_document(self._data_set, self._sketching)

    def _schedule(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _write(self) -> None:
        if self._is_writing:
            self._schedule()  # one at a time: the older must not be written over the newer
            return
        self._is_writing = True
        document = self._document()
        task = self._runner.start("keep the sketch", lambda _: self._safe.keep(document))
        task.succeeded.connect(lambda _: self._on_kept(document))
        task.failed.connect(self._on_failed)
        task.finished.connect(self._on_finished)

    def _on_kept(self, document: SketchDocument | None) -> None:
        self._has_failed = False
        self.kept.emit(document)

    def _on_failed(self, error: BaseException) -> None:
        logger.warning("The sketch could not be kept: %s", error)
        if not self._has_failed:  # said once, not at each stroke
            self._has_failed = True
            self._notices.say(
                "What you draw cannot be kept for a crash now: the disk may be full. "
                "You can go on, and save it elsewhere."
            )

    def _on_finished(self) -> None:
        self._is_writing = False
