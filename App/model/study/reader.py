"""The session of a reader: its folder, which no other window writes to, and who can go on."""

from __future__ import annotations

import logging
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from App.model.choice import Choice
from sbmir.config.study import StudySettings
from sbmir.errors import SbmirError
from sbmir.files import remove_leftovers, sole_writer
from sbmir.study.files import (
    SESSION_FILE,
    Answer,
    answered,
    create_session,
    read_session,
    started_sessions,
    write_answer,
)
from sbmir.study.records import TIME_FORMAT, SessionRecord

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unfinished:
    """A session in which questions are left.

    Attributes
    ----------
    n_answered:
        Questions that are behind the reader.
    """

    folder: Path
    record: SessionRecord
    n_answered: int

    @property
    def title(self) -> str:
        """How it is offered."""
        record = self.record
        return (
            f"{record.user_name}, {record.y_experience} years, since {_readable(record)}: "
            f"{self.n_answered} of {record.n_questions} answered"
        )


class ReaderSession:
    """A session that this window works on; locked until it is closed.

    Raises
    ------
    ServiceError
        Where another window works on it.
    NotFoundError
        Where its folder cannot be written.
    """

    def __init__(self, folder: Path, record: SessionRecord) -> None:
        self.folder = folder
        self.record = record
        self._lock = ExitStack()
        self._lock.enter_context(sole_writer(folder))
        for stage in folder.glob("stage_num_*"):
            remove_leftovers(stage)  # of an answer that was being written when all ended

    @property
    def sessions_dir(self) -> Path:
        """The folder of all sessions of the dataset type."""
        return self.folder.parent

    def answered(self) -> set[tuple[int, int]]:
        """Stage and question, from 1, of what is answered."""
        return answered(self.folder)

    def write(self, answer: Answer) -> None:
        """Write an answer down; see ``write_answer`` for what it raises."""
        write_answer(self.folder, answer)

    def close(self) -> None:
        """Let another window go on with it."""
        self._lock.close()


def begin_session(
    results_dir: Path, choice: Choice, study: StudySettings, user: str, years: int
) -> ReaderSession:
    """Start a session of a reader now.

    Raises
    ------
    NotFoundError
        Where the folder of results cannot be written.
    """
    record = SessionRecord(
        session_id="",
        created_at="",
        user_name=user,
        y_experience=years,
        dataset_type=choice.dataset.name,
        data_set=choice.dataset.data_set,
        model=choice.model.name,
        study_fingerprint=study.fingerprint,
        n_questions=study.n_questions,
    )
    return ReaderSession(
        *create_session(results_dir, record, datetime.now().replace(microsecond=0))
    )


def unfinished_sessions(
    results_dir: Path, choice: Choice, study: StudySettings
) -> list[Unfinished]:
    """Sessions of this study and model that can be gone on with, the newest first."""
    found = []
    for folder in started_sessions(results_dir / choice.dataset.name):
        try:
            record = read_session(folder)
        except SbmirError as error:
            logger.warning("A session cannot be offered: %s", error)
            continue
        is_same = (record.study_fingerprint, record.model) == (study.fingerprint, choice.model.name)
        n_answered = len(answered(folder))
        if is_same and n_answered < record.n_questions and not _is_open(folder):
            began = (folder / SESSION_FILE).stat().st_mtime
            found.append((began, Unfinished(folder, record, n_answered)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _readable(record: SessionRecord) -> str:
    """When a session began, as people write it."""
    with suppress(ValueError):  # of a record that somebody has changed
        return f"{datetime.strptime(record.created_at, TIME_FORMAT):%Y-%m-%d %H:%M}"
    return record.created_at


def _is_open(folder: Path) -> bool:
    """Whether a window works on a session, or it cannot be written."""
    try:
        with sole_writer(folder):
            return False
    except SbmirError:
        return True
