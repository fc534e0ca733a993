"""Which MongoDB is used, and what is said where it cannot be."""

import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pymongo import MongoClient

from sbmir.config.mongodb import MongoSettings
from sbmir.database import connect
from sbmir.database.connection import default_data_dir, hosts_of
from sbmir.database.private_server import PrivateServer
from sbmir.database.repository import ReferencePatient
from sbmir.errors import ConfigError, SbmirError, ServiceError

MakePatient = Callable[..., ReferencePatient]


@pytest.fixture(autouse=True)
def no_server_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SBMIR_MONGODB_URI", raising=False)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def failure(settings: MongoSettings) -> SbmirError:
    with pytest.raises(SbmirError) as caught, connect(settings, "tests"):
        pass
    return caught.value


def test_settings_come_before_the_environment_and_that_before_a_private_server(
    server: PrivateServer, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SBMIR_MONGODB_URI", server.uri)
    with connect(MongoSettings(data_dir=data_dir), "tests") as repository:
        assert repository.patients("BraTS", "model-1") == []
    assert not data_dir.exists()

    monkeypatch.setenv("SBMIR_MONGODB_URI", "no connection string")
    with connect(MongoSettings(uri=server.uri), "tests") as repository:
        assert "private" not in repository.describe()

    monkeypatch.delenv("SBMIR_MONGODB_URI")
    with connect(MongoSettings(data_dir=data_dir), "tests") as repository:
        assert "private server" in repository.describe()


def test_private_data_lie_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert default_data_dir() == tmp_path / "sbmir" / "mongodb"


def test_nothing_acknowledged_is_lost_when_the_private_server_is_killed(
    data_dir: Path, make_patient: MakePatient, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(MongoSettings(data_dir=data_dir), "tests") as repository:
        repository.put_patient(make_patient("A", seed=1))
        os.kill(int((data_dir / "db" / "mongod.lock").read_text()), signal.SIGKILL)
        repository.put_patient(make_patient("B", seed=2))
        matrix = repository.load_codes("BraTS", "model-1")

    assert "MongoDB does not answer; trying again." in caplog.text
    expected = [make_patient("A", seed=1).nac, make_patient("B", seed=2).nac]
    np.testing.assert_array_equal(matrix.nac, np.concatenate(expected))


def test_what_was_stored_is_there_in_the_next_session(
    data_dir: Path, make_patient: MakePatient
) -> None:
    with connect(MongoSettings(data_dir=data_dir), "tests") as repository:
        repository.put_patient(make_patient())
    with connect(MongoSettings(data_dir=data_dir), "tests") as repository:
        assert repository.patients("BraTS", "model-1") == [make_patient().record]


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    uri = "mongodb://reader:s3cret@127.0.0.1:1/?authSource=admin"

    error = failure(MongoSettings(uri=uri, timeout_s=0.3))

    assert isinstance(error, ServiceError)
    assert "does not answer" in error.what
    assert "127.0.0.1:1" in error.why
    assert "s3cret" not in str(error)


def test_a_server_that_says_nothing_is_given_up(silent_port: int) -> None:
    error = failure(MongoSettings(uri=f"mongodb://127.0.0.1:{silent_port}", timeout_s=0.3))

    assert isinstance(error, ServiceError)
    assert "does not answer" in error.what


@pytest.mark.parametrize(
    "uri",
    [
        "s3cret",
        "http://reader:s3cret@host",
        "mongodb://reader:s3cret:x@host",
        "mongodb://reader:s3cret/x@host",
        "mongodb://reader:s3cret@host:port",
        "mongodb://reader:x@host/?s3cret",
    ],
)
def test_a_connection_string_that_is_none_is_told_without_its_password(uri: str) -> None:
    error = failure(MongoSettings(uri=uri, timeout_s=0.3))

    assert isinstance(error, ConfigError)
    assert "mongodb.uri" in error.what
    assert "s3cret" not in str(error)


def test_passwords_are_neither_shown_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    settings = MongoSettings(uri="mongodb://reader:s3cret@127.0.0.1:1", timeout_s=0.3)
    with caplog.at_level(logging.DEBUG):
        failure(settings)

    assert "s3cret" not in repr(settings)
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("uri", "hosts"),
    [
        ("mongodb://host", "host"),
        ("mongodb://u:p%40ss@a:1,b:2/db?tls=true", "a:1,b:2"),
        ("mongodb+srv://u:p@cluster.example.org/", "cluster.example.org"),
        ("mongodb://%2Ftmp%2Fa.sock/", "%2Ftmp%2Fa.sock"),
        ("mongodb://u:p?ss@host", "the configured servers"),
        ("mongodb://host/?authMechanismProperties=TOKEN:a@b", "the configured servers"),
    ],
)
def test_only_hosts_are_told_of_a_connection_string(uri: str, hosts: str) -> None:
    assert hosts_of(uri) == hosts


def test_an_old_server_is_refused(server: PrivateServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MongoClient, "server_info", lambda _self: {"version": "4.4.29"})

    error = failure(MongoSettings(uri=server.uri))

    assert "4.4.29" in error.what


def test_a_name_that_no_database_can_have_is_refused(server: PrivateServer) -> None:
    settings = MongoSettings(uri=server.uri)

    with pytest.raises(ConfigError, match="project_name"), connect(settings, "a.b"):
        pass
