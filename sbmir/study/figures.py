"""The figures of a reader study: how often, how near, how long; each with a 95 % interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sbmir.study.records import QuestionRecord

RESAMPLES = 2000
SEED = 0
YEARS = ((1, 5), (6, 10), (11, 20), (21, 50))
"""Bands of experience."""

ALL = "all answers"


@dataclass(frozen=True)
class Figure:
    """A mean over answers and its bootstrap interval.

    Attributes
    ----------
    low, high:
        2.5 and 97.5 % of the means of resampled answers.
    n:
        Answers that it is the mean of.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Group:
    """Answers that are told together, such as those of a stage."""

    kind: str
    name: str
    figures: Mapping[str, Figure]
    n_answers: int


def _found_within(k: int) -> Callable[[QuestionRecord], float | None]:
    def measure(record: QuestionRecord) -> float | None:
        if not record.is_image_question:
            return None
        return float(record.rank is not None and record.rank <= k)

    return measure


def _reciprocal_rank(record: QuestionRecord) -> float | None:
    if not record.is_image_question:
        return None
    return 0.0 if record.rank is None else 1.0 / record.rank


MEASURES: Mapping[str, Callable[[QuestionRecord], float | None]] = {
    "success@1": _found_within(1),
    "success@5": _found_within(5),
    "success@10": _found_within(10),
    "reciprocal rank": _reciprocal_rank,
    "precision": lambda record: record.precision,
    "seconds to first stroke": lambda record: record.seconds_to_first_stroke,
    "seconds to search": lambda record: record.seconds_to_search,
    "seconds to submit": lambda record: record.seconds_to_submit,
    "searches": lambda record: record.n_searches,
    "strokes": lambda record: record.n_strokes,
    "undos": lambda record: record.n_undos,
}
"""Each of one answer; None where it says nothing, such as the rank for a statement in words."""


def mean_with_interval(values: Sequence[float]) -> Figure:
    """Mean of at least one value, with a seeded percentile bootstrap (Efron, 1979)."""
    sample = np.asarray(values, np.float64)
    rows = np.random.default_rng(SEED).integers(0, sample.size, (RESAMPLES, sample.size))
    low, high = np.percentile(sample[rows].mean(axis=1), (2.5, 97.5))
    return Figure(float(sample.mean()), float(low), float(high), sample.size)


def figures_of(records: Iterable[QuestionRecord]) -> dict[str, Figure]:
    """Every measure that at least one answer tells."""
    answers = list(records)
    figures = {}
    for name, measure in MEASURES.items():
        told = [value for value in map(measure, answers) if value is not None]
        if told:
            figures[name] = mean_with_interval(told)
    return figures


def groups_of(records: Sequence[QuestionRecord]) -> list[Group]:
    """All answers, then those of each stage, of each reader, and of each band of experience."""
    parted: list[tuple[str, str, list[QuestionRecord]]] = [("all", ALL, list(records))]
    for stage in sorted({record.stage_num for record in records}):
        of_stage = [record for record in records if record.stage_num == stage]
        parted.append(("stage", f"stage {stage}", of_stage))
    for user, years in sorted({(record.user_name, record.y_experience) for record in records}):
        of_reader = [r for r in records if (r.user_name, r.y_experience) == (user, years)]
        parted.append(("reader", f"{user} ({years} years)", of_reader))
    for first, last in YEARS:
        of_band = [record for record in records if first <= record.y_experience <= last]
        if of_band:
            parted.append(("experience", f"{first} to {last} years", of_band))
    return [Group(kind, name, figures_of(answers), len(answers)) for kind, name, answers in parted]
