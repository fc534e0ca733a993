"""Sketches in files: class ids as `.npy`, `.png` or a 2-D `.nii.gz`."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sbmir.errors import DataError, NotFoundError
from sbmir.labels import TissueClass
from sbmir.slices import axial_picture, resize_labels
from sbmir.volumes import Geometry, load_plane, read_plane_header, write_nifti

NIFTI_SUFFIXES = (".nii.gz", ".nii")

MAX_EDGE = 4096
"""Pixels along an edge: more than any slice has. A file must not exhaust the memory."""

_PARSER_ERRORS = (
    OSError,
    ValueError,
    EOFError,
    SyntaxError,  # Pillow's word for a damaged PNG
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


@dataclass(frozen=True, eq=False)
class LabelPlane:
    """A label map as a file holds it.

    Attributes
    ----------
    labels:
        (rows, columns) uint8 class ids, lying as the pictures of slices do.
    geometry:
        Where its pixels lie in the patient, as a volume of one slice; None where the file does
        not say it.
    note:
        What `write_label_plane` was given to keep; empty without.
    """

    labels: NDArray[np.uint8]
    geometry: Geometry | None = None
    note: str = ""


def read_label_plane(path: Path) -> LabelPlane:
    """Read a label map of class ids 0-3 of any size.

    ``.npy`` and ``.png`` lie as slices do: rows from anterior to posterior, columns from the
    patient's left. A 2-D NIfTI file is turned by its affine.

    Raises
    ------
    NotFoundError
        Where the file is not there.
    DataError
        Where it cannot be read, is too large, or holds anything but class ids in two dimensions.
    """
    if not path.is_file():
        raise NotFoundError(f"The sketch {path} is not there.", remedy="Check the path.")
    if path.name.lower().endswith(NIFTI_SUFFIXES):
        header, note = read_plane_header(path)
        _check_size(header.shape[:2], path)
        plane = load_plane(path)
        labels = axial_picture(_class_ids(plane.array, path), 0)
        return LabelPlane(np.ascontiguousarray(labels), plane.geometry, note)
    return LabelPlane(_class_ids(_read_picture(path), path))


def read_sketch(path: Path, size: int) -> NDArray[np.uint8]:
    """Read a sketch as a label map ``(size, size)``, the size of the model's slices.

    ``.npy`` and ``.png`` have to be of that size; NIfTI is resampled by nearest neighbour.

    Raises
    ------
    NotFoundError, DataError
        As `read_label_plane`; also where the sketch has another size.
    """
    plane = read_label_plane(path)
    if plane.geometry is not None:
        return resize_labels(plane.labels, size)
    if plane.labels.shape != (size, size):
        raise DataError(
            f"The sketch {path} has the size {_times(plane.labels.shape)}; "
            f"the model's slices have {size}x{size}.",
            remedy="Draw it in that size, or save it as .nii.gz, which is resampled.",
        )
    return plane.labels


def write_label_plane(
    path: Path, labels: NDArray[np.uint8], volume: Geometry, index: int, note: str = ""
) -> None:
    """Write a label map as a NIfTI file of one slice that lies where the volume's slice lies.

    Parameters
    ----------
    path:
        Ends with ``.nii.gz`` or ``.nii``.
    labels:
        (rows, columns) uint8, as the slice is looked at, one pixel for each of its voxels.
    volume:
        In `sbmir.volumes.ORIENTATION`.
    index:
        Of the slice.
    note:
        A text to be kept in the file.

    Raises
    ------
    OSError
        Where the folder cannot be written or the disk is full.
    """
    voxels = np.rot90(labels)[..., np.newaxis]  # what `axial_picture` undoes
    if voxels.shape != (*volume.shape[:2], 1):
        raise ValueError(f"labels of {labels.shape} on slices of {volume.shape[:2]} voxels")
    affine = volume.affine.copy()
    affine[:3, 3] += index * affine[:3, 2]
    write_nifti(path, np.ascontiguousarray(voxels), affine, note=note)


def _read_picture(path: Path) -> NDArray[Any]:
    try:
        if path.suffix.lower() == ".npy":
            # Mapped, not read: the header may claim more than there is, or than there is room for.
            array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
            _check_size(array.shape, path)
            return array
        if path.suffix.lower() == ".png":
            with Image.open(path, formats=["PNG"]) as image:
                _check_size((image.height, image.width), path)
                picture = np.asarray(image)  # of a palette, the indices: the class ids
            _check_size(picture.shape, path)
            return picture
    except _PARSER_ERRORS as error:
        raise DataError(f"The sketch {path} cannot be read.", why=str(error)) from error
    raise DataError(
        f"The sketch {path} is of an unknown kind.", remedy="Use .nii.gz, .npy or .png."
    )


def _check_size(shape: tuple[int, ...], path: Path) -> None:
    if len(shape) != 2:
        raise DataError(
            f"The sketch {path} has the size {_times(shape)}, which is not that of one slice.",
            remedy="Keep one number a pixel, and one slice in a file.",
        )
    if min(shape) < 1 or max(shape) > MAX_EDGE:
        raise DataError(
            f"The sketch {path} has the size {_times(shape)}.",
            why=f"A slice has at least one pixel, and at most {MAX_EDGE}x{MAX_EDGE}.",
        )


def _class_ids(array: NDArray[Any], path: Path) -> NDArray[np.uint8]:
    known = [int(tissue) for tissue in TissueClass]
    numbers = array.dtype.kind in "biuf"
    if not numbers or not np.isin(array, known).all():
        raise DataError(
            f"The sketch {path} holds something else than class ids.",
            remedy="Use 0 background, 1 necrotic core, 2 oedema, 3 enhancing tumour.",
        )
    return array.astype(np.uint8)


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(str(edge) for edge in shape)
