"""A real private mongod for the whole session, and what is put into it."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymongo import MongoClient

from sbmir.catalogue import Side
from sbmir.database.mongo import MongoRepository
from sbmir.database.private_server import PrivateServer
from sbmir.database.repository import (
    CodeMatrix,
    PatientRecord,
    ReferencePatient,
    ReferenceRepository,
    SliceRecord,
)
from sbmir.keys import SliceKey

MakePatient = Callable[..., ReferencePatient]


class MemoryRepository:
    """The simplest thing that keeps the contract of ``ReferenceRepository``."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str, str], ReferencePatient] = {}
        self.slices: dict[tuple[str, str], tuple[SliceRecord, ...]] = {}

    def put_patient(self, patient: ReferencePatient) -> None:
        self.stored[patient.dataset, patient.patient, patient.fingerprint] = patient
        self.slices[patient.dataset, patient.patient] = patient.slices

    def remove_patient(self, dataset: str, patient: str, fingerprint: str | None = None) -> bool:
        of_patient = [key for key in self.stored if key[:2] == (dataset, patient)]
        doomed = [key for key in of_patient if fingerprint in (None, key[2])]
        for key in doomed:
            del self.stored[key]
        if doomed == of_patient:
            self.slices.pop((dataset, patient), None)
        return bool(doomed)

    def _of(self, dataset: str, fingerprint: str) -> list[ReferencePatient]:
        keys = sorted(key for key in self.stored if (key[0], key[2]) == (dataset, fingerprint))
        return [self.stored[key] for key in keys]

    def patients(self, dataset: str, fingerprint: str) -> list[PatientRecord]:
        return [patient.record for patient in self._of(dataset, fingerprint)]

    def slice_records(self, dataset: str, patient: str | None = None) -> list[SliceRecord]:
        found = [
            records
            for key, records in self.slices.items()
            if key[0] == dataset and patient in (None, key[1])
        ]
        return sorted(itertools.chain(*found), key=lambda record: record.key)

    def load_codes(self, dataset: str, fingerprint: str) -> CodeMatrix:
        patients = self._of(dataset, fingerprint)
        if not patients:
            return CodeMatrix((), np.empty((0, 0), np.float32), np.empty((0, 0), np.float32))
        return CodeMatrix(
            tuple(record.key for patient in patients for record in patient.slices),
            np.concatenate([patient.nac for patient in patients]),
            np.concatenate([patient.aac for patient in patients]),
        )

    def describe(self) -> str:
        return f"memory, {len({key[:2] for key in self.stored})} reference patients"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateServer]:
    with PrivateServer(tmp_path_factory.mktemp("mongodb")) as running:
        yield running


@pytest.fixture
def client(server: PrivateServer) -> Iterator[MongoClient[dict[str, object]]]:
    with MongoClient[dict[str, object]](server.uri, serverSelectionTimeoutMS=5000) as connected:
        yield connected
        connected.drop_database("tests")


@pytest.fixture
def mongo(client: MongoClient[dict[str, object]]) -> MongoRepository:
    return MongoRepository(client, "tests")


@pytest.fixture(params=["memory", "mongo"])
def repository(request: pytest.FixtureRequest) -> ReferenceRepository:
    """Each store that has to keep the contract."""
    if request.param == "memory":
        return MemoryRepository()
    found: MongoRepository = request.getfixturevalue("mongo")
    return found


@pytest.fixture
def make_patient() -> MakePatient:
    """Return a maker of small patients whose codes differ with ``seed``."""

    def make(
        name: str = "A",
        *,
        dataset: str = "BraTS",
        fingerprint: str = "model-1",
        n_slices: int = 3,
        length: int = 4,
        seed: int = 0,
        source: str = "files-1",
    ) -> ReferencePatient:
        random = np.random.default_rng(seed)
        blank = SliceRecord(SliceKey(dataset, name, 0), False, False, (0, 0, 0), None, ())
        slices = [replace(blank, key=replace(blank.key, index=i)) for i in range(n_slices)]
        slices[-1] = SliceRecord(
            slices[-1].key, True, True, (1, 22, 3), Side.LEFT, (f"/slices/{name}_seg.npy",), 0.875
        )
        return ReferencePatient(
            dataset,
            name,
            fingerprint,
            source,
            tuple(slices),
            random.standard_normal((n_slices, length), dtype=np.float32),
            random.standard_normal((n_slices, length), dtype=np.float32),
        )

    return make


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder for a private server of a test's own."""
    return tmp_path / "data"
