"""Sending answers to the database, in the background, again and again until they are there."""

from __future__ import annotations

import logging
from pathlib import Path

from PyQt5.QtCore import QObject, QTimer

from App.presenter.notices import Notices
from App.tasks import Control, Task, TaskRunner
from sbmir.config.application import AppConfig
from sbmir.errors import DataError, SbmirError

logger = logging.getLogger(__name__)

AGAIN_MS = 20_000

AWAY = "The database is away. Your answers are saved here and are sent when it is back."


class StudyDelivery(QObject):
    """Sends what waits on the disk; where the database is away, the reader goes on without it.

    Parameters
    ----------
    sessions_dir:
        The sessions of the dataset type, also those of earlier readers.
    """

    def __init__(
        self,
        runner: TaskRunner,
        config: AppConfig,
        sessions_dir: Path,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._config = config
        self._sessions_dir = sessions_dir
        self._notices = notices
        self._task: Task | None = None
        self._is_wanted = False
        self._is_away = False
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self.send)

    def send(self) -> None:
        """Send what waits now; where that goes on already, once more when it has ended."""
        if self._task is not None:
            self._is_wanted = True
            return
        self._again.stop()
        config, sessions_dir = self._config, self._sessions_dir

        def work(control: Control) -> int:
            # They load pymongo, which waits for the background.
            from sbmir.database.studies import connect_studies
            from sbmir.study.delivery import deliver, waiting

            if not waiting(sessions_dir):
                return 0
            n_sent = 0
            with connect_studies(config.mongodb, config.project_name) as store:
                # Until nothing has come meanwhile: the window may be closed by then.
                while (delivery := deliver(sessions_dir, store, control.should_stop)).n_sent:
                    n_sent += delivery.n_sent
            for error in delivery.failed:
                logger.warning("An answer cannot be sent: %s", error)
            return n_sent

        # Who closes the window after the last question wants it to be stored.
        self._task = self._runner.start("send answers", work, to_the_end=True)
        self._task.succeeded.connect(self._on_sent)
        self._task.failed.connect(self._on_failed)
        self._task.finished.connect(self._on_finished)

    def close(self) -> None:
        """Try no more; what waits is sent when the study is opened the next time."""
        self._again.stop()
        self._is_wanted = False

    def _on_sent(self, n_sent: int) -> None:
        if self._is_away and n_sent:
            self._notices.say("The database is back; all answers are stored in it.")
        self._is_away = False

    def _on_failed(self, error: BaseException) -> None:
        logger.warning("Answers cannot be sent now: %s", error)
        if not self._is_away:  # said once, not at each question
            self._is_away = True
            self._tell(error)
        self._again.start()

    def _tell(self, error: BaseException) -> None:
        # A DataError is of the disk, where somebody has to make room.
        if isinstance(error, SbmirError) and not isinstance(error, DataError):
            self._notices.say(AWAY)
        else:
            self._notices.fail(error)

    def _on_finished(self) -> None:
        self._task = None
        if self._is_wanted:
            self._is_wanted = False
            self.send()
