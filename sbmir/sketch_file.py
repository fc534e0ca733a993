"""Sketches in files: class ids as `.npy`, `.png` or a 2-D `.nii.gz`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from sbmir.errors import DataError, NotFoundError
from sbmir.labels import TissueClass
from sbmir.slices import axial_picture, resize_labels
from sbmir.volumes import load_plane


def read_sketch(path: Path, size: int) -> NDArray[np.uint8]:
    """Read a sketch of class ids 0-3 as a label map ``(size, size)``.

    ``.npy`` and ``.png`` lie as slices do (rows from anterior to posterior, columns from the
    patient's left) and have their size. A 2-D NIfTI file lies in the plane of the volume's
    slices; it is turned by its affine and resampled by nearest neighbour.

    Raises
    ------
    NotFoundError
        Where the file is not there.
    DataError
        Where it cannot be read, has another size, or holds anything but class ids.
    """
    if not path.is_file():
        raise NotFoundError(f"The sketch {path} is not there.", remedy="Check the path.")
    if path.name.endswith((".nii.gz", ".nii")):
        plane = load_plane(path)
        picture = axial_picture(_class_ids(plane.array, path), 0)
        return resize_labels(picture, size)
    sketch = _class_ids(_read_picture(path), path)
    if sketch.shape != (size, size):
        found = "x".join(str(edge) for edge in sketch.shape)
        raise DataError(
            f"The sketch {path} has the size {found}; the model's slices have {size}x{size}.",
            remedy="Draw it in that size, or save it as .nii.gz, which is resampled.",
        )
    return sketch


def _read_picture(path: Path) -> NDArray[Any]:
    try:
        if path.suffix == ".npy":
            array: NDArray[Any] = np.load(path, allow_pickle=False)
            return array
        if path.suffix == ".png":
            with Image.open(path) as image:
                return np.asarray(image)  # of a palette, the indices: the class ids
    except (OSError, ValueError, EOFError, UnidentifiedImageError) as error:
        raise DataError(f"The sketch {path} cannot be read.", why=str(error)) from error
    raise DataError(
        f"The sketch {path} is of an unknown kind.", remedy="Use .npy, .png or .nii.gz."
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
