"""Which MongoDB is used: a configured one, or a private one that is started for us."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from pymongo import MongoClient
from pymongo.errors import ConfigurationError, InvalidName, PyMongoError

from sbmir.config.mongodb import MongoSettings
from sbmir.database.mongo import MongoRepository
from sbmir.database.patience import Patience
from sbmir.database.private_server import PrivateServer
from sbmir.errors import ConfigError, ServiceError

URI_VARIABLE = "SBMIR_MONGODB_URI"
OLDEST_VERSION = 6
PATIENCE_S = 30.0
"""How long an operation waits for a server that has gone: an election takes some 12 s."""


def default_data_dir() -> Path:
    """Where the private server keeps its data unless the settings say otherwise."""
    return Path(platformdirs.user_data_dir("sbmir")) / "mongodb"


@dataclass(frozen=True)
class Connection:
    """A server that answers.

    Attributes
    ----------
    place:
        What is said of it; without passwords.
    revive:
        Starts a server of our own that has died.
    """

    client: MongoClient[dict[str, Any]]
    place: str
    revive: Callable[[], None]


@contextmanager
def connect_client(settings: MongoSettings) -> Iterator[Connection]:
    """Connect to the server of the settings; see ``connect`` for which that is.

    Raises
    ------
    ConfigError
        Where the connection string is no such thing.
    ServiceError
        Where the server does not answer, refuses, is too old, or cannot be started.
    """
    uri = settings.uri or os.environ.get(URI_VARIABLE) or None
    with ExitStack() as stack:
        if uri is None:
            data_dir = settings.data_dir or default_data_dir()
            server = stack.enter_context(PrivateServer(data_dir, settings.binary))
            # It is there, or has died: waiting does not bring it back, starting it again does.
            client = _client(server.uri, settings.timeout_s, selection_s=1.0)
            connection = Connection(client, "private server", server.ensure_running)
        else:
            client = _client(uri, settings.timeout_s, selection_s=settings.timeout_s)
            connection = Connection(client, f"at {hosts_of(uri)}", lambda: None)
        stack.enter_context(client)
        _check_server(client, connection.place)
        yield connection


@contextmanager
def connect(settings: MongoSettings, project_name: str) -> Iterator[MongoRepository]:
    """Connect to the reference database ``project_name``.

    The server is that of ``settings.uri``, else that of the environment's ``SBMIR_MONGODB_URI``,
    else a private one, which runs as long as somebody is connected to it.

    Raises
    ------
    ConfigError
        Where the connection string is no such thing.
    ServiceError
        Where the server does not answer, refuses, is too old, or cannot be started.
    """
    with connect_client(settings) as connection:
        patience = Patience(PATIENCE_S, connection.revive)
        try:
            repository = MongoRepository(
                connection.client, project_name, patience=patience, place=connection.place
            )
        except InvalidName as error:
            raise ConfigError(
                f"project_name {project_name!r} cannot name a database.", why=str(error)
            ) from error
        yield repository


# An @ can only be the end of user and password: an address in which a sign of a password was not
# escaped does not match, rather than that a part of the password is taken for a server.
_WELL_FORMED = re.compile(
    r"mongodb(\+srv)?://([^:/?#@]*(:[^/?#@]*)?@)?(?P<hosts>[^/?#@]+)(/[^@]*)?(\?[^@]*)?"
)


def hosts_of(uri: str) -> str:
    """The servers that a connection string names, without user, password and options."""
    match = _WELL_FORMED.fullmatch(uri)
    return match["hosts"] if match else "the configured servers"


def _client(uri: str, timeout_s: float, *, selection_s: float) -> MongoClient[dict[str, Any]]:
    # The driver would take anything else for the name of a server, and tell it.
    if not uri.startswith(("mongodb://", "mongodb+srv://")):
        raise _bad_uri(uri, ValueError("It does not begin with mongodb:// or mongodb+srv://."))
    try:
        return MongoClient(
            uri,
            appname="sbmir",
            serverSelectionTimeoutMS=round(1000 * selection_s),
            connectTimeoutMS=round(1000 * timeout_s),
            retryWrites=True,
            retryReads=True,
        )
    except ConfigurationError as error:
        if uri.startswith("mongodb+srv://"):
            raise ServiceError(
                f"The MongoDB servers of {hosts_of(uri)} cannot be looked up.",
                why=_without(uri, str(error)),
                remedy="Check the network, and the name in mongodb.uri or SBMIR_MONGODB_URI.",
            ) from None
        raise _bad_uri(uri, error) from None
    except (PyMongoError, ValueError) as error:
        raise _bad_uri(uri, error) from None


def _bad_uri(uri: str, error: Exception) -> ConfigError:
    return ConfigError(
        "The connection string in mongodb.uri or SBMIR_MONGODB_URI cannot be used.",
        why=_without(uri, str(error)),
        remedy="It looks like mongodb://user:password@host:27017/?tls=true, with signs such as @ "
        "and / in the password written as %40 and %2F.",
    )


def _without(uri: str, message: str) -> str:
    """The message, unless it repeats a part of the connection string that may be secret."""
    secrets = [part for part in re.split(r"[:/@?&=,]+", uri.replace(hosts_of(uri), "")) if part]
    return "" if any(len(part) > 2 and part in message for part in secrets[1:]) else message


def _check_server(client: MongoClient[dict[str, Any]], place: str) -> None:
    # Without patience: who has just started the application wants to hear at once.
    version = Patience(0).run(client.server_info)["version"]
    if int(version.split(".")[0]) < OLDEST_VERSION:
        raise ServiceError(
            f"The MongoDB server ({place}) is of version {version}.",
            remedy=f"At least version {OLDEST_VERSION} is needed.",
        )
