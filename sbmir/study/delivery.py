"""Sending results from the disk to the database, now or later.

The disk is the queue: what of a session has been stored is noted in its folder, and the rest is
sent again until it is stored. To send twice does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic.dataclasses import dataclass as checked_dataclass

from sbmir.database.studies import StudyResult, StudyStore
from sbmir.errors import DataError, NotFoundError, SbmirError
from sbmir.files import write_text
from sbmir.json_file import STRICT_JSON, read_json
from sbmir.study.files import answer_folders, read_answer, read_session, started_sessions
from sbmir.study.records import SessionRecord

DELIVERED_FILE = "delivered.json"
MOST_BYTES = 2**20


@checked_dataclass(frozen=True, config=STRICT_JSON)
class _Delivered:
    """Names of the answers that are stored; the session is stored as soon as there is one."""

    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """How many answers were sent, and why others cannot be."""

    n_sent: int
    failed: tuple[SbmirError, ...] = ()


def waiting(sessions_dir: Path) -> list[Path]:
    """The answers of all sessions in a folder that the database does not have yet."""
    found = []
    for session_dir in started_sessions(sessions_dir):
        delivered = set(_delivered(session_dir).answers)
        found += [one for one in answer_folders(session_dir) if _name(one) not in delivered]
    return found


def deliver(
    sessions_dir: Path, store: StudyStore, should_stop: Callable[[], bool] = lambda: False
) -> Delivery:
    """Send what waits; damaged answers stay where they are and are told.

    Parameters
    ----------
    sessions_dir:
        ``<save_result_path>/<dataset type>``.

    Raises
    ------
    ServiceError
        Where the store does not answer; what was sent until then is noted.
    DataError
        Where that cannot be noted on the disk.
    """
    n_sent = 0
    failed: list[SbmirError] = []
    for session_dir in started_sessions(sessions_dir):
        delivered = set(_delivered(session_dir).answers)
        due = [one for one in answer_folders(session_dir) if _name(one) not in delivered]
        for folder in due:
            if should_stop():
                return Delivery(n_sent, tuple(failed))
            try:
                session, result = _loaded(session_dir, folder)
            except (DataError, NotFoundError) as error:
                failed.append(error)
                continue
            store.put_session(session)
            store.put_result(result)
            delivered.add(_name(folder))
            _note(session_dir, delivered)
            n_sent += 1
    return Delivery(n_sent, tuple(failed))


def _loaded(session_dir: Path, folder: Path) -> tuple[SessionRecord, StudyResult]:
    session = read_session(session_dir)
    answer = read_answer(folder)
    answer.sketch()  # only what can be read is sent
    sketch = (folder / "sketch_image.npy").read_bytes()
    return session, StudyResult(session.session_id, answer.record, sketch)


def _name(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def _delivered(session_dir: Path) -> _Delivered:
    path = session_dir / DELIVERED_FILE
    try:
        return read_json(path, _Delivered, called="list of sent answers", most_bytes=MOST_BYTES)
    except SbmirError:
        return _Delivered()  # all is sent again


def _note(session_dir: Path, delivered: set[str]) -> None:
    path = session_dir / DELIVERED_FILE
    try:
        write_text(path, json.dumps({"answers": sorted(delivered)}) + "\n")
    except OSError as error:
        raise DataError(
            f"Which answers are in the database cannot be noted in {path}.",
            why=str(error),
            remedy="Make room on the disk, or mend the folder's permissions. No answer is lost.",
        ) from error
