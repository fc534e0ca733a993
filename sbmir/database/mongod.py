"""The mongod program: where it is found, how it is started, and why it did not start."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from sbmir.errors import NotFoundError, ServiceError

_CACHE_GB = 0.5
_MAX_LOG_BYTES = 16 * 2**20
_NEEDED_BYTES = 200 * 2**20
"""A new server writes some 100 MB, and stops where the disk is full."""

_EXIT_NEWER_DATA = 62
_NEWER_DATA_SIGNS = (
    "UPGRADE PROBLEM",
    "Wrong mongod version",
    "unsupported WiredTiger file version",
    "WT_VERSION_MISMATCH",
)


def find_mongod(configured: Path | None = None) -> Path:
    """Find mongod: as configured, on PATH, or in an installed package that carries one.

    Raises
    ------
    NotFoundError
        Where the configured program is not there.
    ServiceError
        Where there is none at all; says how to get one.
    """
    if configured is not None:
        if not configured.is_file():
            raise NotFoundError(
                f"The setting mongodb.binary names {configured}, which is not there.",
                remedy="Correct or remove the setting.",
            )
        return configured
    on_path = shutil.which("mongod")
    if on_path is not None:
        return Path(on_path)
    packaged = _packaged_mongod()
    if packaged is None:
        raise ServiceError(
            "No MongoDB server program (mongod) was found.",
            why="Neither mongodb.binary is set, nor is one on PATH or in an installed package.",
            remedy='Run `make setup` or `pip install "sbmir[mongod]"`, or install MongoDB; or name '
            "a running server with mongodb.uri or SBMIR_MONGODB_URI.",
        )
    return packaged


def _packaged_mongod() -> Path | None:
    # Only looked up, not imported: the package may be the whole of FiftyOne.
    package = importlib.util.find_spec("fiftyone")
    for folder in (package.submodule_search_locations if package else None) or ():
        program = Path(folder, "db", "bin", "mongod")
        if not program.is_file():
            continue
        if not os.access(program, os.X_OK):
            _make_runnable(program)
        return program
    return None


def _make_runnable(program: Path) -> None:
    try:
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    except OSError as error:
        raise ServiceError(
            f"{program} may not be run, and its permissions cannot be changed.",
            why=str(error.strerror),
            remedy=f"Let its owner run: chmod +x '{program}'",
        ) from error


def launch(binary: Path, data_dir: Path, socket_path: Path, patience_s: float) -> None:
    """Start mongod on ``data_dir/db``; return when it takes connections on ``socket_path``.

    It runs on when this program ends, and Ctrl+C in a terminal does not reach it.

    Raises
    ------
    ServiceError
        Where it does not start; says why as far as mongod's log tells.
    """
    log_path = data_dir / "mongod.log"
    _set_long_log_aside(log_path)
    log_start = log_path.stat().st_size if log_path.exists() else 0
    command = [
        str(binary),
        "--fork",
        f"--dbpath={data_dir / 'db'}",
        f"--logpath={log_path}",
        "--logappend",
        "--quiet",
        f"--bind_ip={socket_path}",
        f"--unixSocketPrefix={socket_path.parent}",
        "--noscripting",
        f"--wiredTigerCacheSizeGB={_CACHE_GB}",
        # Not 300 MB of empty journal for a small database.
        "--wiredTigerEngineConfigString=log=(prealloc=false)",
        "--setParameter=diagnosticDataCollectionEnabled=false",
    ]
    # Its output goes to a file: the server might keep a pipe open, and we would wait for its end.
    with tempfile.TemporaryFile() as output:
        try:
            status = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                timeout=patience_s,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired as error:
            raise ServiceError(
                f"The private MongoDB did not start within {patience_s:g} s.",
                remedy=f"See {log_path}.",
            ) from error
        except OSError as error:
            raise ServiceError(
                f"The MongoDB server {binary} cannot be run.",
                why=str(error.strerror),
                remedy="Set mongodb.binary to a mongod for this computer.",
            ) from error
        if status != 0:
            output.seek(0)
            log = _read_from(log_path, log_start) or output.read().decode(errors="replace")
            raise _why_not_started(status, log, data_dir)


def _set_long_log_aside(log_path: Path) -> None:
    if log_path.exists() and log_path.stat().st_size > _MAX_LOG_BYTES:
        log_path.replace(log_path.with_suffix(".log.old"))


def _read_from(log_path: Path, start: int) -> str:
    try:
        with log_path.open("rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def _why_not_started(status: int, log: str, data_dir: Path) -> ServiceError:
    what = f"The private MongoDB on {data_dir} did not start"
    if "No space left on device" in log or shutil.disk_usage(data_dir).free < _NEEDED_BYTES:
        return ServiceError(
            f"{what}: the disk is full.",
            remedy="Make room, or set mongodb.data_dir to a folder on another disk.",
        )
    if status == _EXIT_NEWER_DATA or any(sign in log for sign in _NEWER_DATA_SIGNS):
        return ServiceError(
            f"{what}: its data were written by another version of MongoDB.",
            remedy="Set mongodb.binary to a mongod of that version, or mongodb.data_dir to another "
            "folder and ingest again.",
        )
    return ServiceError(
        f"{what} (exit status {status}).",
        why=_first_complaint(log),
        remedy=f"See {data_dir / 'mongod.log'}. Where its data are damaged, move {data_dir} away "
        "and ingest again.",
    )


def _first_complaint(log: str) -> str:
    """The first error in mongod's log, whose lines are JSON objects; else its last other line.

    What follows the first error is mostly its own end being told.
    """
    other = ""
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            other = line.strip() or other
            continue
        if entry.get("s") in ("E", "F"):
            facts = entry.get("attr", {})
            detail = facts.get("message") or facts.get("error") or ""
            if isinstance(detail, dict):
                detail = detail.get("msg", "")
            return f"{entry.get('msg', '')}: {detail}".removesuffix(": ")
    return other
