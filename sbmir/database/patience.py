"""What becomes of MongoDB's errors: some pass by themselves, the others are told to the user."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
)

from sbmir.errors import ServiceError

logger = logging.getLogger(__name__)

T = TypeVar("T")

_DUPLICATE_KEY = 11000
"""Two writers inserted the same; a repetition finds it there and replaces it."""

# Shutting down, stepping down, electing a new primary, a cursor of a server that has gone.
_PASSING_CODES = {_DUPLICATE_KEY, 43, 91, 189, 10107, 11600, 11602, 13435, 13436}
_NOT_ALLOWED_CODES = {13, 18, 8000}
_DISK_FULL_CODES = {14031}


def _nothing() -> None:
    return


class Patience:
    """Repeats operations while a server is away for a moment.

    Parameters
    ----------
    limit_s:
        For how long, in seconds.
    revive:
        Called before each repetition: starts a server of our own that has died.
    """

    def __init__(self, limit_s: float = 30.0, revive: Callable[[], None] = _nothing) -> None:
        self._limit_s = limit_s
        self._revive = revive

    def run(self, operation: Callable[[], T]) -> T:
        """Run an operation that may be repeated.

        Raises
        ------
        ServiceError
            Where the server does not come back, or refuses.
        """
        deadline = time.monotonic() + self._limit_s
        pause_s = 0.05
        level = logging.WARNING
        while True:
            try:
                return operation()
            except PyMongoError as error:
                if not _passes(error) or time.monotonic() > deadline:
                    raise explain(error) from error
                if isinstance(error, ConnectionFailure):
                    logger.log(level, "MongoDB does not answer; trying again.")
                    level = logging.DEBUG  # the user need not be told each time
                    self._revive()
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, 1.0)


def _passes(error: PyMongoError) -> bool:
    return isinstance(error, ConnectionFailure) or bool(_codes(error) & _PASSING_CODES)


def _codes(error: PyMongoError) -> set[int]:
    if isinstance(error, BulkWriteError):
        details = error.details or {}
        entries = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
        return {int(entry.get("code", 0)) for entry in entries}
    if isinstance(error, OperationFailure):
        return {error.code or 0}
    return set()


def explain(error: PyMongoError) -> ServiceError:
    """Say an error of MongoDB in words that a user can do something with."""
    codes = _codes(error)
    if isinstance(error, ConnectionFailure):
        return ServiceError(
            "MongoDB does not answer.",
            why=_first_sentence(error),
            remedy="See that the server of mongodb.uri or SBMIR_MONGODB_URI runs and can be "
            "reached.",
        )
    if codes & _NOT_ALLOWED_CODES:
        return ServiceError(
            "MongoDB does not accept the user.",
            why=_first_sentence(error),
            remedy="Correct user and password in mongodb.uri or SBMIR_MONGODB_URI, or ask for the "
            "right to read and write the database.",
        )
    if codes & _DISK_FULL_CODES or "No space left" in str(error):
        return ServiceError("The disk of the MongoDB server is full.", remedy="Make room on it.")
    return ServiceError("MongoDB refuses an operation.", why=_first_sentence(error))


def _first_sentence(error: PyMongoError) -> str:
    # pymongo appends its whole configuration and the states of all servers.
    return str(error).split(", full error:")[0].split(" (configured timeouts")[0].split("\n")[0]
