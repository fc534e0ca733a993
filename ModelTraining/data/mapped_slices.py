"""Saved slices as memory maps: read by the system where and when a batch takes them.

A training reads each file hundreds of times. Parsing its header would cost more than its pixels;
all files of a kind have the same one, which is parsed once.
"""

from __future__ import annotations

import io
import math
import mmap
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbmir.layout import slice_path
from sbmir.slices import SEGMENTATION_PATTERN, load_slice

_LENGTH_END = 10
"""Magic string, version and length of the header take so many bytes (numpy's format 1.0)."""


def map_slice(slices_dir: Path, patient: str, pattern: str, index: int) -> NDArray[Any]:
    """Give one saved slice as `load_slice` does, but read-only, and read when it is looked at.

    Raises
    ------
    NotFoundError, DataError
        As `load_slice`.
    """
    expected = np.dtype(np.uint8 if pattern == SEGMENTATION_PATTERN else np.float32)
    mapped = _map(slice_path(slices_dir, patient, pattern, index), expected)
    # What is not exactly as preprocessing saves it is left to the reader that explains itself.
    return load_slice(slices_dir, patient, pattern, index) if mapped is None else mapped


def _map(path: Path, expected: np.dtype[Any]) -> NDArray[Any] | None:
    try:
        with path.open("rb", buffering=0) as stream:
            content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        start = _LENGTH_END + int.from_bytes(content[8:_LENGTH_END], "little")
        shape, dtype = _layout(content[:start])
    except (OSError, ValueError):
        return None
    count = math.prod(shape)
    if len(shape) != 2 or dtype != expected or len(content) != start + count * dtype.itemsize:
        return None
    return np.frombuffer(content, dtype, count, start).reshape(shape)


@lru_cache(maxsize=64)
def _layout(header: bytes) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type that a header tells; ValueError where it is not a plain one."""
    stream = io.BytesIO(header)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("another version of the format")
    shape, column_major, dtype = np.lib.format.read_array_header_1_0(stream)
    if column_major or dtype.hasobject:
        raise ValueError("another layout in memory")
    return shape, dtype
