"""From a query to ranked patients."""

import numpy as np
import pytest

from sbmir.catalogue import Side
from sbmir.database.repository import CodeMatrix, SliceRecord
from sbmir.errors import ConfigError, NotFoundError, ServiceError
from sbmir.filters import Filters
from sbmir.keys import SliceKey
from sbmir.retrieval import Query, RankedPatient, Retriever
from sbmir.search.engine import MetricKind
from sbmir.search.exact import ExactEngine

PATIENTS = ("A", "B", "C", "D")


@pytest.fixture
def matrix() -> CodeMatrix:
    keys = tuple(SliceKey("BraTS", name, index) for name in PATIENTS for index in range(3))
    nac, aac = np.random.default_rng(3).standard_normal((2, len(keys), 8), dtype=np.float32)
    return CodeMatrix(keys, nac, aac)


@pytest.fixture(params=list(MetricKind))
def retriever(matrix: CodeMatrix, request: pytest.FixtureRequest) -> Retriever:
    return Retriever(ExactEngine(matrix), request.param, list)


def test_the_patient_whose_slice_is_asked_for_comes_first(
    retriever: Retriever, matrix: CodeMatrix
) -> None:
    key = matrix.keys[7]
    codes = retriever.codes_of(key)

    found = retriever.search(Query(codes.normal, codes.abnormal, weight=0.7))

    assert found[0] == RankedPatient(1, key, 0.0)
    assert [one.rank for one in found] == [1, 2, 3, 4]
    assert {one.key.patient for one in found} == set(PATIENTS)
    assert [one.distance for one in found] == sorted(one.distance for one in found)


def test_codes_may_come_as_the_networks_give_them(retriever: Retriever, matrix: CodeMatrix) -> None:
    flat = Query(matrix.nac[0], matrix.aac[5])
    shaped = Query(matrix.nac[0].reshape(2, 2, 2), matrix.aac[5].reshape(2, 2, 2))

    assert retriever.search(shaped) == retriever.search(flat)


def test_the_templates_own_patient_is_left_out_unless_asked_for(
    retriever: Retriever, matrix: CodeMatrix
) -> None:
    template = matrix.keys[4]
    query = Query(matrix.nac[4], matrix.aac[4], template=template)
    with_template = Query(
        matrix.nac[4], matrix.aac[4], template=template, include_template_patient=True
    )

    assert {one.key.patient for one in retriever.search(query)} == {"A", "C", "D"}
    assert retriever.search(with_template)[0].key == template


def test_other_patients_can_be_left_out_as_well(retriever: Retriever, matrix: CodeMatrix) -> None:
    query = Query(
        matrix.nac[0],
        matrix.aac[0],
        template=matrix.keys[0],
        excluded_patients={("BraTS", "D"), ("BraTS", "unknown")},
    )

    assert {one.key.patient for one in retriever.search(query)} == {"B", "C"}


def test_as_many_patients_are_given_as_wanted(retriever: Retriever, matrix: CodeMatrix) -> None:
    query = Query(matrix.nac[0], matrix.aac[0])

    assert retriever.search(query, top=2) == retriever.search(query)[:2]


def test_a_weight_that_makes_no_sense_is_refused(retriever: Retriever, matrix: CodeMatrix) -> None:
    with pytest.raises(ConfigError, match="weight"):
        retriever.search(Query(matrix.nac[0], matrix.aac[0], weight=2.0))


def test_an_example_that_is_not_in_the_database_is_named(retriever: Retriever) -> None:
    with pytest.raises(NotFoundError, match="BraTS/E:3"):
        retriever.codes_of(SliceKey("BraTS", "E", 3))


def test_a_database_without_codes_of_the_model_says_what_to_do() -> None:
    class EmptyRepository:
        def load_codes(self, dataset: str, fingerprint: str) -> CodeMatrix:
            nothing = np.empty((0, 0), np.float32)
            return CodeMatrix((), nothing, nothing)

    with pytest.raises(NotFoundError, match="sbmir ingest"):
        Retriever.from_repository(EmptyRepository(), "BraTS", "abc", MetricKind.PUBLISHED)  # type: ignore[arg-type]


LEFT = Filters(side=Side.LEFT)


def records_of(matrix: CodeMatrix) -> list[SliceRecord]:
    """Lesions on the left in slice 1 of A, B and C; on the right in slice 2 of D."""
    sides = {("A", 1): Side.LEFT, ("B", 1): Side.LEFT, ("C", 1): Side.LEFT, ("D", 2): Side.RIGHT}
    found = []
    for key in matrix.keys:
        side = sides.get((key.patient, key.index))
        pixels = (0, 9, 0) if side else (0, 0, 0)
        found.append(SliceRecord(key, bool(side), bool(side), pixels, side, (), 1.0))
    return found


class Database:
    """Counts how often it is asked, and can be away."""

    def __init__(self, matrix: CodeMatrix) -> None:
        self.matrix = matrix
        self.is_away = False
        self.questions = 0

    def read(self) -> list[SliceRecord]:
        self.questions += 1
        if self.is_away:
            raise ServiceError("The database does not answer.")
        return records_of(self.matrix)


@pytest.fixture
def database(matrix: CodeMatrix) -> Database:
    return Database(matrix)


@pytest.fixture
def filtering(matrix: CodeMatrix, database: Database) -> Retriever:
    return Retriever(ExactEngine(matrix), MetricKind.PUBLISHED, database.read)


def test_with_a_filter_the_nearest_slice_that_passes_is_shown(
    filtering: Retriever, matrix: CodeMatrix
) -> None:
    query = Query(matrix.nac[0], matrix.aac[0], filters=LEFT)
    found = filtering.search(query)
    assert sorted(one.key.patient for one in found) == ["A", "B", "C"]
    assert {one.key.index for one in found} == {1}
    assert filtering.n_found(query) == 3


def test_how_many_can_be_found_does_not_count_who_is_left_out(
    filtering: Retriever, matrix: CodeMatrix
) -> None:
    codes = matrix.nac[0], matrix.aac[0]
    everybody = Query(*codes, excluded_patients={("BraTS", "D"), ("BraTS", "unknown")})
    own_left_out = Query(*codes, template=matrix.keys[0], filters=LEFT)
    assert filtering.n_found(everybody) == len(filtering.search(everybody)) == 3
    assert filtering.n_found(own_left_out) == len(filtering.search(own_left_out)) == 2


def test_the_database_is_asked_once_and_only_for_filters(
    filtering: Retriever, matrix: CodeMatrix, database: Database
) -> None:
    filtering.search(Query(matrix.nac[0], matrix.aac[0]))
    assert database.questions == 0
    for side in Side:
        filtering.search(Query(matrix.nac[0], matrix.aac[0], filters=Filters(side=side)))
    assert database.questions == 1


def test_a_database_that_is_away_hinders_filters_only_until_it_is_back(
    filtering: Retriever, matrix: CodeMatrix, database: Database
) -> None:
    plain, filtered = (
        Query(matrix.nac[0], matrix.aac[0]),
        Query(matrix.nac[0], matrix.aac[0], filters=LEFT),
    )
    database.is_away = True
    assert len(filtering.search(plain)) == 4
    with pytest.raises(ServiceError):
        filtering.search(filtered)
    database.is_away = False
    assert len(filtering.search(filtered)) == 3
    database.is_away = True
    assert len(filtering.search(filtered)) == 3


def test_what_is_usual_is_known_once_it_is_prepared() -> None:
    keys = tuple(SliceKey("BraTS", f"{patient}", index) for patient in range(8) for index in (0, 1))
    nac, aac = np.random.default_rng(3).standard_normal((2, len(keys), 8), dtype=np.float32)
    records = [
        SliceRecord(key, key.index == 1, key.index == 1, (0, 5 * key.index, 0), None)
        for key in keys
    ]
    retriever = Retriever(
        ExactEngine(CodeMatrix(keys, nac, aac)), MetricKind.BALANCED, lambda: records
    )
    assert retriever.usual_distance(0.5) is None
    retriever.prepare()
    usual = retriever.usual_distance(0.5)
    assert usual is not None
    nearest = [
        retriever.search(Query(nac[row], aac[row], template=keys[row]))[0].distance
        for row in range(1, len(keys), 2)
    ]
    assert sum(distance <= usual for distance in nearest) >= 7


def test_the_fingerprint_changes_with_any_code_or_name(matrix: CodeMatrix) -> None:
    def fingerprint(keys: tuple[SliceKey, ...], nac: np.ndarray, aac: np.ndarray) -> str:
        engine = ExactEngine(CodeMatrix(keys, nac, aac))
        return Retriever(engine, MetricKind.PUBLISHED, list).fingerprint()

    same = fingerprint(matrix.keys, matrix.nac, matrix.aac)
    changed = matrix.aac.copy()
    changed[5, 3] += np.float32(1e-6)
    renamed = (*matrix.keys[:-1], SliceKey("BraTS", "E", 2))
    assert same == fingerprint(matrix.keys, matrix.nac.copy(), matrix.aac.copy())
    others = {
        fingerprint(matrix.keys, matrix.nac, changed),
        fingerprint(matrix.keys, matrix.aac, matrix.nac),
        fingerprint(renamed, matrix.nac, matrix.aac),
    }
    assert len(others | {same}) == 4
