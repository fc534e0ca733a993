"""Where windows keep what is drawn in them, so that a crash loses nothing.

Each window has a folder of its own, locked for as long as it lives. The system lets go of the lock
when a process ends, however it ends: a folder with a sketch and without a lock is what a crashed
window has left behind. A window that is closed leaves its sketch as the last one of its data set.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import shutil
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from App.model.sketch_document import SketchDocument, read_document, write_document
from sbmir.errors import NotFoundError, SbmirError, ServiceError
from sbmir.files import sole_writer

logger = logging.getLogger(__name__)

SECONDS_A_WINDOW_MAY_BE_NEW = 86_400.0

_SKETCH = "sketch.json"
_LAST = "last.json"
_WINDOW = "window-"


def default_safe_folder() -> Path:
    """The folder of all kept sketches, among what the user's programs remember."""
    return Path(platformdirs.user_state_dir("sbmir")) / "sketches"


@dataclass(frozen=True, eq=False)
class Leftover:
    """The sketch of a window that was not closed; no other window offers it meanwhile."""

    document: SketchDocument
    folder: Path
    lock: ExitStack

    def discard(self) -> None:
        """Delete it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()

    def release(self) -> None:
        """Let another window offer it."""
        self.lock.close()


class SketchSafe:
    """Keeps the sketch of one window, and finds those of windows that have crashed.

    Used by one thread at a time.

    Parameters
    ----------
    folder:
        Of all kept sketches.
    data_set:
        A sketch is offered only where its template patients are.
    """

    def __init__(self, folder: Path, data_set: str) -> None:
        readable = re.sub(r"[^A-Za-z0-9]+", "-", data_set)[:40]
        digest = hashlib.sha256(data_set.encode("utf-8")).hexdigest()[:8]
        self._folder = folder / f"{readable}-{digest}"
        self._own: Path | None = None
        self._lock = ExitStack()

    @property
    def last_path(self) -> Path:
        """The sketch of the window that was closed last; not there before the first."""
        return self._folder / _LAST

    def keep(self, document: SketchDocument | None) -> None:
        """Keep a sketch in place of the one before; None where nothing is drawn any more.

        Raises
        ------
        SbmirError, OSError
            Where the folder cannot be written or the disk is full. What was kept before stays.
        """
        if document is not None:
            write_document(self._own_folder() / _SKETCH, document)
        elif self._own is not None:
            (self._own / _SKETCH).unlink(missing_ok=True)

    def close(self, document: SketchDocument | None) -> None:
        """Leave what is drawn as the last sketch, and nothing else.

        Raises
        ------
        OSError
            Where it cannot be written. Then it stays where `leftovers` will find it.
        """
        if document is not None:
            self._make_folder()
            write_document(self.last_path, document)
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)
            self._lock.close()
            self._own = None

    def leftovers(self) -> list[Leftover]:
        """Claim what crashed windows have left behind, the newest first."""
        found = []
        for window in sorted(self._folder.glob(f"{_WINDOW}*")):
            if (window / _SKETCH).is_file():
                leftover = _claimed(window / _SKETCH)
                found += [] if leftover is None else [leftover]
            else:
                _sweep(window)
        return sorted(found, key=lambda one: one.document.changed_at, reverse=True)

    def _own_folder(self) -> Path:
        if self._own is not None and not self._own.is_dir():
            self._lock.close()  # somebody has tidied up: the lock is of a folder that is gone
            self._own = None
        if self._own is None:
            self._make_folder()
            own = self._folder / f"{_WINDOW}{os.getpid()}-{secrets.token_hex(4)}"
            self._lock.enter_context(sole_writer(own))
            self._own = own
        return self._own

    def _make_folder(self) -> None:
        # Sketches name patients: they are for the user's own eyes.
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _sweep(window: Path) -> None:
    """Remove the folder of a window that crashed with nothing drawn; not that of a new one."""
    with suppress(OSError, SbmirError):
        if time.time() - window.stat().st_mtime > SECONDS_A_WINDOW_MAY_BE_NEW:
            with sole_writer(window):  # one that lives may have nothing drawn for a day
                shutil.rmtree(window)


def _claimed(sketch: Path) -> Leftover | None:
    """What a window has left behind; None where it still lives, or nothing can be read."""
    lock = ExitStack()
    try:
        lock.enter_context(sole_writer(sketch.parent))
        return Leftover(read_document(sketch), sketch.parent, lock)
    except ServiceError:
        return None  # its window lives, or another one offers it
    except (NotFoundError, SbmirError, OSError) as error:
        # It may be of a newer version: it stays, and whoever looks at the log can find it.
        logger.warning("A kept sketch cannot be offered: %s", error)
        lock.close()
        return None
