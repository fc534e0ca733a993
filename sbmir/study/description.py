"""A lesion in words, as a radiologist would dictate it: size, enhancement, place, oedema."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbmir.catalogue import PatientCatalogue, Side
from sbmir.labels import TissueClass
from sbmir.slices import SEGMENTATION_PATTERN, load_slice

RING_SHARE = 0.15
"""A tumour enhances as a ring where its core is at least this share of core and ring."""

CENTRE_MM = (118.5, 129.0, 69.0)
"""Middle of a brain in BraTS's grid: from the first column, the first row, the lowest slice."""
CENTRE_MNI_MM = (0.0, -17.0, 5.0)
"""The same place in MNI space: to the side, to the front, upwards."""
SCALE = (0.945, 0.93, 0.90)
"""How much smaller a brain is in BraTS's grid, which follows the SRI24 atlas."""


class Region(StrEnum):
    """Where in a hemisphere, roughly; see ``region_at``."""

    FRONTAL = "frontal lobe"
    PARIETAL = "parietal lobe"
    TEMPORAL = "temporal lobe"
    OCCIPITAL = "occipital lobe"
    DEEP = "deep nuclei"


def describe_lesion(slices_dir: Path, catalogue: PatientCatalogue) -> str:
    """Say in words what the representative slice of a patient with a lesion shows.

    Raises
    ------
    NotFoundError, DataError
        Where the slice is not there or damaged.
    """
    index = catalogue.representative or 0
    labels = load_slice(slices_dir, catalogue.patient, SEGMENTATION_PATTERN, index)
    pixel_mm = catalogue.pixel_mm or (1.0, 1.0)
    tumour = (labels == TissueClass.NET) | (labels == TissueClass.ET)
    whole_mm = _about(longest_diameter_mm(labels > 0, pixel_mm))
    place = _place(labels, catalogue, index)
    if not tumour.any():
        return f"Oedema of about {whole_mm} mm {place}, without a visible tumour."
    size_mm = _about(longest_diameter_mm(tumour, pixel_mm))
    told = f"{_kind(labels)} of about {size_mm} mm {place}"
    if not (labels == TissueClass.ED).any():
        return f"{told}, without oedema."
    return f"{told}. With its oedema, the lesion measures about {whole_mm} mm."


def longest_diameter_mm(mask: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> float:
    """Longest distance between the centres of two pixels of a mask, and one pixel's edge."""
    points = np.argwhere(mask & ~_surrounded(mask)) * np.array(pixel_mm)
    if not points.size:
        return 0.0
    squared = ((points[:, np.newaxis] - points[np.newaxis]) ** 2).sum(axis=2)
    return float(np.sqrt(squared.max()) + np.mean(pixel_mm))


def region_at(across_mm: float, forward_mm: float, up_mm: float) -> Region:
    """The region of a point in MNI space, by straight cuts along the large sulci.

    Good for words about a lesion some centimetres large; no atlas is asked.
    """
    central_sulcus = -5 - 0.36 * (up_mm - 5)
    if abs(across_mm) < 24 and -40 < forward_mm < 18 and -15 < up_mm < 20:
        return Region.DEEP
    if forward_mm < -68:
        return Region.OCCIPITAL
    if up_mm < 8 and forward_mm < 18:
        return Region.TEMPORAL
    return Region.FRONTAL if forward_mm > central_sulcus else Region.PARIETAL


def _kind(labels: NDArray[np.uint8]) -> str:
    core, ring = (int((labels == tissue).sum()) for tissue in (TissueClass.NET, TissueClass.ET))
    if not ring:
        return "A non-enhancing tumour"
    is_ring = core >= RING_SHARE * (core + ring)
    return "A ring-enhancing tumour" if is_ring else "A solidly enhancing tumour"


def _place(labels: NDArray[np.uint8], catalogue: PatientCatalogue, index: int) -> str:
    side, geometry, pixel_mm = catalogue.slices[index].side, catalogue.geometry, catalogue.pixel_mm
    if side is None or geometry is None or pixel_mm is None:
        return "in the brain"
    row, column = np.argwhere(labels > 0).mean(axis=0)
    from_centre = (
        column * pixel_mm[1] - CENTRE_MM[0],
        CENTRE_MM[1] - row * pixel_mm[0],
        index * geometry.spacing_mm[2] - CENTRE_MM[2],
    )
    across, forward, up = (
        middle + distance / scale
        for middle, distance, scale in zip(CENTRE_MNI_MM, from_centre, SCALE, strict=True)
    )
    region = region_at(across, forward, up)
    if side is Side.BOTH:
        return "in both hemispheres" if region is Region.DEEP else f"in both {region}s"
    return f"in the {side.value} {region}"


def _surrounded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels whose four neighbours belong to the mask: they are no ends of a diameter."""
    padded = np.pad(mask, 1)
    return padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]


def _about(size_mm: float) -> int:
    return max(5, 5 * round(size_mm / 5))
