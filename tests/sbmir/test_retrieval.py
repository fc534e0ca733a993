"""From a query to ranked patients."""

import numpy as np
import pytest

from sbmir.database.repository import CodeMatrix
from sbmir.errors import ConfigError, NotFoundError
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
