"""Figures with their intervals, as an evaluation and a reader study tell them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
INTERVAL = (2.5, 97.5)
"""Percentiles of the resampled figures: a 95 % interval."""

Statistic: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From values (…, units) to one figure of each row of units."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Attributes
    ----------
    low, high:
        Ends of the bootstrap's 95 % interval (percentiles; Efron 1979).
    n:
        How many units it is of, such as the targets of an evaluation.
    """

    value: float
    low: float
    high: float
    n: int


def bootstrap(values: NDArray[np.float64], seed: int, statistic: Statistic) -> Estimate:
    """Estimate a statistic and its interval, by drawing the units anew.

    Parameters
    ----------
    values:
        (units,), or (units, n) where a unit has n values, which are drawn together.
    """
    n = len(values)
    drawn = np.random.default_rng(seed).integers(n, size=(RESAMPLES, n))
    low, high = np.percentile(statistic(values[drawn]), INTERVAL)
    return Estimate(float(statistic(values)), float(low), float(high), n)
