"""From a query to ranked patients."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbmir.codes import AnatomyCodes
from sbmir.database.repository import ReferenceRepository
from sbmir.errors import NotFoundError
from sbmir.keys import SliceKey
from sbmir.search.engine import EQUAL_WEIGHT, Metric, MetricKind, SearchEngine
from sbmir.search.exact import ExactEngine


@dataclass(frozen=True, eq=False)
class Query:
    """What is looked for: the normal code of a template, the abnormal code of a sketch.

    Attributes
    ----------
    nac, aac:
        float32, of any shape with as many numbers as the reference codes have. An empty sketch
        has a code as well: that of a healthy slice.
    template:
        The slice that the normal code is of, where it is known. Its patient is left out of the
        results unless ``include_template_patient``.
    weight:
        Between 0, anatomy only, and 1, lesion only.
    excluded_patients:
        (dataset, patient) of others to be left out.
    """

    nac: NDArray[np.float32]
    aac: NDArray[np.float32]
    template: SliceKey | None = None
    weight: float = EQUAL_WEIGHT
    include_template_patient: bool = False
    excluded_patients: Collection[tuple[str, str]] = frozenset()

    @property
    def excluded(self) -> frozenset[tuple[str, str]]:
        """(dataset, patient) of all that are left out, the template's patient among them."""
        excluded = frozenset(self.excluded_patients)
        if self.template is None or self.include_template_patient:
            return excluded
        return excluded | {(self.template.dataset, self.template.patient)}


@dataclass(frozen=True)
class RankedPatient:
    """A retrieved patient, shown by the slice that is nearest to the query; ranks from 1."""

    rank: int
    key: SliceKey
    distance: float


class Retriever:
    """Ranks the patients of a reference database.

    Parameters
    ----------
    engine:
        Holds the codes of one model.
    metric_kind:
        How normal and abnormal codes are weighed against each other.
    """

    def __init__(self, engine: SearchEngine, metric_kind: MetricKind) -> None:
        self._engine = engine
        self._metric_kind = metric_kind
        self._rows = {key: row for row, key in enumerate(engine.matrix.keys)}

    @classmethod
    def from_repository(
        cls,
        repository: ReferenceRepository,
        dataset: str,
        fingerprint: str,
        metric_kind: MetricKind,
    ) -> Retriever:
        """Load the codes of a dataset under a model, for exact search.

        Raises
        ------
        NotFoundError
            Where there are none.
        ServiceError
            Where the database does not answer.
        """
        matrix = repository.load_codes(dataset, fingerprint)
        if not matrix.keys:
            raise NotFoundError(
                f"The reference database holds no codes of {dataset} under this model"
                f" ({fingerprint[:12]}…).",
                remedy="Run: sbmir ingest",
            )
        return cls(ExactEngine(matrix), metric_kind)

    @property
    def n_slices(self) -> int:
        """How many reference slices are searched."""
        return len(self._rows)

    def search(self, query: Query, top: int = 10) -> list[RankedPatient]:
        """Rank patients by their slice nearest to the query, nearest first.

        Raises
        ------
        ConfigError
            Where the weight is not in [0, 1].
        DataError
            Where the query's codes are of another length than the reference codes, or hold NaN.
        """
        hits = self._engine.rank(
            query.nac, query.aac, self._metric(query.weight), top=top, excluded=query.excluded
        )
        return [RankedPatient(rank, hit.key, hit.distance) for rank, hit in enumerate(hits, 1)]

    def codes_of(self, key: SliceKey) -> AnatomyCodes:
        """The codes of a reference slice as flat vectors: a query by example.

        Raises
        ------
        NotFoundError
            Where the slice is not in the database under this model.
        """
        row = self._rows.get(key)
        if row is None:
            raise NotFoundError(
                f"The slice {key} is not in the reference database under this model.",
                remedy="Check its name and number, or ingest the patient: sbmir ingest",
            )
        matrix = self._engine.matrix
        return AnatomyCodes(matrix.nac[row], matrix.aac[row])

    def _metric(self, weight: float) -> Metric:
        if self._metric_kind is MetricKind.PUBLISHED:
            return Metric.published(weight)
        return Metric.balanced(weight, self._engine.scales)
