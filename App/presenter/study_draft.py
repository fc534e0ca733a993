"""Keeping what is done at a question, as it is done."""

from __future__ import annotations

import logging
from pathlib import Path

from PyQt5.QtCore import QObject

from App.model.study.progress import DRAFT_FILE, Draft, write_draft
from App.presenter.notices import Notices
from App.tasks import TaskRunner

logger = logging.getLogger(__name__)


class DraftKeeper(QObject):
    """Writes drafts in the background, one at a time; of those that wait, the newest."""

    def __init__(
        self,
        runner: TaskRunner,
        session_dir: Path,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._session_dir = session_dir
        self._notices = notices
        self._next: Draft | None = None
        self._is_writing = False
        self._has_failed = False

    def keep(self, draft: Draft) -> None:
        """Keep a draft in place of the one before."""
        self._next = draft
        if not self._is_writing:
            self._write()

    def close(self, draft: Draft | None) -> None:
        """Keep the last one now, or none where nothing is asked. No task may run any more."""
        self._next = None
        try:
            if draft is None:
                (self._session_dir / DRAFT_FILE).unlink(missing_ok=True)
            else:
                write_draft(self._session_dir, draft)
        except OSError as error:
            logger.warning("The question that was left cannot be kept: %s", error)

    def _write(self) -> None:
        draft, self._next = self._next, None
        if draft is None:
            return
        self._is_writing = True
        session_dir = self._session_dir
        task = self._runner.start("keep the draft", lambda _: write_draft(session_dir, draft))
        task.failed.connect(self._on_failed)
        task.finished.connect(self._on_finished)

    def _on_failed(self, error: BaseException) -> None:
        logger.warning("The draft cannot be kept: %s", error)
        if not self._has_failed:  # said once, not at each stroke
            self._has_failed = True
            self._notices.say("What you draw cannot be kept for a crash now: is the disk full?")

    def _on_finished(self) -> None:
        self._is_writing = False
        self._write()
