"""NIfTI files that may come from anywhere: what they claim is checked before it is believed."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError
from numpy.typing import NDArray

from sbmir.errors import DataError, NotFoundError

MAX_VOXELS = 2**27
"""More than any brain volume has; a damaged header must not exhaust the memory."""

MAX_HEADER_BYTES = 2**24

NOTE_CODE = 6
"""NIfTI's code for a comment among the extensions of its header."""

COPY_AGAIN = "Copy or download the file again."
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


def open_image(path: Path, dimensions: int = 3) -> Any:
    """Read the header, and check what it claims before anything is done by it.

    Parameters
    ----------
    dimensions:
        3 for a volume; 2 for a plane, which may be stored as a volume of one slice.

    Returns
    -------
    A nibabel NIfTI-1 or NIfTI-2 image whose voxels are not read yet.

    Raises
    ------
    NotFoundError
        Where the file is not there.
    DataError
        For a file that is unreadable, of another shape, or absurdly large.
    """
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
            remedy=COPY_AGAIN,
        )
    if kind not in "iuf":
        raise DataError(f"{path} does not hold one number a voxel.")
    return image


def shape_xyz(image: Any) -> tuple[int, int, int]:
    """Return the shape of ``image``; a 2-D image is one slice thick."""
    x, y, z = (*image.shape, 1)[:3]
    return int(x), int(y), int(z)


def read_voxels(path: Path, image: Any) -> NDArray[np.float32]:
    """Read the voxels of ``image``, which `open_image` gave, as (X, Y, Z) after scaling.

    Raises
    ------
    DataError
        For a truncated file, and for NaN or infinite values.
    """
    content = _content(path, image)
    with _reading(path):
        whole = type(image).from_bytes(content)
        array: NDArray[np.float32] = whole.get_fdata(caching="unchanged", dtype=np.float32)
        array = array.reshape(shape_xyz(image))
    if not np.isfinite(array).all():
        raise DataError(
            f"{path} holds NaN or infinite values.", remedy="Repair it with the tool that made it."
        )
    return array


def read_note(path: Path, image: Any) -> str:
    """Return the comment that the header of ``image`` keeps, or an empty text.

    Raises
    ------
    DataError
        Where the header is damaged.
    """
    with _reading(path):
        notes = [
            extension.get_content()
            for extension in image.header.extensions
            if extension.get_code() == NOTE_CODE
        ]
    content = notes[0] if notes else b""
    text = content if isinstance(content, str) else bytes(content).decode("utf-8", "replace")
    return text.rstrip("\0")


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
                remedy=COPY_AGAIN,
            )
    return content


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What a damaged file makes the parsers raise is said as the file's failure."""
    try:
        with np.errstate(all="ignore"):  # absurd numbers become infinite ones, which are refused
            yield
    except FileNotFoundError:
        raise NotFoundError(f"The file {path} is not there.") from None
    except EOFError as error:
        raise DataError(f"{path} is truncated.", why=str(error), remedy=COPY_AGAIN) from error
    except _PARSER_ERRORS as error:
        raise DataError(
            f"{path} cannot be read as NIfTI.", why=str(error), remedy=COPY_AGAIN
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
