"""What is known of a patient's slices: normal, abnormal, representative; lesion sizes and sides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbmir.errors import DataError, NotFoundError
from sbmir.files import remove_leftovers, write_text
from sbmir.labels import TissueClass
from sbmir.layout import SLICE_NAME, catalogue_path, slice_path
from sbmir.slices import SEGMENTATION_PATTERN, load_slice
from sbmir.volumes import Geometry

_FORMAT = 1

BOTH_SIDES_SHARE = 0.1
"""A lesion lies on both sides where each has at least this share of its pixels."""


class Side(StrEnum):
    """The patient's side, not the picture's."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


@dataclass(frozen=True)
class SliceFacts:
    """What the label map of one slice shows.

    Attributes
    ----------
    lesion_pixels:
        Pixels of NET, ED and ET in the saved slice.
    side:
        None without lesion, and where the slice's geometry is not known.
    """

    index: int
    lesion_pixels: tuple[int, int, int]
    side: Side | None

    @property
    def abnormal(self) -> bool:
        """Whether any pixel belongs to a lesion."""
        return sum(self.lesion_pixels) > 0


@dataclass(frozen=True, eq=False)
class PatientCatalogue:
    """The slices of one patient, in order from 0.

    Attributes
    ----------
    image_size:
        Edge of the saved slices, in pixels.
    geometry:
        Of the volume that the slices were cut from; None for slices that were saved without it.
    """

    patient: str
    image_size: int
    slices: tuple[SliceFacts, ...]
    geometry: Geometry | None

    @property
    def n_slices(self) -> int:
        """How many axial slices the volume has."""
        return len(self.slices)

    @property
    def pixel_mm(self) -> tuple[float, float] | None:
        """Height and width of a pixel of the saved slices; None where the geometry is unknown."""
        if self.geometry is None:
            return None
        (n_x, n_y, _), (x_mm, y_mm, _) = self.geometry.shape, self.geometry.spacing_mm
        return n_y * y_mm / self.image_size, n_x * x_mm / self.image_size

    @property
    def normal_indices(self) -> tuple[int, ...]:
        """Slices without lesion, blank ones included."""
        return tuple(facts.index for facts in self.slices if not facts.abnormal)

    @property
    def abnormal_indices(self) -> tuple[int, ...]:
        """Slices with lesion."""
        return tuple(facts.index for facts in self.slices if facts.abnormal)

    @property
    def representative(self) -> int | None:
        """The slice with the most lesion pixels, of equal ones the highest; None without lesion."""
        abnormal = [facts for facts in self.slices if facts.abnormal]
        if not abnormal:
            return None
        return max(abnormal, key=lambda facts: (sum(facts.lesion_pixels), facts.index)).index


def list_patients(slices_dir: Path) -> list[str]:
    """Names of the patients that have slices in ``slices_dir``, sorted.

    Raises
    ------
    NotFoundError
        Where the folder is not there.
    """
    if not slices_dir.is_dir():
        raise NotFoundError(
            f"The folder of slices {slices_dir} is not there.",
            remedy="Run preprocess.py for its dataset.",
        )
    return sorted(
        folder.name
        for folder in slices_dir.iterdir()
        if not folder.name.startswith(".")
        and folder.is_dir()
        and any(SLICE_NAME.search(entry.name) for entry in folder.iterdir())
    )


def read_catalogue(slices_dir: Path, patient: str) -> PatientCatalogue:
    """Read what is known of a patient's slices, from the cache beside them where it is up to date.

    Else it is counted from the saved label maps, and cached again where the folder can be written.

    Raises
    ------
    NotFoundError
        Where the patient has no label maps.
    DataError
        Where a label map is missing or damaged.
    """
    cache = catalogue_path(slices_dir, patient)
    label_files = _label_files(slices_dir, patient)
    cached = _read_cache(cache, patient)
    if cached is not None and cached.n_slices == len(label_files):
        written = cache.stat().st_mtime_ns
        if all(path.stat().st_mtime_ns <= written for path in label_files):
            return cached
        geometry = cached.geometry
    else:
        geometry = None
    label_maps = [
        load_slice(slices_dir, patient, SEGMENTATION_PATTERN, index)
        for index in range(len(label_files))
    ]
    catalogue = make_catalogue(patient, label_maps, geometry)
    with suppress(OSError):  # a read-only folder works without a cache
        remove_leftovers(cache.parent)
        write_catalogue(cache, catalogue)
    return catalogue


def make_catalogue(
    patient: str, label_maps: Sequence[NDArray[np.uint8]], geometry: Geometry | None
) -> PatientCatalogue:
    """Count what the label maps (rows, columns) of a patient show, from slice 0 on.

    Raises
    ------
    DataError
        Where a label map is not square, not of the first one's size, or holds unknown classes.
    """
    size = label_maps[0].shape[0]
    for index, labels in enumerate(label_maps):
        if labels.shape != (size, size) or labels.max(initial=0) > max(TissueClass):
            raise DataError(
                f"The label map of slice {index} of {patient} is damaged: it is not"
                f" {size} x {size} pixels of the classes 0 to {max(TissueClass):d}.",
                remedy="Delete the patient's folder of slices and run preprocess.py again.",
            )
    slices = (_facts(index, labels, geometry) for index, labels in enumerate(label_maps))
    return PatientCatalogue(patient, size, tuple(slices), geometry)


def write_catalogue(path: Path, catalogue: PatientCatalogue) -> None:
    """Cache ``catalogue`` in a JSON file.

    Raises
    ------
    OSError
        Where the folder cannot be written.
    """
    geometry = catalogue.geometry
    content = {
        "format": _FORMAT,
        "image_size": catalogue.image_size,
        "geometry": geometry
        and {
            "shape": geometry.shape,
            "spacing_mm": geometry.spacing_mm,
            "affine": geometry.affine.tolist(),
        },
        "slices": [
            [*facts.lesion_pixels, facts.side and facts.side.value] for facts in catalogue.slices
        ],
    }
    write_text(path, json.dumps(content))


def _label_files(slices_dir: Path, patient: str) -> list[Path]:
    """Return the paths of all label maps; fails unless they are numbered 0, 1, 2, … without gap."""
    folder = slices_dir / patient
    try:
        matches = [SLICE_NAME.search(entry.name) for entry in folder.iterdir()]
    except OSError as error:
        raise NotFoundError(
            f"The folder of slices {folder} cannot be listed.",
            why=str(error),
            remedy="Run preprocess.py for its dataset.",
        ) from error
    indices = sorted(
        int(match["index"])
        for match in matches
        if match and match["pattern"] == SEGMENTATION_PATTERN
    )
    if not indices:
        raise NotFoundError(
            f"The folder {folder} has no label maps (…_seg_0000.npy).",
            remedy="Run preprocess.py for its dataset.",
        )
    if indices != list(range(len(indices))):
        raise DataError(
            f"The folder {folder} is incomplete: label maps are missing.",
            remedy="Delete it and run preprocess.py again.",
        )
    return [slice_path(slices_dir, patient, SEGMENTATION_PATTERN, index) for index in indices]


def _read_cache(path: Path, patient: str) -> PatientCatalogue | None:
    """Return what the cache holds, or None where there is none that can be used."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != _FORMAT:
            return None
        slices = tuple(
            SliceFacts(index, (int(net), int(ed), int(et)), Side(side) if side else None)
            for index, (net, ed, et, side) in enumerate(content["slices"])
        )
        geometry = None
        if content["geometry"] is not None:
            x, y, z = content["geometry"]["shape"]
            affine = np.array(content["geometry"]["affine"], dtype=np.float64).reshape(4, 4)
            geometry = Geometry((int(x), int(y), int(z)), affine)
        return PatientCatalogue(patient, int(content["image_size"]), slices, geometry)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None


def _facts(index: int, labels: NDArray[np.uint8], geometry: Geometry | None) -> SliceFacts:
    net, ed, et = (
        int(np.count_nonzero(labels == tissue))
        for tissue in (TissueClass.NET, TissueClass.ED, TissueClass.ET)
    )
    side = _side(labels > 0, geometry) if geometry is not None else None
    return SliceFacts(index, (net, ed, et), side)


def _side(lesion: NDArray[np.bool_], geometry: Geometry) -> Side | None:
    """On which side of the volume's middle a lesion lies, told from the affine.

    The first column of a picture is the volume's last x (`sbmir.slices.axial_picture`), and x of
    the affine's space grows towards the patient's right.
    """
    half = lesion.shape[1] // 2
    first, last = int(lesion[:, :half].sum()), int(lesion[:, -half:].sum())
    first_is_left = geometry.affine[0, 0] < 0
    left, right = (first, last) if first_is_left else (last, first)
    return side_of(left, right, total=int(lesion.sum()))


def side_of(left: float, right: float, total: float) -> Side | None:
    """Tell on which side a lesion lies by how much of it is on each; None where there is none.

    Parameters
    ----------
    left, right:
        Pixels or areas on the patient's sides.
    total:
        With what lies in the middle.
    """
    if total == 0:
        return None
    if right < BOTH_SIDES_SHARE * total <= left:
        return Side.LEFT
    if left < BOTH_SIDES_SHARE * total <= right:
        return Side.RIGHT
    return Side.BOTH
