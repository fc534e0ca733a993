"""The real mongod as a private server: started when first needed, stopped by who leaves last.

It listens on a Unix socket in a folder that only its user may enter, and on no TCP port. Several
processes share one server for the same data folder. In that folder lie:

=================  ================================================================================
``db/``            mongod's own files
``mongod.log``     its log
``socket``         the path of the socket, for those who find the server running
``clients.lock``   every client holds a shared lock on it, which the system drops when one dies
``change.lock``    held while the server is looked for, started or stopped
=================  ================================================================================
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TypeAlias
from urllib.parse import quote_plus

from sbmir.database.mongod import find_mongod, launch
from sbmir.errors import ServiceError
from sbmir.files import write_text

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)

LockFile: TypeAlias = "IO[bytes]"

MAX_SOCKET_PATH_BYTES = 107
"""What the system's socket address holds, less the zero at its end."""

SOCKET_NAME = "mongod.sock"
# mongod adds a second socket of this name, after its (unused) port, under its socket prefix.
PREFIX_SOCKET_NAME = "mongodb-27017.sock"

_POLL_S = 0.02
_STOP_PATIENCE_S = 20.0
"""Then it is killed: its journal keeps what was acknowledged."""


class PrivateServer:
    """A context in which a private mongod runs; contexts of several processes share it.

    Parameters
    ----------
    data_dir:
        Where the server keeps its data; made where it is not there.
    binary:
        The mongod program; by default the one on PATH, then that of an installed package.
    patience_s:
        How long the server may take to start, in seconds: after a crash it replays its journal.
    """

    def __init__(
        self, data_dir: Path, binary: Path | None = None, *, patience_s: float = 60.0
    ) -> None:
        self.data_dir = Path(data_dir).resolve()
        self._binary = binary
        self._patience_s = patience_s
        self._membership: LockFile | None = None
        self._socket_path: Path | None = None

    @property
    def log_path(self) -> Path:
        """The server's log."""
        return self.data_dir / "mongod.log"

    @property
    def socket_path(self) -> Path:
        """The socket that the server listens on; known inside the context."""
        if self._socket_path is None:
            raise RuntimeError("the private server has not been entered")
        return self._socket_path

    @property
    def uri(self) -> str:
        """The connection string of the server."""
        return f"mongodb://{quote_plus(str(self.socket_path))}/"

    def __enter__(self) -> PrivateServer:
        """Join the running server, or start one.

        Raises
        ------
        ServiceError
            Where there is no mongod, or it does not start; with what to do about it.
        """
        if sys.platform == "win32":
            raise ServiceError(
                "A private MongoDB server needs Unix sockets, which this system has not.",
                remedy="Install MongoDB and set mongodb.uri or SBMIR_MONGODB_URI.",
            )
        self._make_data_dir()
        self._membership = (self.data_dir / "clients.lock").open("ab")
        try:
            with self._change():
                fcntl.flock(self._membership, fcntl.LOCK_SH)
                self._find_or_start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the server; stop it where nobody else uses it."""
        self._leave()

    def ensure_running(self) -> None:
        """Start the server again where it has died, on the same socket where that can be."""
        with self._change():
            self._find_or_start()

    def _make_data_dir(self) -> None:
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.data_dir / "db").mkdir(exist_ok=True, mode=0o700)
            (self.data_dir / "clients.lock").open("ab").close()
        except OSError as error:
            raise ServiceError(
                f"The private MongoDB cannot use the folder {self.data_dir}.",
                why=f"{error.strerror}: {error.filename}",
                remedy="Mend its permissions, or set mongodb.data_dir to another folder.",
            ) from error

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Let one process at a time look for, start or stop the server."""
        with (self.data_dir / "change.lock").open("ab") as lock:
            if not _wait_until(lambda: _try_lock(lock), 2 * self._patience_s):
                raise ServiceError(
                    f"Another program has been starting or stopping the MongoDB of {self.data_dir}"
                    f" for {2 * self._patience_s:g} s.",
                    remedy=f"See {self.log_path}; end that program.",
                )
            yield

    def _leave(self) -> None:
        membership, self._membership = self._membership, None
        if membership is None:
            return
        with membership, self._change():
            if _try_lock(membership):
                self._stop()

    def _find_or_start(self) -> None:
        self._socket_path = self._recorded_socket()
        # A server whose starter was killed may not have written its process id yet.
        _wait_until(lambda: self._running_pid() != 0, self._patience_s)
        pid = self._running_pid()
        if pid is not None:
            if self._socket_path is not None and self._answers(pid):
                logger.debug("using the private MongoDB of process %d", pid)
                return
            self._stop_unreachable(pid)
        if self._socket_path is None:
            self._socket_path = _make_socket_folder() / SOCKET_NAME
            write_text(self.data_dir / "socket", str(self._socket_path))
        launch(find_mongod(self._binary), self.data_dir, self._socket_path, self._patience_s)
        logger.debug("started a private MongoDB on %s", self._socket_path)

    def _recorded_socket(self) -> Path | None:
        """The path that was written down, where its folder is ours alone.

        A folder that has gone is made again under its name, so that clients find the server there.
        """
        try:
            recorded = Path((self.data_dir / "socket").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None
        with suppress(OSError):
            recorded.parent.mkdir(mode=0o700)
        return recorded if _is_ours_alone(recorded.parent) else None

    def _running_pid(self) -> int | None:
        """The process id of the mongod that runs on the data, or None.

        mongod holds a lock on ``mongod.lock`` as long as it lives, and writes its id there; 0
        where that is empty, in the moments after its start and before its end.
        """
        try:
            with (self.data_dir / "db" / "mongod.lock").open("rb") as lock:
                if _try_lock(lock):
                    return None
                return int(lock.read() or b"0")
        except FileNotFoundError:
            return None

    def _answers(self, pid: int) -> bool:
        """Whether something listens on the socket; waits while the process lives."""

        def accepts_or_is_gone() -> bool:
            return _accepts(self.socket_path) or self._running_pid() != pid

        # Where the socket's file is gone, as after a cleaning of the temporary folder, no waiting
        # helps; a server that has only just started makes it within moments.
        patience_s = self._patience_s if self.socket_path.exists() else 2.0
        return _wait_until(accepts_or_is_gone, patience_s) and _accepts(self.socket_path)

    def _stop_unreachable(self, pid: int) -> None:
        """Stop a server of ours that cannot be reached any more, so that one can be started."""
        if not self._is_ours(pid):
            raise ServiceError(
                f"The folder {self.data_dir} is in use by a MongoDB that SBMIR did not start here"
                f" (process {pid}, perhaps of another computer).",
                remedy="Stop that, or set mongodb.data_dir to another folder.",
            )
        logger.warning("The private MongoDB (process %d) does not answer: it is restarted.", pid)
        self._terminate(pid)

    def _stop(self) -> None:
        pid = self._running_pid()
        if pid is not None and self._is_ours(pid):
            self._terminate(pid)
        if self._socket_path is not None:
            _remove_socket_folder(self._socket_path.parent)

    def _is_ours(self, pid: int) -> bool:
        """Whether the process is a mongod that was started here, on this data.

        Where the folder is shared with another computer or container, the id is of a process
        there, and may be that of anything here.
        """
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return not Path("/proc/self").exists() and _is_alive(pid)
        return os.fsencode(f"--dbpath={self.data_dir / 'db'}") in arguments

    def _terminate(self, pid: int) -> None:
        for kind in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(pid, kind)
            if _wait_until(lambda: self._running_pid() is None, _STOP_PATIENCE_S):
                return
        raise ServiceError(
            f"The private MongoDB (process {pid}) cannot be stopped.",
            remedy=f"End the process yourself; see {self.log_path}.",
        )


def _try_lock(file: LockFile) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_until(condition: Callable[[], bool], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return pid > 0


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _make_socket_folder() -> Path:
    """Make a folder of a new, random name that only this user may enter.

    Because the name is not known beforehand, nobody can lie in wait under it.
    """
    bases = [os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"]
    for base in filter(None, bases):
        # The random part of the name has eight letters.
        longest = Path(base, "sbmir-12345678", PREFIX_SOCKET_NAME)
        if len(os.fsencode(longest)) > MAX_SOCKET_PATH_BYTES:
            continue
        with suppress(OSError):
            return Path(tempfile.mkdtemp(prefix="sbmir-", dir=base))
    raise ServiceError(
        "There is no folder for the socket of the private MongoDB.",
        why=f"It must be writable and short ({MAX_SOCKET_PATH_BYTES} bytes with the file's name).",
        remedy="Set TMPDIR to such a folder.",
    )


def _is_ours_alone(folder: Path) -> bool:
    try:
        facts = folder.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(facts.st_mode) and not stat.S_IMODE(facts.st_mode) & 0o077
    return private and facts.st_uid == os.getuid()


def _remove_socket_folder(folder: Path) -> None:
    if _is_ours_alone(folder):
        shutil.rmtree(folder, ignore_errors=True)
