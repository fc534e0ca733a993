"""The figures of a reader study: how often, how near, how long; each with a 95 % interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbmir.estimates import Estimate, bootstrap
from sbmir.study.records import QuestionRecord

SEED = 0
YEARS = ((1, 5), (6, 10), (11, 20), (21, 50))
"""Bands of experience."""

ALL = "all answers"

Reader = tuple[str, int]
"""Name and years of experience: who takes part twice is one reader."""


@dataclass(frozen=True)
class Figure:
    """A mean over answers with its interval.

    Attributes
    ----------
    estimate:
        Its units are readers, whose answers belong together; of one reader, the answers.
    n_answers:
        Answers that it is the mean of.
    """

    estimate: Estimate
    n_answers: int


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

SHARES = ("success@1", "success@5", "success@10", "reciprocal rank", "precision")
"""Measures from 0 to 1."""


def reader_of(record: QuestionRecord) -> Reader:
    """Who answered."""
    return record.user_name, record.y_experience


def figures_of(records: Iterable[QuestionRecord]) -> dict[str, Figure]:
    """Every measure that at least one answer tells."""
    answers = list(records)
    figures = {}
    for name, measure in MEASURES.items():
        told: dict[Reader, list[float]] = {}
        for record in answers:
            value = measure(record)
            if value is not None:
                told.setdefault(reader_of(record), []).append(value)
        if told:
            n_answers = sum(len(values) for values in told.values())
            figures[name] = Figure(_estimate(list(told.values())), n_answers)
    return figures


def _estimate(by_reader: Sequence[Sequence[float]]) -> Estimate:
    """The mean over all answers; its interval draws readers anew, or the answers of a single one.

    Answers of one reader are alike, so that to draw them one by one would tell too narrow an
    interval.
    """
    if len(by_reader) == 1:
        return bootstrap(np.array(by_reader[0]), SEED, lambda values: np.mean(values, axis=-1))
    sums = np.array([(sum(values), len(values)) for values in by_reader])
    return bootstrap(sums, SEED, _mean_of_answers)


def _mean_of_answers(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """From (…, readers, 2), each reader's sum and number of answers, to (…)."""
    totals = sums.sum(axis=-2)
    mean: NDArray[np.float64] = totals[..., 0] / totals[..., 1]
    return mean


def groups_of(records: Sequence[QuestionRecord]) -> list[Group]:
    """All answers, then those of each stage, of each band of experience, and of each reader."""
    parted: list[tuple[str, str, list[QuestionRecord]]] = [("all", ALL, list(records))]
    for stage in sorted({record.stage_num for record in records}):
        of_stage = [record for record in records if record.stage_num == stage]
        parted.append(("stage", f"stage {stage}", of_stage))
    for first, last in YEARS:
        of_band = [record for record in records if first <= record.y_experience <= last]
        if of_band:
            parted.append(("experience", f"{first} to {last} years", of_band))
    for user, years in sorted({reader_of(record) for record in records}):
        of_reader = [record for record in records if reader_of(record) == (user, years)]
        parted.append(("reader", f"{user} ({years} years)", of_reader))
    return [Group(kind, name, figures_of(answers), len(answers)) for kind, name, answers in parted]
