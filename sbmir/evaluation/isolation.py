"""Isolated samples: representative slices that no other patient's nearest ones include."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sbmir.database.repository import CodeMatrix
from sbmir.keys import SliceKey
from sbmir.search.engine import Metric
from sbmir.search.exact import ExactEngine

NEIGHBOURS = 30


@dataclass(frozen=True)
class Isolation:
    """Which patients' representative slices are isolated.

    Attributes
    ----------
    n_samples:
        How many were looked at. Only where they are more than ``neighbours`` + 1 can one be
        isolated.
    """

    samples: tuple[SliceKey, ...]
    n_samples: int
    neighbours: int = NEIGHBOURS


def find_isolated(
    matrix: CodeMatrix, representatives: Sequence[SliceKey], metric: Metric
) -> Isolation:
    """Look for the nearest other representative slices of each, by the codes of their images."""
    rows_of = {key: row for row, key in enumerate(matrix.keys)}
    keys = tuple(sorted(representatives))
    rows = [rows_of[key] for key in keys]
    engine = ExactEngine(CodeMatrix(keys, matrix.nac[rows], matrix.aac[rows]), keep_mixture=False)
    near: set[SliceKey] = set()
    for row, key in enumerate(keys):
        hits = engine.rank(
            engine.matrix.nac[row],
            engine.matrix.aac[row],
            metric,
            top=NEIGHBOURS,
            excluded={(key.dataset, key.patient)},
        )
        near.update(hit.key for hit in hits)
    return Isolation(tuple(key for key in keys if key not in near), len(keys))
