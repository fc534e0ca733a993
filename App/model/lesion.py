"""The lesion of a slice as a label map of true size, and as a sketch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from App.model.sketch import Sketch
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.grid import Points
from sbmir.catalogue import PatientCatalogue, read_catalogue
from sbmir.keys import SliceKey
from sbmir.slices import SEGMENTATION_PATTERN, load_slice

UNKNOWN_PIXEL_MM = (1.0, 1.0)
"""Taken for slices that were saved without the geometry of their volume."""

SAME_LEVEL_SHARE = 0.05
"""Slices lie at about one level where no more than this share of all slices is between them."""


@dataclass(frozen=True, eq=False)
class SliceLesion:
    """What a slice shows of a lesion.

    Parameters
    ----------
    labels:
        Class ids, (rows, columns) uint8.
    extent_mm:
        Height and width of the slice.
    """

    labels: NDArray[np.uint8]
    extent_mm: tuple[float, float]

    @classmethod
    def of(cls, labels: NDArray[np.uint8], pixel_mm: tuple[float, float]) -> SliceLesion:
        """Take a label map whose pixels have that height and width."""
        rows, columns = labels.shape
        return cls(labels, (rows * pixel_mm[0], columns * pixel_mm[1]))

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """Height and width of a pixel."""
        rows, columns = self.labels.shape
        return self.extent_mm[0] / rows, self.extent_mm[1] / columns

    def as_sketch(self, extent_mm: tuple[float, float] | None = None) -> Sketch:
        """Trace the label map; on a picture of another size each pixel keeps its place in it."""
        return Sketch.from_label_map(self.labels, extent_mm or self.extent_mm)


def load_lesion(slices_dir: Path, key: SliceKey) -> SliceLesion:
    """Read the label map of a reference slice.

    Raises
    ------
    NotFoundError, DataError
        Where it is not there, or damaged.
    """
    labels = load_slice(slices_dir, key.patient, SEGMENTATION_PATTERN, key.index)
    pixel_mm = read_catalogue(slices_dir, key.patient).pixel_mm
    return SliceLesion.of(labels, pixel_mm or UNKNOWN_PIXEL_MM)


def slice_at_level(
    template: PatientCatalogue, shown: int, found: PatientCatalogue, index: int
) -> int:
    """The slice of the template to sketch a found lesion on.

    It is the lesion-free slice nearest to the level of the found one, or the one that is shown,
    where that lies at about this level too; the shown one also where every slice has a lesion.

    Parameters
    ----------
    shown:
        Number of the template's slice that is shown.
    found, index:
        The other patient's slices, and which of them shows the lesion.
    """
    level = index / found.n_slices * template.n_slices
    normal = template.normal_indices
    if shown in normal and abs(shown - level) <= SAME_LEVEL_SHARE * template.n_slices:
        return shown
    return min(normal, key=lambda number: (abs(number - level), number), default=shown)


def mirrored_sketch(sketch: Sketch, extent_mm: tuple[float, float]) -> Sketch:
    """Flip a sketch left to right on a slice picture of that height and width."""
    width_mm = extent_mm[1]
    return Sketch(
        {
            tissue: tuple(
                Contour(
                    _flipped(contour.outer, width_mm),
                    tuple(_flipped(hole, width_mm) for hole in contour.holes),
                )
                for contour in region
            )
            for tissue, region in sketch.regions.items()
        }
    )


def _flipped(points_mm: Points, width_mm: float) -> Points:
    # From the last point to the first, so that rings turn the way they did.
    flipped = points_mm[::-1].copy()
    flipped[:, 0] = width_mm - flipped[:, 0]
    return flipped
