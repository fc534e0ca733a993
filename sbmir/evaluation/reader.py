"""The simulated reader: remembers a lesion, and draws it by hand on another patient's brain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sbmir.catalogue import PatientCatalogue
from sbmir.errors import DataError
from sbmir.keys import SliceKey
from sbmir.labels import TissueClass

REFERENCE_SIZE_PX = 128
"""The edge of the slices for which a hand's pixels are told; they grow with larger slices."""


@dataclass(frozen=True)
class Hand:
    """How unlike a label map a sketch is.

    Attributes
    ----------
    smoothing_px:
        Standard deviation of the Gaussian that rounds the contours.
    shift_px:
        The farthest that the lesion is drawn from its place.
    scale, turn_deg:
        The largest change of its edge, as a share, and the largest turn to either side.
    """

    smoothing_px: float = 2.5
    shift_px: float = 3.0
    scale: float = 0.1
    turn_deg: float = 8.0


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


def drawn(labels: NDArray[np.uint8], hand: Hand, random: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a segmentation as a hand would: closed, rounded contours, a little off their place.

    The outline of the whole lesion holds that of the core (enhancing tumour and necrosis), which
    holds that of the necrosis; each is filled. A region keeps its area, but for the change of
    scale, so that a small lesion does not vanish where its contour is rounded.
    """
    if not labels.any():
        return np.zeros_like(labels)
    unit = labels.shape[0] / REFERENCE_SIZE_PX
    matrix, offset, growth = _placement(labels > 0, hand, unit, random)
    sketch = np.zeros_like(labels)
    outer = np.ones(labels.shape, bool)
    for tissue, region in _nested_regions(labels):
        if not region.any():
            continue
        rounded = ndimage.gaussian_filter(region.astype(np.float64), hand.smoothing_px * unit)
        placed = ndimage.affine_transform(rounded, matrix, offset, order=1)
        outer = outer & _largest(placed, round(np.count_nonzero(region) * growth))
        sketch[outer] = tissue
    return sketch


def _nested_regions(
    labels: NDArray[np.uint8],
) -> Sequence[tuple[TissueClass, NDArray[np.bool_]]]:
    """Return what a hand outlines, from the outermost; a region lies within the one before it."""
    necrosis = ndimage.binary_fill_holes(labels == TissueClass.NET)
    core = ndimage.binary_fill_holes((labels == TissueClass.ET) | necrosis)
    whole = ndimage.binary_fill_holes((labels > 0) | core)
    if not (labels == TissueClass.ET).any():
        core = np.zeros_like(core)  # nothing enhances: no such contour is drawn
    return (TissueClass.ED, whole), (TissueClass.ET, core), (TissueClass.NET, necrosis)


def _placement(
    lesion: NDArray[np.bool_], hand: Hand, unit: float, random: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Draw a turn and a scale about the lesion's centroid, and a shift within a disc.

    Returns
    -------
    matrix, offset:
        From a pixel (row, column) of the sketch to that of the label map.
    growth:
        By how much an area grows.
    """
    turn = np.deg2rad(random.uniform(-hand.turn_deg, hand.turn_deg))
    scale = random.uniform(1 - hand.scale, 1 + hand.scale)
    length, direction = (
        hand.shift_px * unit * np.sqrt(random.uniform()),
        random.uniform(0, 2 * np.pi),
    )
    shift = length * np.array([np.sin(direction), np.cos(direction)])
    cosine, sine = np.cos(turn), np.sin(turn)
    matrix = np.array([[cosine, -sine], [sine, cosine]]) / scale
    centre = np.argwhere(lesion).mean(axis=0)
    return matrix, centre - matrix @ (centre + shift), float(scale * scale)


def _largest(values: NDArray[np.float64], count: int) -> NDArray[np.bool_]:
    """Tell where the ``count`` largest values are, those as large as the last of them included."""
    count = min(max(count, 1), values.size)
    limit = np.partition(values, values.size - count, axis=None)[values.size - count]
    reached: NDArray[np.bool_] = values >= max(limit, np.finfo(np.float64).tiny)
    return reached
