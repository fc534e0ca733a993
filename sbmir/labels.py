"""Tissue classes of a brain glioma, and the only place where BraTS's label 4 becomes 3."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sbmir.errors import DataError


class TissueClass(IntEnum):
    """Class ids of every segmentation and sketch inside this project."""

    BACKGROUND = 0
    NET = 1  # necrotic and non-enhancing tumour core
    ED = 2  # peritumoural oedema
    ET = 3  # Gd-enhancing tumour


BRATS_ENHANCING = 4
"""How BraTS up to 2021 numbers the enhancing tumour in its files."""

PAINT_ORDER = (TissueClass.ED, TissueClass.ET, TissueClass.NET)
"""A label map is painted in this order, later over earlier."""


def tissue_classes(labels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Map a BraTS segmentation of any numeric dtype and shape to ``TissueClass`` ids.

    Files with labels 0, 1, 2, 4 (BraTS to 2021) and 0, 1, 2, 3 (BraTS 2023) are both accepted.

    Raises
    ------
    DataError
        For NaN, fractional or unknown labels, and for 3 and 4 in one file: there it cannot be
        known which of them is the enhancing tumour. The caller adds the file's name.
    """
    values = np.unique(np.ravel(labels, order="K"))
    if not np.all(np.isfinite(values)):
        raise DataError("The segmentation holds NaN or infinite values.")
    known = {int(tissue) for tissue in TissueClass} | {BRATS_ENHANCING}
    unknown = [value for value in values.tolist() if value not in known]
    if unknown:
        shown = ", ".join(f"{value:g}" for value in unknown[:5])
        raise DataError(
            f"The segmentation holds unknown labels: {shown}.",
            remedy="Labels must be whole numbers: 0, 1, 2 and either 3 or 4 for enhancing tumour.",
        )
    if {int(TissueClass.ET), BRATS_ENHANCING} <= set(values.tolist()):
        raise DataError(
            "The segmentation holds both label 3 and label 4.",
            remedy="Keep one of them for the enhancing tumour.",
        )
    classes = np.asarray(labels).astype(np.uint8)
    classes[classes == BRATS_ENHANCING] = TissueClass.ET
    return classes
