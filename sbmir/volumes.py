"""Brain volumes in NIfTI files, brought into one orientation by their affine."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from sbmir.errors import DataError
from sbmir.files import atomic_write
from sbmir.nifti import COPY_AGAIN, NOTE_CODE, open_image, read_note, read_voxels, shape_xyz

ORIENTATION = ("L", "P", "S")
"""Where the three axes of every `Volume` point to: BraTS's own orientation."""

_SAME_GRID_MM = 0.1


@dataclass(frozen=True, eq=False)
class Geometry:
    """Where the voxels of a volume lie.

    Attributes
    ----------
    shape:
        Number of voxels along x, y, z.
    affine:
        4 x 4 float64, from voxel indices to millimetres in RAS+ space, as NIfTI defines it.
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance of neighbouring voxels along x, y, z."""
        x, y, z = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    def is_same_grid(self, other: Geometry) -> bool:
        """Whether each voxel lies where the other's lies, up to the rounding of header fields."""
        if self.shape != other.shape:
            return False
        ends = [(0, n - 1) for n in self.shape]
        corners = np.array([[x, y, z, 1] for x in ends[0] for y in ends[1] for z in ends[2]])
        shift_mm = (self.affine - other.affine)[:3] @ corners.T
        return bool(np.linalg.norm(shift_mm, axis=0).max() <= _SAME_GRID_MM)


@dataclass(frozen=True, eq=False)
class Volume:
    """A brain volume whose axes point to `ORIENTATION`.

    Attributes
    ----------
    array:
        (X, Y, Z) float32, after the header's scaling.
    geometry:
        Where the voxels lie, after any reorientation.
    reoriented_from:
        Letters such as ``"RAS"`` where the axes of the file were permuted or flipped, else None.
    """

    array: NDArray[np.float32]
    geometry: Geometry
    reoriented_from: str | None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along x, y, z."""
        return self.geometry.shape

    @property
    def affine(self) -> NDArray[np.float64]:
        """4 x 4, from voxel indices to millimetres in RAS+ space."""
        return self.geometry.affine

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance of neighbouring voxels along x, y, z."""
        return self.geometry.spacing_mm


def load_volume(path: Path) -> Volume:
    """Read a NIfTI file and permute and flip its axes, without resampling, to `ORIENTATION`.

    Raises
    ------
    NotFoundError
        Where the file is not there.
    DataError
        For a file that is unreadable, truncated or not 3-D, that does not say how it lies, or
        that holds NaN or infinite values. Each message names the file.
    """
    return _load(path, open_image(path))


def load_plane(path: Path) -> Volume:
    """Read a 2-D NIfTI file that lies in the axial plane as a `Volume` of one slice.

    Raises
    ------
    NotFoundError, DataError
        As `load_volume`; also for a file of several slices or in another plane.
    """
    plane = _load(path, open_image(path, dimensions=2))
    if plane.shape[2] != 1:
        raise DataError(
            f"{path} does not lie in the axial plane.", remedy="Save it in the plane of the slices."
        )
    return plane


def _load(path: Path, image: Any) -> Volume:
    array = read_voxels(path, image)
    transform = _to_orientation(image)
    letters = "".join(nib.aff2axcodes(image.affine))
    return Volume(
        array=nib.apply_orientation(array, transform),
        geometry=_geometry(image, transform),
        reoriented_from=None if letters == "".join(ORIENTATION) else letters,
    )


def read_geometry(path: Path) -> Geometry:
    """Read where the voxels of a NIfTI file lie once it is loaded, from its header alone.

    Raises
    ------
    NotFoundError, DataError
        As `load_volume`, as far as the header shows it.
    """
    image = open_image(path)
    return _geometry(image, _to_orientation(image))


def read_plane_header(path: Path) -> tuple[Geometry, str]:
    """Read where the pixels of a 2-D NIfTI file lie once it is loaded, and its note.

    Returns
    -------
    The geometry, of one slice, and the text that `write_nifti` was given; empty without one.

    Raises
    ------
    NotFoundError, DataError
        As `load_plane`, as far as the header shows it.
    """
    image = open_image(path, dimensions=2)
    return _geometry(image, _to_orientation(image)), read_note(path, image)


def write_nifti(
    path: Path, array: NDArray[Any], affine: NDArray[np.float64], *, note: str = ""
) -> None:
    """Write ``array`` as a NIfTI-1 file, whole or not at all; the same input gives the same bytes.

    Parameters
    ----------
    path:
        Ends with ``.nii.gz`` (compressed) or ``.nii``.
    array:
        Voxels, stored in their own dtype without scaling.
    affine:
        4 x 4, from voxel indices to millimetres in RAS+ space, as NIfTI defines it.
    note:
        A text that is kept in the header, as a comment; other programs pass it over.
    """
    image = nib.Nifti1Image(array, affine, dtype=array.dtype)
    if note:
        comment = nib.nifti1.Nifti1Extension(NOTE_CODE, note.encode("utf-8"))
        image.header.extensions.append(comment)
    image.header.set_xyzt_units("mm")
    image.header.set_qform(affine, code="scanner")
    image.header.set_sform(affine, code="scanner")
    content = image.to_bytes()
    if path.suffix == ".gz":
        # Neither a time nor a file name goes into the compressed file.
        content = gzip.compress(content, compresslevel=6, mtime=0)
    with atomic_write(path) as stream:
        stream.write(content)


def _to_orientation(image: Any) -> NDArray[np.float64]:
    """How nibabel has to permute and flip the axes of ``image`` to reach `ORIENTATION`."""
    path = image.get_filename()
    finite = np.isfinite(image.affine).all()
    axes = nib.io_orientation(image.affine) if finite else np.full((3, 2), np.nan)
    if np.isnan(axes).any():
        raise DataError(
            f"{path} does not say how it lies: its affine is not invertible.", remedy=COPY_AGAIN
        )
    if image.header["qform_code"] == 0 and image.header["sform_code"] == 0:
        raise DataError(
            f"{path} does not say how it lies: its qform and sform codes are both 0.",
            why="So the patient's left and right cannot be told apart.",
            remedy="Convert it again from its source, with orientation.",
        )
    transform: NDArray[np.float64] = nib.orientations.ornt_transform(
        axes, nib.orientations.axcodes2ornt(ORIENTATION)
    )
    return transform


def _geometry(image: Any, transform: NDArray[np.float64]) -> Geometry:
    stored = shape_xyz(image)
    shape = [0, 0, 0]
    for axis, (target, _) in enumerate(transform):
        shape[int(target)] = int(stored[axis])
    affine = image.affine @ nib.orientations.inv_ornt_aff(transform, stored)
    return Geometry((shape[0], shape[1], shape[2]), affine)
