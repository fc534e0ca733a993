"""Files that are written whole or not at all: a temporary name beside them, then a rename.

A program that is killed while it writes leaves at most something under a hidden temporary name.
Nobody reads it, and `remove_leftovers` deletes it later.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sbmir.errors import NotFoundError, ServiceError

_TEMPORARY_PREFIX = ".sbmir-tmp-"
_LOCK_FILE = ".sbmir.lock"


def _temporary_beside(path: Path) -> Path:
    # Not made from the target's name, which may already be as long as a name can be.
    return path.parent / f"{_TEMPORARY_PREFIX}{secrets.token_hex(8)}"


def is_bookkeeping(path: Path) -> bool:
    """Whether ``path`` is a lock or an unfinished file of this program, of no use to anybody."""
    return path.name == _LOCK_FILE or is_temporary(path)


def is_temporary(path: Path) -> bool:
    """Whether a program is writing this file or folder, or was killed while it did."""
    return path.name.startswith(_TEMPORARY_PREFIX)


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a binary file that becomes ``path`` when the block ends without an exception.

    Another process sees either the former file or the new one, whole. Where the block raises,
    ``path`` is untouched and the temporary file is removed. The folder has to be there.

    Raises
    ------
    OSError
        Where the folder cannot be written or the disk is full.
    """
    temporary = _temporary_beside(path)
    try:
        with temporary.open("xb") as stream:
            yield stream
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in UTF-8, whole or not at all."""
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8"))


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write ``array`` to ``path`` as ``.npy``, whole or not at all; no pickle.

    Raises
    ------
    ValueError
        For an array of objects.
    OSError
        Where the folder cannot be written or the disk is full.
    """
    with atomic_write(path) as stream:
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)


@contextmanager
def atomic_folder(path: Path, *, outlives_power: bool = False) -> Iterator[Path]:
    """Give a new, hidden folder that becomes ``path`` when the block ends without an exception.

    A folder that is already at ``path`` is replaced, and lost. Between the two renames there is a
    moment in which neither is there, but never a half-written one. Where the block raises,
    ``path`` is untouched.

    Parameters
    ----------
    outlives_power:
        Whether the folder shall be there after a loss of power, too, which takes some time: it is
        for what cannot be made again.

    Raises
    ------
    OSError
        Where the folder above cannot be written.
    """
    staging = _temporary_beside(path)
    staging.mkdir()
    try:
        yield staging
        if outlives_power:
            for written in (*staging.rglob("*"), staging):
                _flush(written)
        if path.exists():
            retired = _temporary_beside(path)
            path.rename(retired)
            staging.rename(path)
            shutil.rmtree(retired, ignore_errors=True)
        else:
            staging.rename(path)
        if outlives_power:
            for above in (path.parent, path.parent.parent):  # either may be new
                _flush(above)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _flush(path: Path) -> None:
    """Wait until the disk itself holds a file, or the names in a folder."""
    try:
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
    except OSError:
        if not path.is_dir():  # not every file system does it for folders, nor all folders let in
            raise


def remove_leftovers(folder: Path) -> None:
    """Delete what killed programs left in ``folder`` under a temporary name.

    Only for a folder that no other program is writing to: its unfinished files would go too.
    """
    for entry in folder.glob(f"{_TEMPORARY_PREFIX}*"):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with suppress(OSError):
                entry.unlink()


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Make ``folder``, keep other runs out of it, and remove leftovers, before and after.

    Raises
    ------
    NotFoundError
        Where the folder cannot be written.
    ServiceError
        Where another run is writing to it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK_FILE).open("w")
    except OSError as error:
        raise NotFoundError(
            f"The folder {folder} cannot be written.",
            why=str(error),
            remedy="Mend its permissions, or choose another folder.",
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServiceError(
                f"Another run is writing to {folder}.", remedy="Wait until it has ended."
            ) from None
        remove_leftovers(folder)
        try:
            yield
        finally:
            remove_leftovers(folder)
