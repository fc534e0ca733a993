"""Ways of ranking patients for a reader's query: by its sketch, by examples, by labels, by chance.

All rank the same patients, those of the database without the template's. A way that starts from
the target's own slice never finds that very slice, which would be no feat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sbmir.codes import AnatomyCodes
from sbmir.evaluation.reader import ReaderQuery, random_of
from sbmir.evaluation.reference import ReferenceSlices
from sbmir.keys import SliceKey
from sbmir.labels import PAINT_ORDER
from sbmir.retrieval import Query, Retriever
from sbmir.search.engine import Metric, SearchEngine

Ranking: TypeAlias = "tuple[SliceKey, ...]"
"""The best slice of each patient, best patient first."""

Progress: TypeAlias = Callable[[int, int], None]

CHANCE_DRAWS = 20
_PIXELS_AT_ONCE = 16384


class Ranker(Protocol):
    """A way of ranking patients."""

    def rank(self, queries: Sequence[ReaderQuery], progress: Progress) -> list[tuple[Ranking, ...]]:
        """Rank the patients for each query; where chance decides, several times."""


@dataclass(frozen=True, eq=False)
class BySketch:
    """The search that is evaluated: the template's normal code, the sketch's abnormal code."""

    retriever: Retriever
    weight: float
    codes: Sequence[AnatomyCodes]
    n_patients: int

    def rank(self, queries: Sequence[ReaderQuery]) -> list[tuple[Ranking, ...]]:
        """Rank the patients for each query; ``codes`` are those of the queries."""
        rankings: list[tuple[Ranking, ...]] = []
        for query, codes in zip(queries, self.codes, strict=True):
            asked = Query(codes.normal, codes.abnormal, template=query.template, weight=self.weight)
            found = self.retriever.search(asked, self.n_patients)
            rankings.append((tuple(one.key for one in found),))
        return rankings


@dataclass(frozen=True, eq=False)
class ByExample:
    """The target's own slice as the query: its normal and abnormal codes."""

    engine: SearchEngine
    metric: Metric
    n_patients: int

    def rank(self, queries: Sequence[ReaderQuery], progress: Progress) -> list[tuple[Ranking, ...]]:
        """See ``Ranker``."""
        matrix = self.engine.matrix
        rows = {key: row for row, key in enumerate(matrix.keys)}
        rankings: list[tuple[Ranking, ...]] = []
        for query in queries:
            row = rows[query.target]
            allowed = np.ones(len(rows), bool)
            allowed[row] = False
            hits = self.engine.rank(
                matrix.nac[row],
                matrix.aac[row],
                self.metric,
                top=self.n_patients,
                allowed=allowed,
                excluded={(query.template.dataset, query.template.patient)},
            )
            rankings.append((tuple(hit.key for hit in hits),))
            progress(len(rankings), len(queries))
        return rankings


@dataclass(frozen=True, eq=False)
class ByChance:
    """Patients in random order, each by a slice drawn from theirs; ``draws`` times a query."""

    reference: ReferenceSlices
    seed: int
    draws: int = CHANCE_DRAWS

    def rank(self, queries: Sequence[ReaderQuery], progress: Progress) -> list[tuple[Ranking, ...]]:
        """See ``Ranker``."""
        rankings = []
        for done, query in enumerate(queries, 1):
            random = random_of(self.seed, query.target, query.number)
            own = [
                keys
                for patient, keys in self.reference.by_patient.items()
                if patient != query.template.patient
            ]
            rankings.append(tuple(_shuffled(own, random) for _ in range(self.draws)))
            progress(done, len(queries))
        return rankings


def _shuffled(patients: Sequence[Sequence[SliceKey]], random: np.random.Generator) -> Ranking:
    order = (patients[place] for place in random.permutation(len(patients)))
    return tuple(keys[int(random.integers(len(keys)))] for keys in order)


class Comparison(Protocol):
    """Compares the queries with slices, a patient at a time."""

    def prepare(self, queries: Sequence[ReaderQuery]) -> None:
        """Read what is needed of the queries."""

    def unlikeness(self, keys: Sequence[SliceKey]) -> NDArray[np.float64]:
        """Return (queries, slices) numbers, the smaller the more alike; inf for "never found"."""


@dataclass(frozen=True, eq=False)
class ByComparison:
    """Each patient by the slice that a comparison finds most alike."""

    reference: ReferenceSlices
    comparison: Comparison

    def rank(self, queries: Sequence[ReaderQuery], progress: Progress) -> list[tuple[Ranking, ...]]:
        """See ``Ranker``; equally good patients and slices stay in the order of their names."""
        self.comparison.prepare(queries)
        patients = list(self.reference.by_patient)
        best = np.empty((len(queries), len(patients)))
        places = np.empty((len(queries), len(patients)), np.intp)
        for number, keys in enumerate(self.reference.by_patient.values()):
            unlike = self.comparison.unlikeness(keys)
            places[:, number] = unlike.argmin(axis=1)
            best[:, number] = unlike.min(axis=1)
            progress(number + 1, len(patients))
        rankings: list[tuple[Ranking, ...]] = []
        for query, scores, own in zip(queries, best, places, strict=True):
            order = (patients[number] for number in np.argsort(scores, kind="stable"))
            at = dict(zip(patients, own.tolist(), strict=True))
            found = (self.reference.by_patient[one][at[one]] for one in order)
            rankings.append((tuple(key for key in found if key.patient != query.template.patient),))
        return rankings


class LabelOverlap:
    """Mean Dice of the tissues that the sketch or the slice shows: it sees the answer's labels.

    The same number as the mean of `sbmir.similarity.compare_lesions(...).dice`, for many slices at
    once.
    """

    def __init__(self, reference: ReferenceSlices) -> None:
        self._reference = reference
        self._drawn = np.empty((0, 0, 0), np.float32)

    def prepare(self, queries: Sequence[ReaderQuery]) -> None:
        """See ``Comparison``."""
        self._drawn = _masks([query.sketch for query in queries])

    def unlikeness(self, keys: Sequence[SliceKey]) -> NDArray[np.float64]:
        """See ``Comparison``."""
        seen = _masks([self._reference.labels(key) for key in keys])
        both = (self._drawn @ seen.transpose(0, 2, 1)).astype(np.float64)
        sizes = self._drawn.sum(axis=2)[:, :, np.newaxis] + seen.sum(axis=2)[:, np.newaxis, :]
        dice = 2 * both / np.maximum(sizes, 1)
        shown = np.count_nonzero(sizes, axis=0)
        mean = dice.sum(axis=0) / np.maximum(shown, 1)
        unlike: NDArray[np.float64] = 1 - np.where(shown, mean, 1.0)  # nothing is like nothing
        return unlike


def _masks(label_maps: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Return (tissues, label maps, pixels), whose products count pixels exactly."""
    flat = np.stack([labels.ravel() for labels in label_maps])
    return np.stack([flat == tissue for tissue in PAINT_ORDER]).astype(np.float32)


class VectorDistance:
    """Euclidean distance between vectors of slices, starting from the target's slice.

    Parameters
    ----------
    read:
        Gives a slice's vector, float32.
    """

    def __init__(self, read: Callable[[SliceKey], NDArray[np.float32]]) -> None:
        self._read = read
        self._targets: list[SliceKey] = []
        self._vectors = np.empty((0, 0), np.float32)

    def prepare(self, queries: Sequence[ReaderQuery]) -> None:
        """See ``Comparison``."""
        self._targets = [query.target for query in queries]
        self._vectors = np.stack([self._read(target) for target in self._targets])

    def unlikeness(self, keys: Sequence[SliceKey]) -> NDArray[np.float64]:
        """See ``Comparison``: squared distances."""
        others = np.stack([self._read(key) for key in keys])
        squares = np.zeros((len(self._vectors), len(others)))
        for first in range(0, others.shape[1], _PIXELS_AT_ONCE):
            part = slice(first, first + _PIXELS_AT_ONCE)
            x, y = self._vectors[:, part].astype(np.float64), others[:, part].astype(np.float64)
            squares += (x * x).sum(axis=1)[:, np.newaxis] + (y * y).sum(axis=1) - 2 * x @ y.T
        columns = {key: column for column, key in enumerate(keys)}
        for row, target in enumerate(self._targets):
            if target in columns:
                squares[row, columns[target]] = np.inf
        return squares
