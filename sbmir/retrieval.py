"""From a query to ranked patients."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbmir.codes import AnatomyCodes
from sbmir.database.repository import ReferenceRepository, SliceRecord
from sbmir.errors import NotFoundError
from sbmir.filters import NO_FILTERS, Filters, SliceTable
from sbmir.keys import SliceKey
from sbmir.search.engine import EQUAL_WEIGHT, Metric, MetricKind, SearchEngine
from sbmir.search.exact import ExactEngine
from sbmir.search.usual import UsualDistance


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
    filters:
        What a slice must show to be found.
    """

    nac: NDArray[np.float32]
    aac: NDArray[np.float32]
    template: SliceKey | None = None
    weight: float = EQUAL_WEIGHT
    include_template_patient: bool = False
    excluded_patients: Collection[tuple[str, str]] = frozenset()
    filters: Filters = NO_FILTERS

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
    """Ranks the patients of a reference database; may be used from several threads.

    Codes are in memory. What is known of the slices beside their codes is read from the database
    when it is first needed.

    Parameters
    ----------
    engine:
        Holds the codes of one model.
    metric_kind:
        How normal and abnormal codes are weighed against each other.
    read_records:
        Reads what is known of the slices.
    """

    def __init__(
        self,
        engine: SearchEngine,
        metric_kind: MetricKind,
        read_records: Callable[[], Sequence[SliceRecord]],
    ) -> None:
        self._engine = engine
        self._metric_kind = metric_kind
        self._read_records = read_records
        keys = engine.matrix.keys
        self._rows = {key: row for row, key in enumerate(keys)}
        owners = dict.fromkeys((key.dataset, key.patient) for key in keys)
        self._numbers = {owner: number for number, owner in enumerate(owners)}
        self._patient_of_row = np.array([self._numbers[k.dataset, k.patient] for k in keys], int)
        self._knowledge: _Knowledge | None = None
        self._passing: tuple[Filters, NDArray[np.bool_]] | None = None
        self._fingerprint: str | None = None
        self._lock = threading.Lock()

    @classmethod
    def from_repository(
        cls,
        repository: ReferenceRepository,
        dataset: str,
        fingerprint: str,
        metric_kind: MetricKind,
    ) -> Retriever:
        """Load the codes of a dataset under a model, for exact search.

        The repository is used again by searches with filters and by ``prepare``.

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
        return cls(ExactEngine(matrix), metric_kind, lambda: repository.slice_records(dataset))

    @property
    def n_slices(self) -> int:
        """How many reference slices are searched."""
        return len(self._rows)

    @property
    def metric_kind(self) -> MetricKind:
        """How normal and abnormal codes are weighed against each other."""
        return self._metric_kind

    def search(self, query: Query, top: int = 10) -> list[RankedPatient]:
        """Rank patients by their slice nearest to the query, nearest first.

        Raises
        ------
        ConfigError
            Where the weight is not in [0, 1].
        DataError
            Where the query's codes are of another length than the reference codes, or hold NaN;
            or where it filters by what the database does not know.
        ServiceError
            Where the database does not answer, and the query's filters need it.
        """
        hits = self._engine.rank(
            query.nac,
            query.aac,
            self.metric(query.weight),
            top=top,
            allowed=self._allowed(query.filters),
            excluded=query.excluded,
        )
        return [RankedPatient(rank, hit.key, hit.distance) for rank, hit in enumerate(hits, 1)]

    def n_found(self, query: Query) -> int:
        """Tell how many patients a search finds where it is asked for all of them.

        Raises
        ------
        DataError, ServiceError
            As ``search``.
        """
        allowed = self._allowed(query.filters)
        passing = np.ones(len(self._numbers), bool)
        if allowed is not None:
            passing[:] = False
            passing[self._patient_of_row[allowed]] = True
        out = [self._numbers[owner] for owner in query.excluded if owner in self._numbers]
        passing[out] = False
        return int(np.count_nonzero(passing))

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

    def prepare(self) -> None:
        """Read what filters and ``usual_distance`` need, so that no search has to wait for it.

        Raises
        ------
        ServiceError
            Where the database does not answer.
        """
        self._known()

    def prepare_weight(self, weight: float) -> None:
        """Make ahead what searches with this weight keep; it pays where many follow.

        Raises
        ------
        ConfigError
            Where the weight is not in [0, 1].
        """
        self._engine.prepare(self.metric(weight))

    def usual_distance(self, weight: float) -> float | None:
        """Within which distance patients of this database usually have a neighbour.

        It is the 95th percentile, over the patients, of the distance from their representative
        slice to the nearest one of another patient. A query whose nearest patient is farther is
        unlike the database. None before ``prepare``, and for fewer than five patients.

        Raises
        ------
        ConfigError
            Where the weight is not in [0, 1].
        """
        knowledge = self._knowledge
        return None if knowledge is None else knowledge.usual.of(self.metric(weight))

    def fingerprint(self) -> str:
        """SHA-256 of the slices' names and codes: searches of equal ones give equal rankings.

        It reads all codes the first time, which takes a second or two where they are many.
        """
        if self._fingerprint is None:
            matrix = self._engine.matrix
            digest = hashlib.sha256(f"{matrix.nac.shape}".encode())
            for key in matrix.keys:
                digest.update(f"{key}\n".encode())
            digest.update(matrix.nac.data)
            digest.update(matrix.aac.data)
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def metric(self, weight: float) -> Metric:
        """Return the distance that patients are ranked by.

        Raises
        ------
        ConfigError
            Where the weight is not in [0, 1].
        """
        if self._metric_kind is MetricKind.PUBLISHED:
            return Metric.published(weight)
        return Metric.balanced(weight, self._engine.scales)

    def _allowed(self, filters: Filters) -> NDArray[np.bool_] | None:
        """Tell for each row whether it passes; the last answer is kept."""
        if filters.is_off:
            return None
        last = self._passing
        if last is not None and last[0] == filters:
            return last[1]
        passing = self._known().table.passing(filters)
        self._passing = filters, passing
        return passing

    def _known(self) -> _Knowledge:
        with self._lock:
            if self._knowledge is None:
                matrix = self._engine.matrix
                table = SliceTable.of(matrix.keys, self._read_records())
                self._knowledge = _Knowledge(table, UsualDistance(matrix, table.representative))
            return self._knowledge


@dataclass(frozen=True, eq=False)
class _Knowledge:
    """What is known of the slices beside their codes, and what follows from it."""

    table: SliceTable
    usual: UsualDistance
