"""A real private mongod for the stores of studies."""

import pytest
from pymongo import MongoClient

from sbmir.database.private_server import PrivateServer


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with PrivateServer(tmp_path_factory.mktemp("mongodb")) as running:
        yield running


@pytest.fixture
def client(server):
    with MongoClient(server.uri, serverSelectionTimeoutMS=5000) as connected:
        yield connected
        connected.drop_database("tests")
