"""What looks at a training's loss terms while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class StepTerms:
    """Every term of one iteration, by its name in the log."""

    epoch: int
    iteration: int
    terms: Mapping[str, float]


class TermObserver(Protocol):
    """Is shown all iterations, a few at a time, in the first process."""

    def observe(self, steps: Sequence[StepTerms]) -> None:
        """Look at some iterations; they follow those of the last call."""
