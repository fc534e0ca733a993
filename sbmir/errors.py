"""Failures that a user can mend, apart from bugs.

Everything here is caught at the edge of the program (the command line, the window) and shown
as one message that says what happened, why, and what to do. Any other exception is a bug and
keeps its traceback.
"""

from __future__ import annotations


class SbmirError(Exception):
    """An expected failure.

    Parameters
    ----------
    what:
        What happened, and to which file or setting.
    why:
        The cause, where it is known and not already said.
    remedy:
        What the user can do about it.
    """

    exit_status = 1

    def __init__(self, what: str, *, why: str = "", remedy: str = "") -> None:
        super().__init__(what)  # one argument, so that the error survives the way between processes
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.remedy) if part)


class DataError(SbmirError):
    """A file or patient that cannot be used as it is; others may go on (exit status 1)."""


class ConfigError(SbmirError):
    """A setting or argument that makes no sense (exit status 2)."""

    exit_status = 2


class CheckpointError(SbmirError):
    """A checkpoint that is damaged, hostile, or of other sizes than configured (exit status 2)."""

    exit_status = 2


class NotFoundError(SbmirError):
    """A file, folder or program that has to be there and is not (exit status 3)."""

    exit_status = 3


class ServiceError(SbmirError):
    """A service, such as MongoDB, that cannot be reached or started (exit status 3)."""

    exit_status = 3


class Cancelled(SbmirError):  # noqa: N818 - it is not a failure
    """The user asked to stop; nothing is half-written."""

    def __init__(self, what: str = "Cancelled.") -> None:
        super().__init__(what)
