"""Axial slices: cut from a volume, made the size that the networks take, read back from files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sbmir.errors import DataError, NotFoundError
from sbmir.layout import slice_path
from sbmir.networks.sizes import MODEL_CHANNELS

_Number = TypeVar("_Number", bound=np.generic)

SEGMENTATION_PATTERN = "seg"
"""The pattern under which everything after preprocessing looks for label slices."""


def normalise(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring the brain of an image to mean 0 and standard deviation 1.

    Mean and population standard deviation are those of the voxels > 0; all voxels are shifted and
    scaled by them, so that the background becomes -mean / standard deviation, not 0.

    Raises
    ------
    DataError
        Where no voxel is > 0, or all that are have the same value. The caller adds the file's
        name.
    """
    voxels = image.ravel(order="K")  # in the order of the memory, which is several times faster
    brain = voxels[voxels > 0]
    if brain.size == 0:
        raise DataError(
            "The image is empty: no voxel is above 0.", remedy="Replace the file with a real image."
        )
    mean = np.float32(brain.mean(dtype=np.float64))
    deviation = np.float32(brain.std(dtype=np.float64))
    if brain.min() == brain.max() or deviation == 0:
        raise DataError(
            "The image has zero variance: every voxel above 0 has the same value.",
            remedy="Replace the file with a real image.",
        )
    normalised = image - mean
    normalised /= deviation
    return normalised


def axial_picture(array_xyz: NDArray[_Number], index: int) -> NDArray[_Number]:
    """Axial slice ``index`` of an (X, Y, Z) array as it is looked at: (rows Y, columns X).

    For a volume in `sbmir.volumes.ORIENTATION`, rows run from anterior to posterior, and columns
    from the patient's left to the patient's right. A view, not a copy.
    """
    return np.rot90(array_xyz[:, :, index], k=3)


def axial_pictures(array_xyz: NDArray[_Number]) -> Iterator[NDArray[_Number]]:
    """Every axial slice of an (X, Y, Z) array as a picture, from slice 0 on."""
    return (axial_picture(array_xyz, index) for index in range(array_xyz.shape[2]))


def resize_image(picture: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Resize a (rows, columns) picture to ``size`` x ``size`` by Pillow's bilinear filter."""
    stored = Image.fromarray(np.ascontiguousarray(picture, dtype=np.float32))
    return np.array(stored.resize((size, size), Image.Resampling.BILINEAR), dtype=np.float32)


def resize_labels(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Resize a (rows, columns) label map to ``size`` x ``size`` by its nearest pixels."""
    stored = Image.fromarray(np.ascontiguousarray(picture, dtype=np.uint8))
    return np.array(stored.resize((size, size), Image.Resampling.NEAREST), dtype=np.uint8)


def load_slice(slices_dir: Path, patient: str, pattern: str, index: int) -> NDArray[Any]:
    """Read one saved slice: (rows, columns), float32 for images, uint8 for label maps.

    Raises
    ------
    NotFoundError
        Where the slice has not been saved.
    DataError
        Where the file is damaged or holds something else.
    """
    path = slice_path(slices_dir, patient, pattern, index)
    try:
        with path.open("rb") as stream:  # np.load would also try to open archives and pickles
            array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    except FileNotFoundError:
        raise NotFoundError(
            f"The slice {path} is not there.", remedy="Run preprocess.py for its dataset."
        ) from None
    except (OSError, ValueError, MemoryError) as error:
        raise DataError(
            f"The slice {path} cannot be read.", why=str(error), remedy=_remedy(path)
        ) from error
    expected = np.uint8 if pattern == SEGMENTATION_PATTERN else np.float32
    if array.ndim != 2 or array.dtype != expected:
        raise DataError(
            f"{path} does not hold a slice: a 2-D array of {np.dtype(expected)} is expected.",
            remedy=_remedy(path),
        )
    return array


def load_stack(
    slices_dir: Path, patient: str, index: int, patterns: Sequence[str] = MODEL_CHANNELS
) -> NDArray[np.float32]:
    """Read one slice of several modalities: (channels, rows, columns) float32, as networks take it.

    Raises
    ------
    NotFoundError, DataError
        As `load_slice`; also where the modalities' slices differ in size.
    """
    pictures = [load_slice(slices_dir, patient, pattern, index) for pattern in patterns]
    sizes = {picture.shape for picture in pictures}
    if len(sizes) > 1:
        path = slice_path(slices_dir, patient, patterns[0], index)
        raise DataError(
            f"The slices beside {path} differ in size: {sorted(sizes)}.", remedy=_remedy(path)
        )
    return np.stack(pictures)


def _remedy(path: Path) -> str:
    return f"Delete the folder {path.parent} and run preprocess.py again."
