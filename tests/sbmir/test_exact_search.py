"""Exact search finds what comparing every slice in float64 finds."""

import threading
from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from sbmir.database.repository import CodeMatrix
from sbmir.errors import ConfigError, DataError
from sbmir.keys import SliceKey
from sbmir.search.engine import CodeScales, Hit, Metric
from sbmir.search.exact import ExactEngine

Codes = NDArray[np.float32]
WEIGHTS = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))


def make_keys(slices_per_patient: Collection[int]) -> tuple[SliceKey, ...]:
    return tuple(
        SliceKey("BraTS", f"patient {number:03d}", index)
        for number, n_slices in enumerate(slices_per_patient)
        for index in range(n_slices)
    )


def random_matrix(n_patients: int, n_slices: int, length: int, seed: int = 0) -> CodeMatrix:
    random = np.random.default_rng(seed)
    keys = make_keys([n_slices] * n_patients)
    nac, aac = random.standard_normal((2, len(keys), length), dtype=np.float32)
    return CodeMatrix(keys, nac + np.float32(3), aac)


def distances_to(matrix: CodeMatrix, nac: Codes, aac: Codes, metric: Metric) -> Codes:
    """Of every slice, in float64 and as the formula is written."""
    delta_n = matrix.nac.astype(np.float64) - nac
    delta_a = matrix.aac.astype(np.float64) - aac
    if metric.scales is not None:
        delta_n, delta_a = delta_n * metric.scales.normal, delta_a * metric.scales.abnormal
    nn, aa, na = metric.coefficients
    squares = nn * (delta_n**2).sum(axis=1) + aa * (delta_a**2).sum(axis=1)
    squares += 2 * na * (delta_n * delta_a).sum(axis=1)
    found: Codes = np.sqrt(np.maximum(squares, 0))
    return found


def assert_finds_the_nearest(
    hits: list[Hit], matrix: CodeMatrix, distances: Codes, top: int, left_out: set[str]
) -> None:
    """Every distance is right, and no patient that was left out is nearer than one that was not."""
    nearest: dict[str, float] = {}
    for key, distance in zip(matrix.keys, distances.tolist(), strict=True):
        nearest[key.patient] = min(distance, nearest.get(key.patient, np.inf))
    for patient in left_out:
        nearest.pop(patient, None)
    expected = sorted(nearest.values())[:top]
    assert [hit.distance for hit in hits] == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert len({hit.key.patient for hit in hits}) == len(hits)
    for hit in hits:
        assert hit.key.patient not in left_out
        assert distances[matrix.keys.index(hit.key)] == pytest.approx(
            nearest[hit.key.patient], rel=1e-9, abs=1e-6
        )


@st.composite
def searches(draw: st.DrawFn) -> tuple[CodeMatrix, Codes, Codes, int, set[str]]:
    """Draw codes of few values, so that ties and repeated slices are common."""
    keys = make_keys(draw(st.lists(st.integers(1, 4), min_size=1, max_size=6)))
    shape = (len(keys) + 1, draw(st.integers(1, 5)))
    values = st.one_of(
        st.integers(-2, 2).map(float), st.floats(-1e3, 1e3, width=32, allow_subnormal=False)
    )
    nac, aac = (draw(hnp.arrays(np.float32, shape, elements=values)) for _ in range(2))
    names = sorted({key.patient for key in keys})
    left_out = draw(st.sets(st.sampled_from(names), max_size=2))
    top = draw(st.integers(1, len(names) + 1))
    return CodeMatrix(keys, nac[1:], aac[1:]), nac[0], aac[0], top, left_out


@given(searches(), WEIGHTS)
def test_it_equals_comparing_every_slice_for_every_weight(
    search: tuple[CodeMatrix, Codes, Codes, int, set[str]], weight: float
) -> None:
    matrix, nac, aac, top, left_out = search
    engine = ExactEngine(matrix)
    excluded = {("BraTS", name) for name in left_out}
    published = Metric.published(weight)
    # The published metric twice: the second search goes another way.
    for metric in (published, published, Metric.balanced(weight, engine.scales)):
        hits = engine.rank(nac, aac, metric, top=top, excluded=excluded)
        distances = distances_to(matrix, nac, aac, metric)
        assert_finds_the_nearest(hits, matrix, distances, top, left_out)


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
def test_it_equals_comparing_every_slice_of_a_larger_database(weight: float) -> None:
    matrix = random_matrix(60, 20, 256)
    engine = ExactEngine(matrix)
    nac, aac = matrix.nac[77] + np.float32(0.5), matrix.aac[500]
    for metric in [Metric.published(weight)] * 3 + [Metric.balanced(weight, engine.scales)]:
        distances = distances_to(matrix, nac, aac, metric)
        hits = engine.rank(nac, aac, metric, top=10)
        assert_finds_the_nearest(hits, matrix, distances, 10, set())


def test_what_was_prepared_for_a_metric_finds_the_same() -> None:
    matrix = random_matrix(60, 20, 256)
    nac, aac = matrix.nac[77] + np.float32(0.5), matrix.aac[500]
    plain, prepared = ExactEngine(matrix), ExactEngine(matrix)
    prepared.prepare(Metric.published(0.3))
    prepared.prepare(Metric.balanced(0.3, prepared.scales))  # has nothing to keep
    for weight in (0.3, 0.7, 0.3):
        metric = Metric.published(weight)
        assert prepared.rank(nac, aac, metric, top=10) == plain.rank(nac, aac, metric, top=10)


def test_differences_that_float32_cannot_see_decide() -> None:
    """Codes far from 0 and close to one another: in float32 products they are all the same."""
    matrix = random_matrix(40, 3, 64)
    far = CodeMatrix(matrix.keys, matrix.nac * np.float32(1e-3) + np.float32(100), matrix.aac * 0)
    engine = ExactEngine(far)
    for row in (4, 50, 119):
        hits = engine.rank(far.nac[row], far.aac[row], Metric.published(), top=3)
        distances = distances_to(far, far.nac[row], far.aac[row], Metric.published())
        assert hits[0] == Hit(far.keys[row], 0.0)
        assert_finds_the_nearest(hits, far, distances, 3, set())


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.8, 1.0])
def test_a_reference_slice_finds_itself_at_distance_0(weight: float) -> None:
    matrix = random_matrix(10, 8, 32)
    engine = ExactEngine(matrix)
    for metric in (
        Metric.published(weight),
        Metric.published(weight),
        Metric.balanced(weight, engine.scales),
    ):
        for row in (0, 37, 79):
            best = engine.rank(matrix.nac[row], matrix.aac[row], metric, top=1)[0]
            assert best == Hit(matrix.keys[row], 0.0)


def test_equally_near_patients_are_ranked_by_name_and_shown_by_their_first_slice() -> None:
    matrix = random_matrix(6, 4, 16)
    alike = CodeMatrix(
        matrix.keys, np.tile(matrix.nac[:1], (24, 1)), np.tile(matrix.aac[:1], (24, 1))
    )

    hits = ExactEngine(alike).rank(matrix.nac[1], matrix.aac[1], Metric.published(), top=3)

    assert [hit.key for hit in hits] == [alike.keys[0], alike.keys[4], alike.keys[8]]
    assert len({hit.distance for hit in hits}) == 1


def test_only_allowed_slices_are_found() -> None:
    matrix = random_matrix(5, 4, 16)
    allowed = np.zeros(20, bool)
    allowed[[2, 9, 10]] = True

    hits = ExactEngine(matrix).rank(
        matrix.nac[0], matrix.aac[0], Metric.published(), top=10, allowed=allowed
    )

    assert {hit.key.patient for hit in hits} == {"patient 000", "patient 002"}
    assert all(allowed[matrix.keys.index(hit.key)] for hit in hits)


def test_with_everybody_left_out_nobody_is_found() -> None:
    matrix = random_matrix(2, 2, 8)
    excluded = {(key.dataset, key.patient) for key in matrix.keys}
    engine = ExactEngine(matrix)

    assert (
        engine.rank(matrix.nac[0], matrix.aac[0], Metric.published(), top=5, excluded=excluded)
        == []
    )


def test_an_empty_database_finds_nobody() -> None:
    empty = np.empty((0, 0), np.float32)

    assert (
        ExactEngine(CodeMatrix((), empty, empty)).rank(empty, empty, Metric.published(), top=5)
        == []
    )


def test_a_patient_of_the_same_name_in_another_dataset_is_not_left_out() -> None:
    matrix = random_matrix(1, 2, 8)
    keys = (SliceKey("Clinic", "A", 0), SliceKey("Trial", "A", 0))
    engine = ExactEngine(CodeMatrix(keys, matrix.nac, matrix.aac))

    hits = engine.rank(
        matrix.nac[0], matrix.aac[0], Metric.published(), top=5, excluded={("Clinic", "A")}
    )

    assert [hit.key for hit in hits] == [keys[1]]


def test_the_weight_says_which_code_counts() -> None:
    matrix = random_matrix(10, 3, 16)
    engine = ExactEngine(matrix)
    anatomy, lesion = matrix.nac[4], matrix.aac[25]

    for make in (Metric.published, lambda w: Metric.balanced(w, engine.scales)):
        assert engine.rank(anatomy, lesion, make(0.0), top=1)[0].key == matrix.keys[4]
        assert engine.rank(anatomy, lesion, make(1.0), top=1)[0].key == matrix.keys[25]


def test_weight_one_half_is_the_distance_of_entire_codes() -> None:
    matrix = random_matrix(10, 3, 16)
    entire = (matrix.nac + matrix.aac).astype(np.float64)
    query = (matrix.nac[3] + matrix.aac[20]).astype(np.float64)
    expected = np.linalg.norm(entire - query, axis=1).reshape(10, 3).min(axis=1)

    hits = ExactEngine(matrix).rank(matrix.nac[3], matrix.aac[20], Metric.published(0.5), top=10)

    assert [hit.distance for hit in hits] == pytest.approx(np.sort(expected), rel=1e-5)


def test_the_balanced_metric_does_not_care_how_large_the_numbers_of_a_code_are() -> None:
    matrix = random_matrix(12, 4, 16)
    factors = np.float32(2) ** np.arange(-4, 12, dtype=np.float32)
    larger = CodeMatrix(matrix.keys, matrix.nac * factors, matrix.aac * factors[::-1])
    ranked = []
    for one in (matrix, larger):
        engine = ExactEngine(one)
        metric = Metric.balanced(0.6, engine.scales)
        ranked.append(engine.rank(one.nac[5], one.aac[30], metric, top=12))

    assert [hit.key for hit in ranked[0]] == [hit.key for hit in ranked[1]]
    assert [hit.distance for hit in ranked[0]] == pytest.approx([h.distance for h in ranked[1]])


def test_standardised_codes_lie_two_apart_on_average() -> None:
    matrix = random_matrix(30, 20, 8)
    matrix = CodeMatrix(matrix.keys, matrix.nac * np.float32(9), matrix.aac + np.float32(1e4))
    scales = ExactEngine(matrix).scales

    for codes, worth in ((matrix.nac, scales.normal), (matrix.aac, scales.abnormal)):
        deviation = codes.astype(float).std(axis=0)
        assert worth == pytest.approx(1 / (deviation * np.sqrt(8)), rel=1e-6)
        scaled = codes * worth
        apart = ((scaled[:, np.newaxis] - scaled) ** 2).sum(axis=2)
        assert apart.mean() == pytest.approx(2, rel=1e-6)


def test_numbers_that_never_differ_have_no_say_in_the_balanced_metric() -> None:
    matrix = random_matrix(12, 4, 16)
    rounding = np.random.default_rng(3).choice([-1, 0, 1], len(matrix.aac))
    matrix.aac[:, 5] = np.float32(0.1) + rounding.astype(np.float32) * np.float32(1e-8)
    matrix.nac[:, 6] = np.float32(1e6)
    engine = ExactEngine(matrix)
    other = matrix.aac[30].copy()
    other[5] = 1e6

    metric = Metric.balanced(1.0, engine.scales)
    hit = engine.rank(matrix.nac[5], other, metric, top=1)[0]

    assert engine.scales.abnormal[5] == engine.scales.normal[6] == 0
    assert (hit.key, hit.distance) == (matrix.keys[30], pytest.approx(0, abs=1e-9))


def test_what_was_searched_with_before_changes_nothing() -> None:
    matrix = random_matrix(12, 4, 16)
    engine = ExactEngine(matrix)
    metrics = [
        *(Metric.published(0.7), Metric.balanced(0.3, engine.scales)),
        *(Metric.balanced(0.3, CodeScales(np.ones(16), np.full(16, 0.5))), Metric.published(0.7)),
    ]
    for metric in (*metrics, *reversed(metrics)):
        hits = engine.rank(matrix.nac[5], matrix.aac[30], metric, top=12)
        distances = distances_to(matrix, matrix.nac[5], matrix.aac[30], metric)
        assert_finds_the_nearest(hits, matrix, distances, 12, set())


@pytest.mark.parametrize("weight", [-0.01, 1.01, float("nan")])
def test_weights_outside_0_and_1_are_refused(weight: float) -> None:
    with pytest.raises(ConfigError, match="between 0 and 1"):
        Metric.published(weight)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        Metric.balanced(weight, CodeScales(np.ones(1), np.ones(1)))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (np.zeros(15), "15 numbers"),
        (np.zeros((16, 2, 2)), "64 numbers"),
        (np.full(16, np.nan), "NaN"),
    ],
)
def test_queries_of_another_model_and_nan_are_refused(
    code: NDArray[np.float64], message: str
) -> None:
    matrix = random_matrix(2, 2, 16)
    bad = code.astype(np.float32)
    for nac, aac in ((bad, matrix.aac[0]), (matrix.nac[0], bad)):
        with pytest.raises(DataError, match=message):
            ExactEngine(matrix).rank(nac, aac, Metric.published(), top=1)


def test_searches_of_several_threads_do_not_disturb_one_another() -> None:
    matrix = random_matrix(30, 10, 64)
    engine = ExactEngine(matrix)
    wrong: list[tuple[int, float]] = []

    def search(row: int) -> None:
        for turn in range(20):
            weight = (0.5, 0.5, 0.3, 0.3)[turn % 4]
            hits = engine.rank(matrix.nac[row], matrix.aac[row], Metric.published(weight), top=1)
            if hits != [Hit(matrix.keys[row], 0.0)]:
                wrong.append((row, weight))

    threads = [threading.Thread(target=search, args=(row,)) for row in (3, 150, 299)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
