"""An evaluation: the reader's queries, every way of ranking, and what is measured of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sbmir.codes import AnatomyCodes
from sbmir.config.application import DatasetType, ModelSettings
from sbmir.database.repository import CodeMatrix
from sbmir.encoding import CodeEncoder
from sbmir.errors import ConfigError, DataError, NotFoundError, SbmirError
from sbmir.evaluation.baselines import baselines
from sbmir.evaluation.features import find_feature_folders
from sbmir.evaluation.isolation import Isolation, find_isolated
from sbmir.evaluation.latency import Latency, measure_latency
from sbmir.evaluation.measures import Outcome, outcome_of
from sbmir.evaluation.ranking import BySketch, Progress, Ranking
from sbmir.evaluation.reader import ReaderQuery, SimulatedReader
from sbmir.evaluation.reference import ReferenceSlices
from sbmir.evaluation.summary import Stratum, strata_of
from sbmir.hand import Hand
from sbmir.keys import SliceKey
from sbmir.retrieval import Retriever
from sbmir.search.engine import MetricKind
from sbmir.search.exact import ExactEngine
from sbmir.slices import load_stack


class Steps(Protocol):
    """Shows how far an evaluation is."""

    def start(self, title: str) -> Progress:
        """Begin a step; what is returned is told how much of it is done."""


@dataclass(frozen=True)
class SearchSetting:
    """How codes are compared."""

    metric: MetricKind
    weight: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is evaluated.

    Attributes
    ----------
    settings:
        Compared with one another; the first is the shipped one, which all else is measured with.
    patients:
        Those that are looked for; all of the database where None.
    sketches:
        How often each target is drawn.
    """

    dataset: DatasetType
    model: ModelSettings
    settings: tuple[SearchSetting, ...]
    patients: Sequence[str] | None = None
    seed: int = 0
    sketches: int = 1
    hand: Hand = field(default_factory=Hand)


@dataclass(frozen=True, eq=False)
class MethodResult:
    """What came of a way of ranking.

    Attributes
    ----------
    starts_from:
        What it is given of the target, in a few words.
    """

    name: str
    title: str
    starts_from: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything that was found out.

    Attributes
    ----------
    methods:
        The search by sketch, as it is shipped, first; then what it is compared with.
    settings:
        The outcomes of the search by sketch in every setting, the shipped one first.
    left_out:
        Patients that were asked for and could not be, with the reason.
    unavailable:
        Ways of ranking that could not be compared with, with the reason.
    """

    plan: Plan
    reference: ReferenceSlices
    model_fingerprint: str
    codes_fingerprint: str
    n_slices: int
    queries: tuple[ReaderQuery, ...]
    strata: Mapping[SliceKey, Mapping[Stratum, str]]
    methods: tuple[MethodResult, ...]
    settings: tuple[tuple[SearchSetting, tuple[Outcome, ...]], ...]
    isolation: Isolation
    latency: Latency
    left_out: Mapping[str, SbmirError]
    unavailable: Mapping[str, SbmirError]

    @property
    def n_patients(self) -> int:
        """How many patients the database holds."""
        return len(self.reference.by_patient)

    @property
    def is_whole(self) -> bool:
        """Whether all that was asked for could be done."""
        return not self.left_out and not self.unavailable


def evaluate(plan: Plan, matrix: CodeMatrix, encoder: CodeEncoder, steps: Steps) -> Evaluation:
    """Ask for every target, in every way, and measure what is found.

    Parameters
    ----------
    matrix:
        The codes of the reference database under the encoder's model.

    Raises
    ------
    NotFoundError
        Where nobody can be asked for, or patients are named that the database does not hold.
    ConfigError
        Where the settings name no template patient that is there.
    DataError
        Where slices of the database are not there any more or damaged.
    """
    work = _Work(plan, matrix, encoder, steps)
    work.reference.check()
    queries, left_out = work.queries()
    work.encode(queries)
    settings = work.by_sketch(queries)
    shipped = MethodResult("sketch", "by sketch", "the sketch, another's brain", settings[0][1])
    others, unavailable = work.compare(queries)
    targets = dict.fromkeys(query.target for query in queries)
    return Evaluation(
        plan=plan,
        reference=work.reference,
        model_fingerprint=encoder.fingerprint,
        codes_fingerprint=work.retriever(plan.settings[0]).fingerprint(),
        n_slices=len(matrix.keys),
        queries=queries,
        strata={target: strata_of(target, work.reference) for target in targets},
        methods=(shipped, *others),
        settings=settings,
        isolation=work.isolation(),
        latency=work.latency(queries),
        left_out=left_out,
        unavailable=unavailable,
    )


class _Work:
    """The steps of an evaluation, and what they share."""

    def __init__(self, plan: Plan, matrix: CodeMatrix, encoder: CodeEncoder, steps: Steps) -> None:
        self.plan = plan
        self.reference = ReferenceSlices(plan.dataset.slices_dir, matrix.keys)
        self.encoder = encoder
        self.steps = steps
        self._engine = ExactEngine(matrix)
        self._retrievers: dict[MetricKind, Retriever] = {}
        self._codes: list[AnatomyCodes] = []
        self._stacks: dict[SliceKey, NDArray[np.float32]] = {}

    def retriever(self, setting: SearchSetting) -> Retriever:
        """The search in a setting; all settings share the codes."""
        if setting.metric not in self._retrievers:
            self._retrievers[setting.metric] = Retriever(self._engine, setting.metric, list)
        return self._retrievers[setting.metric]

    def queries(self) -> tuple[tuple[ReaderQuery, ...], dict[str, SbmirError]]:
        """Make the reader's queries; patients without lesion are passed over unless named."""
        named = self.plan.patients
        unknown = sorted(set(named or ()) - set(self.reference.by_patient))
        if unknown:
            raise NotFoundError(
                f"Not in the database under this model: {', '.join(unknown)}.",
                remedy="Ingest them, or correct --patients.",
            )
        reader = self._reader()
        wanted = list(self.reference.by_patient) if named is None else sorted(set(named))
        found: list[ReaderQuery] = []
        left_out: dict[str, SbmirError] = {}
        progress = self.steps.start("Sketches")
        for done, patient in enumerate(wanted, 1):
            try:
                found += self._queries_of(patient, reader)
            except SbmirError as error:
                left_out[patient] = error
            progress(done, len(wanted))
        if named is None:
            left_out = {k: v for k, v in left_out.items() if not isinstance(v, _NoLesionError)}
        if not found:
            reasons = "; ".join(f"{name}: {error.what}" for name, error in left_out.items())
            raise NotFoundError("There is no patient to look for.", why=reasons)
        return tuple(found), left_out

    def _reader(self) -> SimulatedReader:
        templates = {}
        missing = []
        for name in dict.fromkeys(self.plan.dataset.template_patients):
            try:
                templates[name] = self.reference.catalogue(name)
            except SbmirError as error:
                missing.append(str(error))
        if not templates:
            raise ConfigError(
                f"No template patient of {self.plan.dataset.name} is there.",
                why="\n".join(missing),
                remedy="Name patients that have slices in template_patients of the settings.",
            )
        return SimulatedReader(self.plan.seed, templates, self.plan.hand)

    def _queries_of(self, patient: str, reader: SimulatedReader) -> list[ReaderQuery]:
        target = self.reference.representative(patient)
        if target is None:
            raise _NoLesionError(f"{patient} has no lesion, so nothing of it can be sketched.")
        labels = self.reference.labels(target)
        return [reader.query(target, labels, number) for number in range(self.plan.sketches)]

    def encode(self, queries: Sequence[ReaderQuery]) -> None:
        """Encode templates and sketches, once for all settings."""
        progress = self.steps.start("Codes of the queries")
        slices_dir = self.plan.dataset.slices_dir
        normal: dict[SliceKey, NDArray[np.float32]] = {}
        for done, query in enumerate(queries, 1):
            template = query.template
            if template not in normal:
                stack = load_stack(slices_dir, template.patient, template.index)
                self._stacks[template] = stack
                normal[template] = self.encoder.encode_template(stack)
            abnormal = self.encoder.encode_sketch(query.sketch)
            self._codes.append(AnatomyCodes(normal[template], abnormal))
            progress(done, len(queries))

    def by_sketch(
        self, queries: Sequence[ReaderQuery]
    ) -> tuple[tuple[SearchSetting, tuple[Outcome, ...]], ...]:
        """Search with the sketches in every setting."""
        progress = self.steps.start("By sketch")
        total = len(self.plan.settings)
        results = []
        for done, setting in enumerate(self.plan.settings, 1):
            retriever = self.retriever(setting)
            ranker = BySketch(
                retriever, setting.weight, self._codes, len(self.reference.by_patient)
            )
            results.append((setting, self._outcomes(ranker.rank(queries), queries)))
            progress(done, total)
        return tuple(results)

    def compare(
        self, queries: Sequence[ReaderQuery]
    ) -> tuple[list[MethodResult], dict[str, SbmirError]]:
        """Rank in all other ways; one whose files are not there or damaged is left out."""
        results: list[MethodResult] = []
        unavailable: dict[str, SbmirError] = {}
        setting, plan = self.plan.settings[0], self.plan
        metric = self.retriever(setting).metric(setting.weight)
        folders = find_feature_folders(plan.model.codes_dir, self.reference.by_patient)
        for one in baselines(self.reference, self._engine, metric, folders, plan.seed):
            try:
                progress = self.steps.start(f"{one.title[0].upper()}{one.title[1:]}")
                outcomes = self._outcomes(one.ranker.rank(queries, progress), queries)
            except (DataError, NotFoundError) as error:
                unavailable[one.title] = error
                continue
            results.append(MethodResult(one.name, one.title, one.starts_from, outcomes))
        return results, unavailable

    def _outcomes(
        self, rankings: Sequence[tuple[Ranking, ...]], queries: Sequence[ReaderQuery]
    ) -> tuple[Outcome, ...]:
        return tuple(
            outcome_of(query, found, self.reference)
            for query, found in zip(queries, rankings, strict=True)
        )

    def isolation(self) -> Isolation:
        """Look for isolated samples, in the shipped setting."""
        found = [self.reference.representative(name) for name in self.reference.by_patient]
        setting = self.plan.settings[0]
        metric = self.retriever(setting).metric(setting.weight)
        return find_isolated(self._engine.matrix, [key for key in found if key], metric)

    def latency(self, queries: Sequence[ReaderQuery]) -> Latency:
        """Time the search in the shipped setting."""
        setting = self.plan.settings[0]
        retriever = self.retriever(setting)
        return measure_latency(self.encoder, retriever, setting.weight, queries, self._stacks)


class _NoLesionError(DataError):
    """A patient without lesion is no target, which is a failure only where it was named."""
