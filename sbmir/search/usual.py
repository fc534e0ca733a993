"""How far the patients of a reference database usually are from their nearest neighbour.

Each patient is stood for by the representative slice. Squared distances of every metric follow
from three products between these slices, which are computed once for all weights.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbmir.database.repository import CodeMatrix
from sbmir.search.engine import CodeScales, Metric

SHARE = 0.95
"""Of the patients, the share that have a neighbour within the usual distance."""

FEWEST_PATIENTS = 5
"""With fewer than these, nothing can be said of what is usual."""

MOST_PROBES = 500
"""Patients whose nearest neighbour is looked for; in a larger database they are a sample."""

_CHUNK = 512


@dataclass(frozen=True, eq=False)
class _Products:
    """‖δn‖², ‖δa‖² and ⟨δn, δa⟩ of every probe and row, (probes, rows) float32."""

    nn: NDArray[np.float32]
    aa: NDArray[np.float32]
    na: NDArray[np.float32]


class UsualDistance:
    """The usual distance for any metric.

    Parameters
    ----------
    matrix:
        The codes that are searched.
    representative:
        bool, for each row of ``matrix``: whether it stands for its patient.
    """

    def __init__(self, matrix: CodeMatrix, representative: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero(representative)
        # Spread over the names, the same ones each time.
        count = min(len(rows), MOST_PROBES)
        self._own = np.linspace(0, len(rows) - 1, count).round().astype(np.intp)
        self._n_patients = len(rows)
        self._matrix, self._rows = matrix, rows
        self._scales: CodeScales | None = None
        self._products: _Products | None = None
        self._lock = threading.Lock()

    def of(self, metric: Metric) -> float | None:
        """Return the distance within which ``SHARE`` of the patients have a neighbour.

        None where there are too few patients to tell.
        """
        if self._n_patients < FEWEST_PATIENTS:
            return None
        nn, aa, na = metric.coefficients
        products = self._products_for(metric.scales)
        squares = nn * products.nn + aa * products.aa + 2 * na * products.na
        squares[np.arange(len(self._own)), self._own] = np.inf
        nearest = np.sqrt(np.maximum(squares.min(axis=1), 0.0))
        return float(np.quantile(nearest, SHARE))

    def _products_for(self, scales: CodeScales | None) -> _Products:
        """Those of other scales are made when they are first asked for; the last ones are kept."""
        with self._lock:
            if self._products is None or self._scales is not scales:
                probes = self._rows[self._own]
                self._products = _products(self._matrix, probes, self._rows, scales)
                self._scales = scales
            return self._products


def _products(
    matrix: CodeMatrix,
    probes: NDArray[np.intp],
    rows: NDArray[np.intp],
    scales: CodeScales | None,
) -> _Products:
    nn, aa, na = np.empty((3, len(probes), len(rows)), np.float32)
    n, a = _scaled(matrix, probes, scales)
    for first in range(0, len(rows), _CHUNK):
        part = slice(first, first + _CHUNK)
        other_n, other_a = _scaled(matrix, rows[part], scales)
        nn[:, part] = _cross(n, n, other_n, other_n)
        aa[:, part] = _cross(a, a, other_a, other_a)
        na[:, part] = _cross(n, a, other_n, other_a)
    return _Products(nn, aa, na)


def _scaled(
    matrix: CodeMatrix, rows: NDArray[np.intp], scales: CodeScales | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n, a = matrix.nac[rows].astype(np.float64), matrix.aac[rows].astype(np.float64)
    if scales is not None:
        n *= scales.normal
        a *= scales.abnormal
    return n, a


def _cross(
    x: NDArray[np.float64], y: NDArray[np.float64], u: NDArray[np.float64], v: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ⟨x − u, y − v⟩ for every pair of a row of x and y with a row of u and v."""
    own = np.einsum("ij,ij->i", x, y)[:, np.newaxis]
    others = np.einsum("ij,ij->i", u, v)[np.newaxis]
    product: NDArray[np.float64] = own + others - x @ v.T - y @ u.T
    return product
