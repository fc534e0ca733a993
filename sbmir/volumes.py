"""Brain volumes in NIfTI files, brought into one orientation by their affine."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from sbmir.files import atomic_write


def write_nifti(path: Path, array: NDArray[Any], affine: NDArray[np.float64]) -> None:
    """Write ``array`` as a NIfTI-1 file, whole or not at all; the same input gives the same bytes.

    Parameters
    ----------
    path:
        Ends with ``.nii.gz`` (compressed) or ``.nii``.
    array:
        Voxels, stored in their own dtype without scaling.
    affine:
        4 x 4, from voxel indices to millimetres in RAS+ space, as NIfTI defines it.
    """
    image = nib.Nifti1Image(array, affine, dtype=array.dtype)
    image.header.set_xyzt_units("mm")
    image.header.set_qform(affine, code="scanner")
    image.header.set_sform(affine, code="scanner")
    content = image.to_bytes()
    if path.suffix == ".gz":
        # Neither a time nor a file name goes into the compressed file.
        content = gzip.compress(content, compresslevel=6, mtime=0)
    with atomic_write(path) as stream:
        stream.write(content)
