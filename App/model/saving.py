"""What the user reads where a file cannot be written."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sbmir.errors import DataError

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def saving(what: str, path: Path) -> Iterator[None]:
    """Say which file could not be written, why, and what to do; the block writes it atomically.

    Parameters
    ----------
    what:
        What is saved, at the beginning of a sentence, such as ``"The sketch"``.

    Raises
    ------
    DataError
        In place of any OSError of the block.
    """
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{what} could not be saved as {path}.",
            why=error.strerror or str(error),
            remedy=f"{_remedy(error)} Nothing is half-written, and nothing is lost here.",
        ) from error


def _remedy(error: OSError) -> str:
    if error.errno in _NO_ROOM:
        return "Make room on that disk, or choose another folder."
    if error.errno in _NOT_ALLOWED:
        return "Choose a folder that you may write to."
    return "Choose another name or folder."
