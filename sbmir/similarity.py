"""How alike two lesions are: the reasons why a retrieved slice matches a sketch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbmir.errors import DataError
from sbmir.labels import PAINT_ORDER, TissueClass

PixelSize = tuple[float, float]
"""Height and width of a pixel in mm."""


@dataclass(frozen=True)
class LesionComparison:
    """A found lesion beside the one that was sketched.

    Attributes
    ----------
    dice:
        For each tissue 2·|A ∩ B| / (|A| + |B|) (Dice 1945); None where neither slice shows it.
    lesion_dice:
        The same of the whole lesion, all tissues together.
    size_ratio:
        Area of the found lesion divided by that of the sketched one; None for an empty sketch.
    centroid_shift_mm:
        How far the centroids of the whole lesions lie apart, each measured from the middle of its
        own slice; None where one of them is empty.
    """

    dice: Mapping[TissueClass, float | None]
    lesion_dice: float | None
    size_ratio: float | None
    centroid_shift_mm: float | None


def compare_lesions(
    sketch: NDArray[np.uint8],
    found: NDArray[np.uint8],
    pixel_mm: PixelSize,
    found_pixel_mm: PixelSize | None = None,
) -> LesionComparison:
    """Compare two label maps, pixel by pixel as the networks see them.

    Parameters
    ----------
    sketch, found:
        Class ids, (rows, columns) uint8 of one shape.
    pixel_mm:
        Size of the sketch's pixels; areas and distances are true ones.
    found_pixel_mm:
        Size of the found slice's pixels, where it differs.

    Raises
    ------
    DataError
        Where the label maps differ in shape.
    """
    if sketch.shape != found.shape:
        raise DataError(
            f"A sketch of {sketch.shape} cannot be compared with a slice of {found.shape}.",
            remedy="Use slices and sketches of one model.",
        )
    found_mm = found_pixel_mm or pixel_mm
    drawn, seen = sketch > 0, found > 0
    drawn_mm2 = float(np.count_nonzero(drawn)) * pixel_mm[0] * pixel_mm[1]
    seen_mm2 = float(np.count_nonzero(seen)) * found_mm[0] * found_mm[1]
    shift = None
    if drawn_mm2 and seen_mm2:
        shift = float(np.linalg.norm(_centroid_mm(drawn, pixel_mm) - _centroid_mm(seen, found_mm)))
    return LesionComparison(
        {tissue: _dice(sketch == tissue, found == tissue) for tissue in PAINT_ORDER},
        _dice(drawn, seen),
        seen_mm2 / drawn_mm2 if drawn_mm2 else None,
        shift,
    )


def _dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float | None:
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return 2 * int(np.count_nonzero(one & other)) / int(total) if total else None


def _centroid_mm(mask: NDArray[np.bool_], pixel_mm: PixelSize) -> NDArray[np.float64]:
    """Mean (row, column) of the pixels' middles, from the middle of the slice."""
    middle = (np.array(mask.shape) - 1) / 2
    centroid: NDArray[np.float64] = (np.argwhere(mask).mean(axis=0) - middle) * pixel_mm
    return centroid
