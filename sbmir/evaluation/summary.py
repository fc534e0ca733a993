"""From the outcomes of queries to figures with their intervals, of all and of kinds of lesions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np

from sbmir.catalogue import Side
from sbmir.estimates import Estimate, bootstrap
from sbmir.evaluation.measures import Outcome, mean_of
from sbmir.evaluation.reference import ReferenceSlices
from sbmir.filters import MM2_PER_CM2
from sbmir.keys import SliceKey

SMALL_CM2, LARGE_CM2 = 15.0, 30.0
"""Where a lesion ends to be small, and begins to be large."""

SIZES = (
    f"below {SMALL_CM2:g} cm²",
    f"{SMALL_CM2:g} to {LARGE_CM2:g} cm²",
    f"from {LARGE_CM2:g} cm²",
)
UNKNOWN = "unknown"
_KINDS = (*SIZES, *Side, "enhancing", "not enhancing", UNKNOWN)
"""In the order in which they are told."""


class Stratum(StrEnum):
    """By what lesions are told apart."""

    SIZE = "size"
    SIDE = "side"
    ENHANCEMENT = "enhancement"


def summarise(outcomes: Sequence[Outcome], seed: int) -> dict[str, Estimate]:
    """Return the mean of each measure over the targets, and ``median_rank``; what none has is out.

    Sketches of one target are not independent: their mean counts once.
    """
    if not outcomes:
        return {}
    by_target = _by_target(outcomes)
    summary: dict[str, Estimate] = {}
    for name in outcomes[0].measures:
        values = [mean_of([one.measures[name] for one in own]) for own in by_target]
        known = np.array([value for value in values if value is not None])
        if not known.size:
            continue
        if name == "rank":
            summary["median_rank"] = bootstrap(known, seed, lambda x: np.median(x, axis=-1))
        else:
            summary[name] = bootstrap(known, seed, lambda x: np.mean(x, axis=-1))
    return summary


def success_curve(outcomes: Sequence[Outcome], up_to: int) -> list[float]:
    """The share of targets among the first k patients, for k from 1 to ``up_to``."""
    curves = [
        np.mean(
            [[np.mean(np.array(one.ranks) <= k) for k in range(1, up_to + 1)] for one in own], 0
        )
        for own in _by_target(outcomes)
    ]
    return [float(value) for value in np.mean(curves, axis=0)]


def strata_of(target: SliceKey, reference: ReferenceSlices) -> dict[Stratum, str]:
    """Tell what kind of lesion a target's slice shows."""
    catalogue = reference.catalogue(target.patient)
    facts = catalogue.slices[target.index]
    pixel_mm = catalogue.pixel_mm
    size = UNKNOWN
    if pixel_mm is not None:
        size = size_of(sum(facts.lesion_pixels) * pixel_mm[0] * pixel_mm[1] / MM2_PER_CM2)
    return {
        Stratum.SIZE: size,
        Stratum.SIDE: facts.side.value if facts.side else UNKNOWN,
        Stratum.ENHANCEMENT: "enhancing" if facts.lesion_pixels[2] else "not enhancing",
    }


def size_of(area_cm2: float) -> str:
    """In a word, how large a lesion is."""
    return SIZES[(area_cm2 >= SMALL_CM2) + (area_cm2 >= LARGE_CM2)]


def summarise_strata(
    outcomes: Sequence[Outcome], strata: Mapping[SliceKey, Mapping[Stratum, str]], seed: int
) -> dict[Stratum, dict[str, dict[str, Estimate]]]:
    """Summarise each kind of lesion by itself; kinds that no target has are left out."""
    return {
        stratum: {
            kind: summarise(
                [one for one in outcomes if strata[one.query.target][stratum] == kind], seed
            )
            for kind in sorted({own[stratum] for own in strata.values()}, key=_KINDS.index)
        }
        for stratum in Stratum
    }


def _by_target(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    grouped: dict[SliceKey, list[Outcome]] = {}
    for outcome in outcomes:
        grouped.setdefault(outcome.query.target, []).append(outcome)
    return list(grouped.values())
