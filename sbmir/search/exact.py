"""Exact search: every reference slice is compared, by matrix-vector products in float32.

d² to all slices follows from products of the two code matrices with two vectors and from three
stored numbers a slice. In float32 that is fast but not exact, so it only tells which slices can
be among the nearest, with the rounding error accounted for; those are compared again, in float64.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbmir.database.repository import CodeMatrix
from sbmir.search.engine import CodeScales, Hit, Metric, flat_query

_CHUNK_ROWS = 4096
_CACHED_ROWS = 64
"""So few rows in float64 stay in the processor's cache."""

_UNIT_ROUNDOFF = float(np.finfo(np.float32).eps) / 2
_UNIT_ROUNDOFF_64 = float(np.finfo(np.float64).eps) / 2


@dataclass(frozen=True, eq=False)
class _Norms:
    """‖n‖², ‖a‖² and ⟨n, a⟩ of every slice, float64; of scaled codes where there are scales."""

    nn: NDArray[np.float64]
    aa: NDArray[np.float64]
    na: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Mixture:
    """The codes α·n + β·a of all slices, for a metric of a single term."""

    metric: Metric
    codes: NDArray[np.float32]


class ExactEngine:
    """A ``SearchEngine`` that finds what comparing all slices in float64 would find.

    The first search after a change of the metric takes two passes over the codes. Where the
    metric stays, and has a single term (the published one), the weighted sum of the codes is kept
    from the second search on, and one pass is enough.

    Parameters
    ----------
    matrix:
        Codes to search; kept, not copied, where they are contiguous.
    keep_mixture:
        Whether the weighted sum may be kept: it takes half as much memory again.
    """

    def __init__(self, matrix: CodeMatrix, *, keep_mixture: bool = True) -> None:
        self._matrix = CodeMatrix(
            matrix.keys,
            np.ascontiguousarray(matrix.nac, np.float32),
            np.ascontiguousarray(matrix.aac, np.float32),
        )
        self._norms = _norms(self._matrix, None)
        self._scaled: tuple[CodeScales, _Norms] | None = None
        self._first_rows, self._owners = _patients_of(self._matrix)
        self._patient_of_row = np.repeat(
            np.arange(len(self._owners)),
            np.diff(self._first_rows, append=len(matrix.keys)),
        )
        self._keep_mixture = keep_mixture
        self._last_metric: Metric | None = None
        self._mixture: _Mixture | None = None
        self._lock = threading.Lock()

    @property
    def matrix(self) -> CodeMatrix:
        """The codes that are searched."""
        return self._matrix

    @functools.cached_property
    def scales(self) -> CodeScales:
        """What standardises these codes; computed when it is first asked for."""
        return CodeScales.standard(_deviation(self._matrix.nac), _deviation(self._matrix.aac))

    def rank(
        self,
        nac: NDArray[np.float32],
        aac: NDArray[np.float32],
        metric: Metric,
        *,
        top: int,
        allowed: NDArray[np.bool_] | None = None,
        excluded: Collection[tuple[str, str]] = (),
    ) -> list[Hit]:
        """See ``SearchEngine``."""
        if not self._matrix.keys or top < 1:
            return []
        length = self._matrix.nac.shape[1]
        query = (flat_query(nac, length), flat_query(aac, length))
        near, error = self._approximate(query, metric)
        barred = self._barred(allowed, excluded)
        if barred is not None:
            near[barred] = np.inf
        rows = self._candidates(near, error, top)
        return self._best(rows, self._exact(rows, query, metric), top)

    def _approximate(
        self, query: tuple[NDArray[np.float32], NDArray[np.float32]], metric: Metric
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return d² of every slice less what all have in common, and how wrong it may be.

        d² = nn·‖n‖² + aa·‖a‖² + 2·na·⟨n, a⟩ − 2·(n·u + a·v) + the same of the query, where
        u = nn·qn + na·qa and v = aa·qa + na·qn. With scales, those are products of scaled codes; it
        is the query that bears the scales of both, so that the codes stay as they are.
        """
        nn, aa, na = metric.coefficients
        norms = self._norms_for(metric)
        n, a = (code.astype(np.float64) for code in query)
        scale_n, scale_a = _scales_of(metric)
        u = scale_n * (nn * scale_n * n + na * scale_a * a)
        v = scale_a * (aa * scale_a * a + na * scale_n * n)
        length_n, length_a = np.sqrt(self._norms.nn), np.sqrt(self._norms.aa)
        own = nn * norms.nn + aa * norms.aa + 2 * na * norms.na
        mixed = self._mixed_product(metric, n, a)
        if mixed is not None:
            ((alpha, beta),) = metric.terms
            product = mixed
            length_q = np.linalg.norm(alpha * n + beta * a)
            sizes = (abs(alpha) * length_n + abs(beta) * length_a) * length_q
        else:
            product = np.zeros(len(own), np.float32)
            if u.any():
                product += self._matrix.nac @ u.astype(np.float32)
            if v.any():
                product += self._matrix.aac @ v.astype(np.float32)
            sizes = length_n * np.linalg.norm(u) + length_a * np.linalg.norm(v)
        return own - 2 * product.astype(np.float64), _error(n.size, sizes, own)

    def prepare(self, metric: Metric) -> None:
        """See ``SearchEngine``."""
        self._norms_for(metric)
        if self._can_mix(metric):
            with self._lock:
                self._last_metric = metric
                self._mix(metric)

    def _norms_for(self, metric: Metric) -> _Norms:
        """The norms of scaled codes are made when they are first needed, and kept."""
        if metric.scales is None:
            return self._norms
        with self._lock:
            if self._scaled is None or self._scaled[0] is not metric.scales:
                self._scaled = metric.scales, _norms(self._matrix, metric.scales)
            return self._scaled[1]

    def _can_mix(self, metric: Metric) -> bool:
        return self._keep_mixture and len(metric.terms) == 1 and metric.scales is None

    def _mixed_product(
        self, metric: Metric, n: NDArray[np.float64], a: NDArray[np.float64]
    ) -> NDArray[np.float32] | None:
        """Multiply the kept sum and that of the query; None where none is kept for ``metric``.

        It is made at the second search with a metric.
        """
        if not self._can_mix(metric):
            return None
        ((alpha, beta),) = metric.terms
        query = (alpha * n + beta * a).astype(np.float32)
        # Multiplied within the lock: another search might else overwrite the sum with its own.
        with self._lock:
            repeated, self._last_metric = metric == self._last_metric, metric
            is_kept = self._mixture is not None and self._mixture.metric == metric
            if not is_kept and not repeated:
                return None
            product: NDArray[np.float32] = self._mix(metric).codes @ query
            return product

    def _mix(self, metric: Metric) -> _Mixture:
        """Keep the weighted sum of the codes; the lock is held by the caller."""
        if self._mixture is not None and self._mixture.metric == metric:
            return self._mixture
        # The same memory again: two of them would not fit beside the codes.
        codes = self._mixture.codes if self._mixture else np.empty_like(self._matrix.nac)
        self._mixture = None
        ((alpha, beta),) = metric.terms
        for rows in _chunks(len(codes)):
            np.multiply(self._matrix.nac[rows], np.float32(alpha), out=codes[rows])
            codes[rows] += np.float32(beta) * self._matrix.aac[rows]
        self._mixture = _Mixture(metric, codes)
        return self._mixture

    def _barred(
        self, allowed: NDArray[np.bool_] | None, excluded: Collection[tuple[str, str]]
    ) -> NDArray[np.bool_] | None:
        barred = None if allowed is None else ~allowed
        if excluded:
            out = np.array([owner in excluded for owner in self._owners])
            rows = out[self._patient_of_row]
            barred = rows if barred is None else barred | rows
        return barred

    def _candidates(
        self, near: NDArray[np.float64], error: NDArray[np.float64], top: int
    ) -> NDArray[np.intp]:
        """Return the rows that can be the nearest of one of the ``top`` nearest patients."""
        at_most = np.minimum.reduceat(near + error, self._first_rows)
        at_least = near - error
        bound = np.inf
        if top < len(at_most):
            bound = np.partition(at_most, top - 1)[top - 1]
        limit = np.minimum(at_most, bound)[self._patient_of_row]
        return np.flatnonzero((at_least <= limit) & np.isfinite(near))

    def _exact(
        self,
        rows: NDArray[np.intp],
        query: tuple[NDArray[np.float32], NDArray[np.float32]],
        metric: Metric,
    ) -> NDArray[np.float64]:
        """Return the distances of a few slices in float64: 0 for codes equal to the query's."""
        n, a = (code.astype(np.float64) for code in query)
        scale_n, scale_a = _scales_of(metric)
        squares = np.zeros(len(rows))
        for part in _chunks(len(rows), _CACHED_ROWS):
            delta_n = scale_n * (self._matrix.nac[rows[part]] - n)
            delta_a = scale_a * (self._matrix.aac[rows[part]] - a)
            for alpha, beta in metric.terms:
                difference = alpha * delta_n + beta * delta_a
                squares[part] += (difference * difference).sum(axis=1)
        distances: NDArray[np.float64] = np.sqrt(squares)
        return distances

    def _best(self, rows: NDArray[np.intp], distances: NDArray[np.float64], top: int) -> list[Hit]:
        """Return the nearest slice a patient; rows are in the order of keys, which breaks ties."""
        hits: list[Hit] = []
        seen: set[int] = set()
        for place in np.argsort(distances, kind="stable"):
            row = rows[place]
            patient = int(self._patient_of_row[row])
            if patient not in seen:
                seen.add(patient)
                hits.append(Hit(self._matrix.keys[row], float(distances[place])))
                if len(hits) == top:
                    break
        return hits


def _error(
    length: int, sizes: NDArray[np.float64], own: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how wrong ``own - 2 * product`` may be, from the lengths of what is multiplied.

    Whatever the order of its additions, a product of vectors of n numbers is wrong by at most
    n·u / (1 − n·u) times the product of their lengths, with u half of the machine epsilon (Higham
    2002, section 3.1). Eight more roundings are those of the vectors and of sums of products.
    """

    def gamma(unit: float) -> float:
        return (length + 8) * unit / (1 - (length + 8) * unit)

    underflow = (length + 8) * float(np.finfo(np.float32).tiny)
    own_error = 4 * gamma(_UNIT_ROUNDOFF_64) * np.abs(own)
    return 2 * (gamma(_UNIT_ROUNDOFF) * sizes + underflow) + own_error


def _chunks(n_rows: int, size: int = _CHUNK_ROWS) -> list[slice]:
    return [slice(first, min(first + size, n_rows)) for first in range(0, n_rows, size)]


def _scales_of(metric: Metric) -> tuple[NDArray[np.float64] | float, NDArray[np.float64] | float]:
    if metric.scales is None:
        return 1.0, 1.0
    return metric.scales.normal, metric.scales.abnormal


def _norms(matrix: CodeMatrix, scales: CodeScales | None) -> _Norms:
    n_rows, length = matrix.nac.shape
    norms = _Norms(np.empty(n_rows), np.empty(n_rows), np.empty(n_rows))
    buffers = np.empty((2, _CACHED_ROWS, length))
    for rows in _chunks(n_rows, _CACHED_ROWS):
        n, a = buffers[:, : rows.stop - rows.start]
        n[...], a[...] = matrix.nac[rows], matrix.aac[rows]
        if scales is not None:
            n *= scales.normal
            a *= scales.abnormal
        norms.nn[rows] = np.einsum("ij,ij->i", n, n)
        norms.aa[rows] = np.einsum("ij,ij->i", a, a)
        norms.na[rows] = np.einsum("ij,ij->i", n, a)
    return norms


def _deviation(codes: NDArray[np.float32]) -> NDArray[np.float64]:
    """The standard deviation of each number; 0 where all are equal, however they are rounded."""
    if not len(codes):
        return np.zeros(codes.shape[1])
    # About the first row, so that numbers that never change have a variance of exactly 0.
    first = codes[0].astype(np.float64)
    total, squares = np.zeros(codes.shape[1]), np.zeros(codes.shape[1])
    for rows in _chunks(len(codes), _CACHED_ROWS):
        away = codes[rows] - first
        total += away.sum(axis=0)
        squares += np.einsum("ij,ij->j", away, away)
    mean = total / len(codes)
    deviation: NDArray[np.float64] = np.sqrt(np.maximum(squares / len(codes) - mean * mean, 0.0))
    return deviation


def _patients_of(matrix: CodeMatrix) -> tuple[NDArray[np.intp], list[tuple[str, str]]]:
    """Return the first row of each patient, and who it is."""
    owners: list[tuple[str, str]] = []
    first_rows: list[int] = []
    for row, key in enumerate(matrix.keys):
        owner = (key.dataset, key.patient)
        if not owners or owners[-1] != owner:
            owners.append(owner)
            first_rows.append(row)
    return np.array(first_rows, np.intp), owners
