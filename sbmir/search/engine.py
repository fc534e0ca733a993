"""What every search engine offers, and the distance that all of them rank by."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sbmir.database.repository import CodeMatrix
from sbmir.errors import ConfigError, DataError
from sbmir.keys import SliceKey

EQUAL_WEIGHT = 0.5

_LEAST_DEVIATION = 1e-5
"""Of the largest standard deviation in a code: below it, a number differs by rounding only."""


class MetricKind(Enum):
    """How the two codes of a slice are weighed against each other."""

    PUBLISHED = "published"
    BALANCED = "balanced"


@dataclass(frozen=True, eq=False)
class CodeScales:
    """What each number of a code is worth: what it is multiplied with before codes are compared.

    Both are float64 vectors as long as a code. Two of them are equal only where they are the same.
    """

    normal: NDArray[np.float64]
    abnormal: NDArray[np.float64]

    @classmethod
    def standard(cls, normal: NDArray[np.float64], abnormal: NDArray[np.float64]) -> CodeScales:
        """From the standard deviation of each number over a reference database.

        Of a standardised code, two that are drawn at random lie 2 apart on average, squared. A
        number that is the same on all slices, up to rounding, has no say.
        """
        return cls(_worth(normal), _worth(abnormal))


@dataclass(frozen=True)
class Metric:
    """A distance between pairs of codes, (n, a) and (n', a').

    With δn = sn·(n − n') and δa = sa·(a − a'), number by number, it is d² = Σ ‖α·δn + β·δa‖² over
    ``terms`` (α, β). ``scales`` are sn and sa; all 1 where there are none.
    """

    terms: tuple[tuple[float, float], ...]
    scales: CodeScales | None = None

    @classmethod
    def published(cls, weight: float = EQUAL_WEIGHT) -> Metric:
        """Euclidean distance between (2 − 2w)·n + 2w·a: at w = ½ the published search.

        Raises
        ------
        ConfigError
            Where the weight is not in [0, 1]; 0 is anatomy only, 1 is lesion only.
        """
        _check_weight(weight)
        return cls(((2 - 2 * weight, 2 * weight),))

    @classmethod
    def balanced(cls, weight: float, scales: CodeScales) -> Metric:
        """(1 − w)·‖δn‖² + w·‖δa‖², both codes standardised over the reference database.

        Raises
        ------
        ConfigError
            Where the weight is not in [0, 1].
        """
        _check_weight(weight)
        return cls(((math.sqrt(1 - weight), 0.0), (0.0, math.sqrt(weight))), scales)

    @property
    def coefficients(self) -> tuple[float, float, float]:
        """Return (nn, aa, na) of d² = nn·‖δn‖² + aa·‖δa‖² + 2·na·⟨δn, δa⟩."""
        return (
            sum(alpha * alpha for alpha, _ in self.terms),
            sum(beta * beta for _, beta in self.terms),
            sum(alpha * beta for alpha, beta in self.terms),
        )


@dataclass(frozen=True)
class Hit:
    """The nearest slice of a patient; the distance is that of the metric, not its square."""

    key: SliceKey
    distance: float


class SearchEngine(Protocol):
    """Ranks patients by their slice that is nearest to a query."""

    @property
    def matrix(self) -> CodeMatrix:
        """The codes that are searched."""

    @property
    def scales(self) -> CodeScales:
        """What standardises these codes."""

    def prepare(self, metric: Metric) -> None:
        """Make ahead what searches with this metric keep, so that none of them waits for it."""

    def rank(
        self,
        nac: NDArray[np.float32],
        aac: NDArray[np.float32],
        metric: Metric,
        *,
        top: int,
        allowed: NDArray[np.bool_] | None = None,
        excluded: Collection[tuple[str, str]] = (),
    ) -> list[Hit]:
        """Find the ``top`` nearest patients, nearest first; equal ones by dataset and patient.

        Parameters
        ----------
        nac, aac:
            Codes of the query, of any shape; as many numbers as the reference codes have.
        allowed:
            For each slice of ``matrix`` whether it may be found; all where None.
        excluded:
            (dataset, patient) of those to be left out.

        Returns
        -------
        One hit a patient: the nearest slice, of equally near ones the first.

        Raises
        ------
        DataError
            Where the query's codes are of another length, or hold NaN.
        """


def flat_query(code: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Return a query's code as a vector of ``length`` float32.

    Raises
    ------
    DataError
        Where it has another length, or holds NaN.
    """
    flat = np.asarray(code, np.float32).reshape(-1)
    if flat.size != length:
        raise DataError(
            f"The query's code has {flat.size} numbers, the reference codes have {length}.",
            remedy="Use the model that the reference codes were made with.",
        )
    if not np.isfinite(flat).all():
        raise DataError(
            "The query's code holds NaN or infinite numbers.",
            remedy="Check the template slice: is its image whole?",
        )
    return flat


def _worth(deviation: NDArray[np.float64]) -> NDArray[np.float64]:
    varies = deviation > _LEAST_DEVIATION * deviation.max(initial=0.0)
    worth = np.zeros_like(deviation)
    worth[varies] = 1 / (deviation[varies] * math.sqrt(np.count_nonzero(varies)))
    return worth


def _check_weight(weight: float) -> None:
    if not 0 <= weight <= 1:
        raise ConfigError(f"The weight must lie between 0 and 1; it is {weight:g}.")
