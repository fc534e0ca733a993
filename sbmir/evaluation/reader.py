"""The simulated reader: remembers a lesion, and draws it by hand on another patient's brain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sbmir.catalogue import PatientCatalogue
from sbmir.errors import DataError
from sbmir.hand import Hand, drawn
from sbmir.keys import SliceKey


@dataclass(frozen=True, eq=False)
class ReaderQuery:
    """What a reader searches with, and what for.

    Attributes
    ----------
    target:
        The slice that the reader remembers.
    template:
        The slice of normal brain that is sketched on.
    sketch:
        (rows, columns) uint8 class ids.
    number:
        Of the sketch among those of this target, from 0.
    """

    target: SliceKey
    template: SliceKey
    sketch: NDArray[np.uint8]
    number: int


@dataclass(frozen=True)
class SimulatedReader:
    """Makes queries; what it does for one target does not depend on the others.

    Attributes
    ----------
    seed:
        Of every chance that is taken.
    templates:
        The patients whose brains are drawn on, as the settings name them.
    """

    seed: int
    templates: Mapping[str, PatientCatalogue]
    hand: Hand = field(default_factory=Hand)

    def query(self, target: SliceKey, labels: NDArray[np.uint8], number: int) -> ReaderQuery:
        """Draw a target's lesion for the ``number``-th time.

        Parameters
        ----------
        labels:
            The target's segmentation, (rows, columns) uint8 class ids, with a lesion.

        Raises
        ------
        DataError
            Where no template patient but the target has a slice without lesion.
        """
        random = random_of(self.seed, target, number)
        patient, catalogue = self._template(target.patient, random)
        index = nearest_normal(catalogue, target.index)
        template = SliceKey(target.dataset, patient, index)
        return ReaderQuery(target, template, drawn(labels, self.hand, random), number)

    def _template(self, target: str, random: np.random.Generator) -> tuple[str, PatientCatalogue]:
        """Choose one that is named; for a template patient, the next that is named."""
        names = [name for name, catalogue in self.templates.items() if catalogue.normal_indices]
        place = int(random.integers(len(names))) if names else 0
        if target in names:
            place = (names.index(target) + 1) % len(names)
        if not names or names[place] == target:
            raise DataError(
                f"There is no template for {target}: no other template patient has a slice"
                " without lesion.",
                remedy="Name another patient in template_patients of the settings.",
            )
        return names[place], self.templates[names[place]]


def random_of(seed: int, target: SliceKey, number: int) -> np.random.Generator:
    """Return chance that depends on these alone, and not on what was asked before."""
    digest = hashlib.sha256(f"{target}".encode()).digest()
    return np.random.default_rng([seed, number, int.from_bytes(digest[:8])])


def nearest_normal(catalogue: PatientCatalogue, index: int) -> int:
    """Return the slice without lesion nearest to ``index``; of two, the lower.

    Raises
    ------
    ValueError
        Where every slice shows a lesion.
    """
    return min(catalogue.normal_indices, key=lambda normal: (abs(normal - index), normal))
