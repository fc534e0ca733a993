"""Finding and starting the mongod program, and saying why that failed."""

import importlib.machinery
import importlib.util
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from sbmir.database import mongod
from sbmir.database.private_server import PrivateServer
from sbmir.errors import NotFoundError, ServiceError


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with no mongod on PATH and no package that carries one."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    return monkeypatch


def make_program(path: Path, script: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_without_any_mongod_it_is_said_how_to_get_one(
    bare_machine: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ServiceError) as caught, PrivateServer(tmp_path / "data"):
        pass
    for way in ("make setup", 'pip install "sbmir[mongod]"', "mongodb.uri", "SBMIR_MONGODB_URI"):
        assert way in caught.value.remedy


def test_the_configured_program_comes_before_path_and_packages(
    bare_machine: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configured = make_program(tmp_path / "own" / "mongod")
    on_path = make_program(tmp_path / "bin" / "mongod")
    packaged = make_program(tmp_path / "fiftyone" / "db" / "bin" / "mongod")
    spec = importlib.machinery.ModuleSpec("fiftyone", None, is_package=True)
    assert spec.submodule_search_locations is not None
    spec.submodule_search_locations.append(str(tmp_path / "fiftyone"))

    bare_machine.setattr(importlib.util, "find_spec", lambda _name: spec)
    assert mongod.find_mongod() == packaged
    bare_machine.setenv("PATH", str(on_path.parent))
    assert mongod.find_mongod() == on_path
    assert mongod.find_mongod(configured) == configured


def test_a_packaged_program_without_its_run_bit_is_made_runnable(
    bare_machine: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    packaged = make_program(tmp_path / "db" / "bin" / "mongod")
    packaged.chmod(0o644)
    spec = importlib.machinery.ModuleSpec("fiftyone", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    bare_machine.setattr(importlib.util, "find_spec", lambda _name: spec)

    assert mongod.find_mongod() == packaged
    assert packaged.stat().st_mode & 0o100


def test_a_configured_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="absent"):
        mongod.find_mongod(tmp_path / "absent")


def test_a_program_for_another_machine_is_named(tmp_path: Path) -> None:
    program = tmp_path / "mongod"
    program.write_bytes(b"\x7fELF of another machine")
    program.chmod(0o755)

    with pytest.raises(ServiceError, match="cannot be run"), PrivateServer(tmp_path / "d", program):
        pass


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 62", "another version of MongoDB"),
        ("echo 'Wrong mongod version: UPGRADE PROBLEM'; exit 14", "another version of MongoDB"),
        ("echo 'write: No space left on device'; exit 100", "disk is full"),
        (
            """echo '{"s":"I","msg":"hello"}
{"s":"E","msg":"Failed to start","attr":{"error":"odd thing"}}
{"s":"F","msg":"aborting"}'; exit 48""",
            "exit status 48.*\nFailed to start: odd thing",
        ),
    ],
)
def test_why_it_did_not_start_is_told(tmp_path: Path, script: str, message: str) -> None:
    program = make_program(tmp_path / "mongod", script)

    with (
        pytest.raises(ServiceError, match=message) as caught,
        PrivateServer(tmp_path / "d", program),
    ):
        pass
    assert str(tmp_path / "d") in str(caught.value)


def test_damaged_data_are_told_with_what_mongod_says_of_them(tmp_path: Path) -> None:
    with PrivateServer(tmp_path):
        pass
    (tmp_path / "db" / "WiredTiger.turtle").write_bytes(b"no longer a turtle")

    with (
        pytest.raises(ServiceError, match=r"WiredTiger\.turtle") as caught,
        PrivateServer(tmp_path),
    ):
        pass
    assert f"move {tmp_path} away" in caught.value.remedy


def test_a_start_on_a_full_disk_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 10**6))
    program = make_program(tmp_path / "mongod", "exit 14")

    with pytest.raises(ServiceError, match="disk is full"), PrivateServer(tmp_path / "d", program):
        pass


def test_a_start_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    program = make_program(tmp_path / "mongod", "sleep 5")
    server = PrivateServer(tmp_path / "d", program, patience_s=0.2)

    with pytest.raises(ServiceError, match=r"within 0\.2 s"), server:
        pass


def test_a_long_log_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "mongod.log"
    with log.open("wb") as stream:
        stream.truncate(20 * 2**20)
    program = make_program(tmp_path / "program", "exit 0")
    (tmp_path / "db").mkdir()

    mongod.launch(program, tmp_path, tmp_path / "mongod.sock", 5.0)

    assert not log.exists()
    assert (tmp_path / "mongod.log.old").stat().st_size == 20 * 2**20
