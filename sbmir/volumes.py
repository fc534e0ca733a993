"""Brain volumes in NIfTI files, brought into one orientation by their affine."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError
from numpy.typing import NDArray

from sbmir.errors import DataError, NotFoundError
from sbmir.files import atomic_write

ORIENTATION = ("L", "P", "S")
"""Where the three axes of every `Volume` point to: BraTS's own orientation."""

MAX_VOXELS = 2**27
"""More than any brain volume has; a damaged header must not exhaust the memory."""

MAX_HEADER_BYTES = 2**24

_COPY_AGAIN = "Copy or download the file again."
_SAME_GRID_MM = 0.1
_NOTE_CODE = 6
"""NIfTI's code for a comment among the extensions of its header."""
_PARSER_ERRORS = (
    OSError,
    ValueError,
    ArithmeticError,
    MemoryError,
    zlib.error,
    struct.error,
    ImageFileError,
    HeaderDataError,
    WrapStructError,
)


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
    return _load(path, _open(path))


def load_plane(path: Path) -> Volume:
    """Read a 2-D NIfTI file that lies in the axial plane as a `Volume` of one slice.

    Raises
    ------
    NotFoundError, DataError
        As `load_volume`; also for a file of several slices or in another plane.
    """
    plane = _load(path, _open(path, dimensions=2))
    if plane.shape[2] != 1:
        raise DataError(
            f"{path} does not lie in the axial plane.", remedy="Save it in the plane of the slices."
        )
    return plane


def _load(path: Path, image: Any) -> Volume:
    content = _content(path, image)
    with _reading(path):
        array = type(image).from_bytes(content).get_fdata(caching="unchanged", dtype=np.float32)
        array = array.reshape(_shape_xyz(image))
    if not np.isfinite(array).all():
        raise DataError(
            f"{path} holds NaN or infinite values.", remedy="Repair it with the tool that made it."
        )
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
    image = _open(path)
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
    image = _open(path, dimensions=2)
    with _reading(path):
        notes = [
            extension.get_content()
            for extension in image.header.extensions
            if extension.get_code() == _NOTE_CODE
        ]
    content = notes[0] if notes else b""
    text = content if isinstance(content, str) else bytes(content).decode("utf-8", "replace")
    return _geometry(image, _to_orientation(image)), text.rstrip("\0")


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
        comment = nib.nifti1.Nifti1Extension(_NOTE_CODE, note.encode("utf-8"))
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


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What a damaged file makes the parsers raise is said as the file's failure."""
    try:
        with np.errstate(all="ignore"):  # absurd numbers become infinite ones, which are refused
            yield
    except FileNotFoundError:
        raise NotFoundError(f"The file {path} is not there.") from None
    except EOFError as error:
        raise DataError(f"{path} is truncated.", why=str(error), remedy=_COPY_AGAIN) from error
    except _PARSER_ERRORS as error:
        raise DataError(
            f"{path} cannot be read as NIfTI.", why=str(error), remedy=_COPY_AGAIN
        ) from error


def _stream(path: Path) -> BinaryIO:
    compressed = path.suffix.lower() == ".gz"
    return cast("BinaryIO", gzip.open(path)) if compressed else path.open("rb")


def _image_class(path: Path) -> Any:
    """NIfTI-1 or NIfTI-2, told by the length of the header that the first bytes give."""
    with _stream(path) as stream:
        start = stream.read(4)
    if len(start) < 4:
        raise EOFError("It is empty.")
    length = {int.from_bytes(start, "little"), int.from_bytes(start, "big")}
    return nib.Nifti2Image if nib.Nifti2Header.sizeof_hdr in length else nib.Nifti1Image


def _shape_xyz(image: Any) -> tuple[int, int, int]:
    """The shape of ``image``; a 2-D image is one slice thick."""
    x, y, z = (*image.shape, 1)[:3]
    return int(x), int(y), int(z)


def _open(path: Path, dimensions: int = 3) -> Any:
    """Read the header and check what it claims before anything is done by it."""
    with _reading(path):
        image = _image_class(path).from_filename(path, mmap=False)
        shape = tuple(int(n) for n in image.shape)
        offset = int(image.dataobj.offset)
        kind = image.get_data_dtype().kind
    if len(shape) != dimensions and (dimensions, shape[2:]) != (2, (1,)):
        kind_of_file = "a 3-D volume" if dimensions == 3 else "a 2-D image"
        raise DataError(
            f"{path} is not {kind_of_file}: its shape is {shape}.",
            remedy="Keep one volume of one modality, or one sketched slice, in a file.",
        )
    if min(shape) < 1 or math.prod(shape) > MAX_VOXELS or not 0 <= offset <= MAX_HEADER_BYTES:
        raise DataError(
            f"{path} has a damaged header: it claims a volume of shape {shape}.",
            why=f"A volume has at least 1 and at most {MAX_VOXELS:,} voxels.",
            remedy=_COPY_AGAIN,
        )
    if kind not in "iuf":
        raise DataError(f"{path} does not hold one number a voxel.")
    return image


def _content(path: Path, image: Any) -> bytes:
    """Read the whole file, no more than its header claims, and check that nothing is missing."""
    expected = image.dataobj.offset + math.prod(image.shape) * image.get_data_dtype().itemsize
    with _reading(path):
        with _stream(path) as stream:
            content = stream.read(expected)
            stream.read(1)  # reaching the end makes gzip compare its checksum
        if len(content) < expected:
            raise DataError(
                f"{path} is truncated: {len(content):,} of {expected:,} bytes are there.",
                remedy=_COPY_AGAIN,
            )
    return content


def _to_orientation(image: Any) -> NDArray[np.float64]:
    """How nibabel has to permute and flip the axes of ``image`` to reach `ORIENTATION`."""
    path = image.get_filename()
    finite = np.isfinite(image.affine).all()
    axes = nib.io_orientation(image.affine) if finite else np.full((3, 2), np.nan)
    if np.isnan(axes).any():
        raise DataError(
            f"{path} does not say how it lies: its affine is not invertible.", remedy=_COPY_AGAIN
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
    stored = _shape_xyz(image)
    shape = [0, 0, 0]
    for axis, (target, _) in enumerate(transform):
        shape[int(target)] = int(stored[axis])
    affine = image.affine @ nib.orientations.inv_ornt_aff(transform, stored)
    return Geometry((shape[0], shape[1], shape[2]), affine)
