"""Reader studies in the database: users, their sessions, and what they answered.

Collections: ``users`` (name and years of experience), ``sessions`` (one for each start of the
study by a reader), ``results`` (one for each answered question, with the sketch). Everything may be
sent more than once: the same session and question are stored once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from bson.binary import Binary
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from sbmir.config.mongodb import MongoSettings
from sbmir.database.connection import connect_client
from sbmir.database.patience import Patience
from sbmir.study.records import QuestionRecord, SessionRecord

PATIENCE_S = 5.0
"""Results wait on the disk anyway, so that nobody need wait long for a server."""


@dataclass(frozen=True)
class StudyResult:
    """An answered question of a session.

    Attributes
    ----------
    sketch_image:
        The sketch as the file ``sketch_image.npy`` has it.
    """

    session_id: str
    record: QuestionRecord
    sketch_image: bytes = field(repr=False)

    def as_document(self) -> dict[str, Any]:
        """As it is stored, but for the sketch."""
        return {"session_id": self.session_id, **self.record.as_json()}


class StudyStore(Protocol):
    """A store of reader studies; every method raises ServiceError where it does not answer."""

    def put_session(self, session: SessionRecord) -> None:
        """Store a session and its reader, unless they are stored already."""

    def put_result(self, result: StudyResult) -> None:
        """Store an answered question, in place of what is stored of the same question."""


class MongoStudyStore:
    """A ``StudyStore`` in one MongoDB database.

    Parameters
    ----------
    client:
        Connected; who made it closes it.
    project_name:
        The name of the database.
    """

    def __init__(
        self,
        client: MongoClient[dict[str, Any]],
        project_name: str,
        *,
        patience: Patience | None = None,
    ) -> None:
        safely = WriteConcern("majority", j=True)
        database = client.get_database(project_name, write_concern=safely)
        self._users = database["users"]
        self._sessions = database["sessions"]
        self._results = database["results"]
        self._patience = patience or Patience(PATIENCE_S)
        self._indexed = False

    def prepare(self) -> None:
        """Make ready for the first answer; see ``StudyStore`` for what it raises."""
        self._patience.run(self._make_indexes)

    def put_session(self, session: SessionRecord) -> None:
        """See ``StudyStore``."""
        user = {"user_name": session.user_name, "y_experience": session.y_experience}
        own = {"session_id": session.session_id}

        def put() -> None:
            self._make_indexes()
            self._users.replace_one(user, dict(user), upsert=True)
            self._sessions.replace_one(own, session.as_json(), upsert=True)

        self._patience.run(put)

    def put_result(self, result: StudyResult) -> None:
        """See ``StudyStore``."""
        document = result.as_document()
        own = {name: document[name] for name in ("session_id", "stage_num", "question_num")}
        document["sketch_image"] = Binary(result.sketch_image)

        def put() -> None:
            self._make_indexes()
            self._results.replace_one(own, document, upsert=True)

        self._patience.run(put)

    def _make_indexes(self) -> None:
        if self._indexed:
            return
        self._users.create_index(["user_name", "y_experience"], unique=True)
        self._sessions.create_index(["session_id"], unique=True)
        self._results.create_index(["session_id", "stage_num", "question_num"], unique=True)
        self._indexed = True


@contextmanager
def connect_studies(settings: MongoSettings, project_name: str) -> Iterator[MongoStudyStore]:
    """Connect to the studies in the database ``project_name``; see ``connect``.

    Raises
    ------
    ConfigError
        Where the connection string is no such thing.
    ServiceError
        Where the server does not answer, refuses, is too old, or cannot be started.
    """
    with connect_client(settings) as connected:
        patience = Patience(PATIENCE_S, connected.revive)
        yield MongoStudyStore(connected.client, project_name, patience=patience)
