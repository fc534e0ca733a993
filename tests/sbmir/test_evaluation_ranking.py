"""The ways of ranking that the search by sketch is compared with."""

import numpy as np
import pytest
from evaluation_world import MemoryReference, key, query_for, square
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sbmir.codes import AnatomyCodes
from sbmir.database.repository import CodeMatrix
from sbmir.errors import DataError, NotFoundError
from sbmir.evaluation.features import FeatureReader, find_feature_folders
from sbmir.evaluation.isolation import find_isolated
from sbmir.evaluation.measures import mean_of, rank_of
from sbmir.evaluation.ranking import (
    ByChance,
    ByComparison,
    ByExample,
    BySketch,
    LabelOverlap,
    VectorDistance,
)
from sbmir.retrieval import Retriever
from sbmir.search.engine import Metric, MetricKind
from sbmir.search.exact import ExactEngine
from sbmir.similarity import compare_lesions

NOTHING = np.zeros((16, 16), np.uint8)
PATIENTS = {
    "A": [NOTHING, square(2, 2, 4)],
    "B": [NOTHING, square(2, 3, 4)],
    "C": [NOTHING, square(8, 8, 4)],
    "W": [NOTHING, square(2, 2, 4)],
}
QUERY = query_for(key("A", 1), key("W", 0), square(2, 2, 4))


def quiet(_done: int, _total: int) -> None:
    pass


@pytest.fixture
def reference() -> MemoryReference:
    return MemoryReference(PATIENTS)


@given(
    hnp.arrays(np.uint8, (3, 5, 6), elements=st.integers(0, 3)),
    hnp.arrays(np.uint8, (4, 5, 6), elements=st.integers(0, 3)),
)
def test_overlap_of_many_is_that_of_each(sketches, label_maps) -> None:
    reference = MemoryReference({"A": list(label_maps)})
    overlap = LabelOverlap(reference)
    overlap.prepare([query_for(key("A", 0), key("W", 0), sketch) for sketch in sketches])

    found = overlap.unlikeness(reference.by_patient["A"])

    for row, sketch in enumerate(sketches):
        for column, labels in enumerate(label_maps):
            dice = mean_of(list(compare_lesions(sketch, labels, (1, 1)).dice.values()))
            assert found[row, column] == pytest.approx(1 - (1.0 if dice is None else dice))


def test_labels_rank_by_overlap_without_the_templates_patient(reference) -> None:
    (rankings,) = ByComparison(reference, LabelOverlap(reference)).rank([QUERY], quiet)
    assert rankings == ((key("A", 1), key("B", 1), key("C", 0)),)


def test_distances_start_from_the_targets_slice_which_is_never_found(reference) -> None:
    numbers = {"A": [5.0, 0.0], "B": [3.0, 9.0], "C": [-1.0, 9.0], "W": [0.0, 0.0]}
    distance = VectorDistance(lambda one: np.float32([numbers[one.patient][one.index], 1]))
    (rankings,) = ByComparison(reference, distance).rank([QUERY], quiet)
    assert rankings == ((key("C", 0), key("B", 0), key("A", 0)),)


def test_distances_are_right_for_long_vectors() -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 40000)).astype(np.float32)
    distance = VectorDistance(lambda one: vectors[one.index])
    distance.prepare([query_for(key("A", 0), key("W", 0), NOTHING)])
    found = distance.unlikeness([key("B", 1), key("B", 2)])
    expected = ((vectors[1:] - vectors[0]).astype(np.float64) ** 2).sum(axis=1)
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_chance_ranks_every_patient_anew(reference) -> None:
    (rankings,) = ByChance(reference, seed=3, draws=400).rank([QUERY], quiet)
    assert {frozenset(one.patient for one in ranking) for ranking in rankings} == {frozenset("ABC")}
    ranks = [rank_of(QUERY.target, ranking) for ranking in rankings]
    assert np.mean(ranks) == pytest.approx(2, abs=0.15)
    assert ByChance(reference, seed=3, draws=400).rank([QUERY], quiet) == [rankings]
    assert ByChance(reference, seed=4, draws=400).rank([QUERY], quiet) != [rankings]


@pytest.fixture
def matrix() -> CodeMatrix:
    keys = tuple(key(name, index) for name in PATIENTS for index in range(2))
    nac, aac = np.random.default_rng(1).standard_normal((2, len(keys), 6), dtype=np.float32)
    return CodeMatrix(keys, nac, aac)


def test_the_search_by_sketch_is_the_applications_own(matrix: CodeMatrix) -> None:
    retriever = Retriever(ExactEngine(matrix), MetricKind.PUBLISHED, list)
    codes = [AnatomyCodes(matrix.nac[3], matrix.aac[3])]
    (rankings,) = BySketch(retriever, 0.7, codes, len(PATIENTS)).rank([QUERY])
    assert rankings[0][0] == matrix.keys[3]
    assert {one.patient for one in rankings[0]} == set("ABC")


def test_an_example_does_not_find_itself(matrix: CodeMatrix) -> None:
    engine = ExactEngine(matrix)
    (rankings,) = ByExample(engine, Metric.published(), len(PATIENTS)).rank([QUERY], quiet)
    assert {one.patient for one in rankings[0]} == set("ABC")
    assert QUERY.target not in rankings[0]
    assert key("A", 0) in rankings[0]


def test_a_slice_far_from_all_others_is_isolated() -> None:
    keys = tuple(key(f"P{number:02d}", 0) for number in range(40))
    nac = np.zeros((40, 2), np.float32)
    aac = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    aac[7] = 1000
    found = find_isolated(CodeMatrix(keys, nac, aac), keys, Metric.published())
    assert found.samples == (keys[7],)
    assert found.n_samples == 40


def test_among_few_nobody_is_isolated(matrix: CodeMatrix) -> None:
    found = find_isolated(matrix, matrix.keys[1::2], Metric.published())
    assert found.samples == ()


@pytest.fixture
def features(tmp_path):
    folder = tmp_path / "codes" / "resnet"
    (folder / "A").mkdir(parents=True)
    (tmp_path / "codes" / "model" / "A").mkdir(parents=True)
    np.save(tmp_path / "codes" / "model" / "A" / "nac_0000.npy", np.zeros(3, np.float32))
    for index in range(3):
        np.save(folder / "A" / f"feature_{index:04d}.npy", np.full((2, 2), index, np.float16))
    return folder


def test_feature_folders_are_found_beside_the_codes(features) -> None:
    model = features.parent / "model"
    assert find_feature_folders(model, ["A", "B"]) == {"resnet": features}
    assert find_feature_folders(model, ["B"]) == {}
    assert find_feature_folders(features / "absent" / "model", ["A"]) == {}


def test_features_are_read_as_vectors(features) -> None:
    read = FeatureReader(features)
    np.testing.assert_array_equal(read(key("A", 2)), np.full(4, 2, np.float32))
    with pytest.raises(NotFoundError, match="feature_0003"):
        read(key("A", 3))


@pytest.mark.parametrize(
    "content",
    [np.zeros(3), np.full((2, 2), np.nan), np.array(["a"] * 4), np.zeros(0), np.zeros(4, complex)],
    ids=["length", "nan", "text", "empty", "complex"],
)
def test_features_that_cannot_be_used_are_refused(features, content) -> None:
    read = FeatureReader(features)
    read(key("A", 0))
    np.save(features / "A" / "feature_0001.npy", content)
    with pytest.raises(DataError, match="feature_0001"):
        read(key("A", 1))


def test_no_code_of_a_feature_file_is_run(features) -> None:
    np.save(features / "A" / "feature_0001.npy", np.array([{}, {}]), allow_pickle=True)
    with pytest.raises(DataError, match="feature_0001"):
        FeatureReader(features)(key("A", 1))
