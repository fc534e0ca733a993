"""What is measured of a ranking: where the target is, and how alike the first patients are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from sbmir.catalogue import Side
from sbmir.evaluation.ranking import Ranking
from sbmir.evaluation.reader import ReaderQuery
from sbmir.evaluation.reference import ReferenceSlices
from sbmir.keys import SliceKey
from sbmir.labels import PAINT_ORDER
from sbmir.similarity import LesionComparison, compare_lesions

SUCCESS_AT = (1, 5, 10)
COMPARED = 5
"""The first so many patients are compared with the sketch."""

SHOWN = 5
"""The first so many slices are told of each query."""

Measures: TypeAlias = Mapping[str, float | None]
"""By name; None where a measure makes no sense for a query.

``rank``, ``reciprocal_rank``
    Of the target's patient.
``success_at_<k>``
    1 where the target's patient is among the first k, else 0.
``side_agrees``
    1 where the first result lies on the sketch's side; None where the sketch lies on both.
``dice``, ``dice_<tissue>``, ``dice_lesion``
    Overlap of the sketch with the first results: the mean over the tissues that either shows, of
    each tissue, and of the whole lesion.
``size_ratio``
    Area of the found lesion divided by that of the sketch.
``centroid_shift_mm``
    Between the centroids, over the results that show a lesion.
``without_lesion``
    The share of the first results that show none.
``others_dice``
    ``dice`` of the first results apart from the target: do the others look like the sketch, too?
"""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of a query.

    Attributes
    ----------
    ranks:
        Of the target's patient, one for each ranking.
    first:
        The first slices of the first ranking.
    measures:
        Means over the rankings.
    """

    query: ReaderQuery
    ranks: tuple[int, ...]
    first: Ranking
    measures: Measures


def outcome_of(
    query: ReaderQuery, rankings: Sequence[Ranking], reference: ReferenceSlices
) -> Outcome:
    """Measure the rankings of a query."""
    ranks = tuple(rank_of(query.target, ranking) for ranking in rankings)
    measured = [_measure(query, ranking, reference) for ranking in rankings]
    measures = {name: mean_of([one[name] for one in measured]) for name in measured[0]}
    return Outcome(query, ranks, rankings[0][:SHOWN], measures)


def rank_of(target: SliceKey, ranking: Ranking) -> int:
    """The target's patient's place, from 1; behind all others where it is not there."""
    patients = [key.patient for key in ranking]
    return (patients.index(target.patient) if target.patient in patients else len(patients)) + 1


def mean_of(values: Sequence[float | None]) -> float | None:
    """The mean of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _measure(query: ReaderQuery, ranking: Ranking, reference: ReferenceSlices) -> Measures:
    rank = rank_of(query.target, ranking)
    return {
        "rank": float(rank),
        "reciprocal_rank": 1 / rank,
        **{f"success_at_{k}": float(rank <= k) for k in SUCCESS_AT},
        "side_agrees": _side_agrees(query, ranking, reference),
        **_likeness(query, ranking, reference),
    }


def _side_agrees(query: ReaderQuery, ranking: Ranking, reference: ReferenceSlices) -> float | None:
    side = reference.sketched_side(query.sketch, query.template.patient)
    if side not in (Side.LEFT, Side.RIGHT) or not ranking:
        return None
    return float(reference.side(ranking[0]) == side)


def _likeness(query: ReaderQuery, ranking: Ranking, reference: ReferenceSlices) -> Measures:
    others = [key for key in ranking[: COMPARED + 1] if key.patient != query.target.patient]
    compared = {key: _compare(query, key, reference) for key in (*ranking[:COMPARED], *others)}
    first = [compared[key] for key in ranking[:COMPARED]]
    return {
        "dice": mean_of([_mean_dice(one) for one in first]),
        **{
            f"dice_{tissue.name.lower()}": mean_of([one.dice[tissue] for one in first])
            for tissue in PAINT_ORDER
        },
        "dice_lesion": mean_of([one.lesion_dice for one in first]),
        "size_ratio": mean_of([one.size_ratio for one in first]),
        "centroid_shift_mm": mean_of([one.centroid_shift_mm for one in first]),
        "without_lesion": mean_of(
            [float(not reference.labels(k).any()) for k in ranking[:COMPARED]]
        ),
        "others_dice": mean_of([_mean_dice(compared[key]) for key in others[:COMPARED]]),
    }


def _compare(query: ReaderQuery, key: SliceKey, reference: ReferenceSlices) -> LesionComparison:
    drawn_mm = reference.catalogue(query.template.patient).pixel_mm
    found_mm = reference.catalogue(key.patient).pixel_mm
    labels = reference.labels(key)
    if drawn_mm is not None and found_mm is not None:
        return compare_lesions(query.sketch, labels, drawn_mm, found_mm)
    # Slices that were saved without their geometry: areas are those of pixels, and no length is
    # known in millimetres.
    plain = compare_lesions(query.sketch, labels, (1.0, 1.0))
    return LesionComparison(plain.dice, plain.lesion_dice, plain.size_ratio, None)


def _mean_dice(comparison: LesionComparison) -> float | None:
    return mean_of(list(comparison.dice.values()))
