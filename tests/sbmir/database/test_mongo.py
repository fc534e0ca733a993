"""What only the store in MongoDB has: its documents, and what becomes of writers that die."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bson.binary import Binary, BinaryVectorDtype
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure

from sbmir.catalogue import Side
from sbmir.database.mongo import MongoRepository, decode_vector, encode_vector
from sbmir.database.patience import Patience
from sbmir.database.repository import ReferencePatient
from sbmir.errors import DataError, ServiceError
from sbmir.filters import Filters
from sbmir.retrieval import Query, Retriever
from sbmir.search.engine import MetricKind

MakePatient = Callable[..., ReferencePatient]


class KilledError(Exception):
    """Stands for the end of the program at some moment of a write."""


def test_codes_are_bson_vectors_that_other_programs_read() -> None:
    numbers = np.array([0.1, -2.5, 3e7], np.float32)

    vector = encode_vector(numbers)

    assert vector == Binary.from_vector(numbers.tolist(), BinaryVectorDtype.FLOAT32)
    np.testing.assert_array_equal(decode_vector(vector), numbers)


def test_vectors_of_other_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="float32"):
        decode_vector(Binary.from_vector([1, 2], BinaryVectorDtype.INT8))


def test_slices_and_codes_are_unique(
    mongo: MongoRepository, client: MongoClient[dict[str, Any]], make_patient: MakePatient
) -> None:
    mongo.put_patient(make_patient())
    database = client["tests"]

    for name in ("slices", "codes", "patients"):
        copy = database[name].find_one({}, {"_id": 0})
        assert copy is not None
        with pytest.raises(DuplicateKeyError):
            database[name].insert_one(copy)


@pytest.mark.parametrize("survived", range(6))
@pytest.mark.parametrize("before", ["absent", "other"])
def test_a_writer_that_dies_never_leaves_half_a_patient(
    mongo: MongoRepository,
    make_patient: MakePatient,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    survived: int,
) -> None:
    """Dies after each number of writes; then another run completes what it began."""
    if before == "other":
        mongo.put_patient(make_patient(seed=5, n_slices=5))
    with monkeypatch.context() as patched:
        _die_after(mongo, survived, patched)
        with pytest.raises(KilledError):
            mongo.put_patient(make_patient(seed=1))

    seen = len(mongo.load_codes("BraTS", "model-1").keys)
    assert seen == 5 * (before == "other" and not survived)
    assert len(mongo.patients("BraTS", "model-1")) == bool(seen)

    mongo.put_patient(make_patient(seed=1))
    matrix = mongo.load_codes("BraTS", "model-1")
    np.testing.assert_array_equal(matrix.nac, make_patient(seed=1).nac)


def _die_after(mongo: MongoRepository, count: int, patched: pytest.MonkeyPatch) -> None:
    """Let ``count`` of the writes of ``put_patient`` through."""
    done = 0

    def dying(write: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal done
            done += 1
            if done > count:
                raise KilledError
            return write(*arguments, **options)

        return call

    for collection in (mongo._patients, mongo._slices, mongo._codes):
        for name in ("update_many", "bulk_write", "delete_many", "replace_one"):
            patched.setattr(collection, name, dying(getattr(collection, name)), raising=False)


def test_two_writers_of_the_same_patients_both_finish(
    client: MongoClient[dict[str, Any]], make_patient: MakePatient
) -> None:
    names = [f"patient {number}" for number in range(8)]
    errors: list[BaseException] = []

    def write() -> None:
        repository = MongoRepository(client, "tests")
        try:
            for name in names:
                repository.put_patient(make_patient(name))
        except BaseException as error:
            errors.append(error)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert not errors
    repository = MongoRepository(client, "tests")
    assert [record.patient for record in repository.patients("BraTS", "model-1")] == names
    assert len(repository.load_codes("BraTS", "model-1").keys) == 3 * len(names)
    assert client["tests"]["codes"].count_documents({}) == 3 * len(names)


def test_a_patient_with_codes_of_two_writers_is_left_out_and_said(
    mongo: MongoRepository,
    client: MongoClient[dict[str, Any]],
    make_patient: MakePatient,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("A", "B"):
        mongo.put_patient(make_patient(name))
    client["tests"]["codes"].update_one({"patient": "A", "slice": 1}, {"$set": {"revision": "?"}})

    matrix = mongo.load_codes("BraTS", "model-1")

    assert {key.patient for key in matrix.keys} == {"B"}
    assert matrix.nac.shape == (3, 4)
    assert [record.patient for record in mongo.patients("BraTS", "model-1")] == ["B"]
    assert "left out: A" in caplog.text


def test_a_database_of_before_sizes_were_stored_can_be_read(
    mongo: MongoRepository, client: MongoClient[dict[str, object]], make_patient: MakePatient
) -> None:
    mongo.put_patient(make_patient("A"))
    client["tests"]["slices"].update_many({}, {"$unset": {"pixel_mm2": ""}})

    assert {record.pixel_mm2 for record in mongo.slice_records("BraTS")} == {None}


def test_filters_ask_the_database_that_the_codes_came_from(
    mongo: MongoRepository, make_patient: MakePatient
) -> None:
    patients = [make_patient(name, seed=seed) for seed, name in enumerate("ABC")]
    for patient in patients:
        mongo.put_patient(patient)
    retriever = Retriever.from_repository(mongo, "BraTS", "model-1", MetricKind.PUBLISHED)
    codes = patients[0].nac[0], patients[0].aac[0]

    left = retriever.search(Query(*codes, filters=Filters(side=Side.LEFT)))

    assert {(one.key.patient, one.key.index) for one in left} == {("A", 2), ("B", 2), ("C", 2)}
    assert retriever.search(Query(*codes, filters=Filters(side=Side.RIGHT))) == []


def test_a_retriever_searches_what_the_database_holds(
    mongo: MongoRepository, make_patient: MakePatient
) -> None:
    for seed, name in enumerate("ABC"):
        mongo.put_patient(make_patient(name, seed=seed))

    retriever = Retriever.from_repository(mongo, "BraTS", "model-1", MetricKind.PUBLISHED)

    assert retriever.n_slices == 9


def test_operations_go_on_when_the_server_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    revived = []
    outcomes = iter([AutoReconnect("gone"), AutoReconnect("still gone")])

    def operation() -> str:
        for error in outcomes:
            raise error
        return "done"

    assert Patience(10, lambda: revived.append(1)).run(operation) == "done"
    assert len(revived) == 2
    assert "MongoDB does not answer; trying again." in caplog.text


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (AutoReconnect("h:1: refused (configured timeouts: …), full error: {…}"), "h:1: refused$"),
        (OperationFailure("Authentication failed.", 18), "does not accept the user"),
        (OperationFailure("not authorized", 13), "does not accept the user"),
        (OperationFailure("", 14031), "disk .* is full"),
        (OperationFailure("odd", 9), "refuses an operation"),
    ],
)
def test_errors_are_explained(error: Exception, message: str) -> None:
    def operation() -> None:
        raise error

    with pytest.raises(ServiceError, match=f"(?m){message}"):
        Patience(0).run(operation)
