"""How far patients of a database usually are from their nearest neighbour."""

import numpy as np
import pytest

from sbmir.database.repository import CodeMatrix
from sbmir.keys import SliceKey
from sbmir.search import usual
from sbmir.search.engine import CodeScales, Metric
from sbmir.search.usual import SHARE, UsualDistance

SCALES = CodeScales(np.linspace(0.5, 2, 6), np.linspace(3, 0, 6))
METRICS = [Metric.published(w) for w in (0, 0.3, 0.5, 1)] + [
    Metric.balanced(w, SCALES) for w in (0, 0.8, 1)
]


def random_matrix(n_patients: int, n_slices: int = 3, length: int = 6) -> CodeMatrix:
    keys = tuple(
        SliceKey("D", f"{patient:03d}", index)
        for patient in range(n_patients)
        for index in range(n_slices)
    )
    nac, aac = np.random.default_rng(5).standard_normal((2, len(keys), length), dtype=np.float32)
    return CodeMatrix(keys, nac + np.float32(2), aac)


def representatives(matrix: CodeMatrix) -> np.ndarray:
    return np.array([key.index == 1 for key in matrix.keys])


def as_the_formula_is_written(matrix: CodeMatrix, metric: Metric) -> float:
    rows = np.flatnonzero(representatives(matrix))
    nearest = []
    for one in rows:
        distances = []
        for other in rows[rows != one]:
            delta_n = matrix.nac[one].astype(float) - matrix.nac[other]
            delta_a = matrix.aac[one].astype(float) - matrix.aac[other]
            if metric.scales is not None:
                delta_n, delta_a = delta_n * metric.scales.normal, delta_a * metric.scales.abnormal
            terms = (np.linalg.norm(a * delta_n + b * delta_a) ** 2 for a, b in metric.terms)
            distances.append(np.sqrt(sum(terms)))
        nearest.append(min(distances))
    return float(np.quantile(nearest, SHARE))


@pytest.mark.parametrize("metric", METRICS)
def test_it_is_what_comparing_all_representative_slices_gives(metric):
    matrix = random_matrix(12)
    found = UsualDistance(matrix, representatives(matrix)).of(metric)
    assert found == pytest.approx(as_the_formula_is_written(matrix, metric), rel=1e-4)


def test_most_patients_have_a_neighbour_within_it_and_a_stranger_has_none():
    matrix = random_matrix(30)
    metric = Metric.published()
    within = UsualDistance(matrix, representatives(matrix)).of(metric)
    stranger = np.linalg.norm(matrix.nac + matrix.aac - np.float32(20), axis=1).min()
    assert within is not None
    assert stranger > within


def test_with_few_patients_nothing_is_usual():
    matrix = random_matrix(usual.FEWEST_PATIENTS - 1)
    assert UsualDistance(matrix, representatives(matrix)).of(Metric.published()) is None
    nobody = np.zeros(len(matrix.keys), bool)
    assert UsualDistance(matrix, nobody).of(Metric.published()) is None


def test_in_a_large_database_a_sample_stands_for_all(monkeypatch):
    matrix = random_matrix(40)
    whole = UsualDistance(matrix, representatives(matrix)).of(Metric.published())
    monkeypatch.setattr(usual, "MOST_PROBES", 20)
    monkeypatch.setattr(usual, "_CHUNK", 7)
    sample = UsualDistance(matrix, representatives(matrix)).of(Metric.published())
    assert whole is not None
    assert sample == pytest.approx(whole, rel=0.2)


def test_patients_who_are_all_alike_are_usually_at_no_distance():
    matrix = random_matrix(6)
    same = CodeMatrix(matrix.keys, np.ones_like(matrix.nac), np.ones_like(matrix.aac))
    assert UsualDistance(same, representatives(same)).of(Metric.published()) == 0
