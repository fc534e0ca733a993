"""Read the tensors of a torch file without running anything that the file asks for.

A torch file describes its objects in a pickle, which may name any function to be called. Here
only dictionaries, lists, numbers, strings and records of tensors come to life; whatever else the
pickle names is replaced by a stand-in that does nothing. Sizes are checked before bytes are read.
"""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

_DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}

# Parts of ordinary values, which every second file holds; not worth a word to the user.
_UNREMARKABLE = {
    f"{module}.{name}"
    for modules, names in (
        (("builtins", "__builtin__"), ("set", "frozenset", "slice", "complex", "bytearray")),
        (("copyreg", "copy_reg"), ("_reconstructor",)),
        (("_codecs",), ("encode",)),
        (("torch",), ("Size", "device")),
    )
    for module in modules
    for name in names
}

# The number with which torch before 1.6 began its files.
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class InertFileError(Exception):
    """The file is not a torch file of a known layout, or is damaged."""


@dataclass(frozen=True)
class _Storage:
    dtype: torch.dtype
    key: str
    count: int

    @property
    def nbytes(self) -> int:
        return self.count * self.dtype.itemsize


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor lies within its storage; nothing of it has been read yet."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def from_bytes(self, data: bytearray) -> Tensor:
        """Return the tensor as a view of its storage's bytes."""
        numbers = (self.offset, *self.shape, *self.stride)
        if any(type(number) is not int or number < 0 for number in numbers):
            raise InertFileError("a tensor has a size that is not a count")
        if len(self.shape) != len(self.stride) or len(data) != self.storage.nbytes:
            raise InertFileError("a tensor and its storage do not fit")
        if 0 in self.shape:
            return torch.empty(self.shape, dtype=self.storage.dtype)
        last = self.offset + sum(
            (size - 1) * step for size, step in zip(self.shape, self.stride, strict=True)
        )
        if last >= self.storage.count:
            raise InertFileError("a tensor reaches beyond its storage")
        flat = torch.frombuffer(data, dtype=self.storage.dtype)
        return flat.as_strided(self.shape, self.stride, self.offset)


class StandIn:
    """What a class or function becomes that is not loaded: it takes anything and does nothing."""

    def __new__(cls, *_args: Any, **_kwargs: Any) -> StandIn:  # noqa: D102
        return super().__new__(cls)

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def __call__(self, *_args: Any, **_kwargs: Any) -> StandIn:  # noqa: D102
        return self

    def __setstate__(self, _state: Any) -> None:
        pass

    def __setitem__(self, _key: Any, _value: Any) -> None:
        pass

    def append(self, _item: Any) -> None:
        """Take an item, as a pickled list would."""

    extend = append
    add = append


@dataclass(frozen=True)
class InertContent:
    """The object of a torch file, with ``StoredTensor`` in place of tensors.

    Attributes
    ----------
    value:
        The object.
    left_out:
        Dotted names of what stand-ins replaced, sorted; not those of Python's ordinary values.
    read:
        Gives the named tensors of the file; the others are not read.
    """

    value: Any
    left_out: tuple[str, ...]
    read: Callable[[Mapping[str, StoredTensor]], dict[str, Tensor]]


class _InertUnpickler(pickle.Unpickler):
    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, encoding="utf-8")
        self.left_out: dict[str, type[StandIn]] = {}
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module in ("torch", "torch.storage") and name in _DTYPES:
            return _DTYPES[name]
        if module == "torch._utils" and name in _REBUILDERS:
            # A new function each time: a pickle may set attributes of what it is given.
            return _REBUILDERS[name]()
        dotted = f"{module}.{name}"
        return self.left_out.setdefault(dotted, type("StandIn", (StandIn,), {}))

    @property
    def remarkable(self) -> tuple[str, ...]:
        return tuple(sorted(self.left_out.keys() - _UNREMARKABLE))

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _device, count, *view = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype) or any(view):
            raise InertFileError(f"it refers to an unknown kind of object: {kind!r}")
        if type(count) is not int or count < 0 or type(key) is not str:
            raise InertFileError("a storage has no proper name or size")
        return self.storages.setdefault(key, _Storage(dtype, key, count))


def _tensor_rebuilder() -> Callable[..., StoredTensor]:
    def rebuild(storage: Any, offset: Any, shape: Any, stride: Any, *_rest: Any) -> StoredTensor:
        if not isinstance(storage, _Storage):
            raise InertFileError("a tensor without a storage")
        return StoredTensor(storage, offset, tuple(shape), tuple(stride))

    return rebuild


def _parameter_rebuilder() -> Callable[..., Any]:
    def rebuild(data: Any, *_rest: Any) -> Any:
        return data

    return rebuild


_REBUILDERS: Mapping[str, Callable[[], Callable[..., Any]]] = {
    "_rebuild_tensor": _tensor_rebuilder,
    "_rebuild_tensor_v2": _tensor_rebuilder,
    "_rebuild_parameter": _parameter_rebuilder,
}


def read_inert(path: Path) -> InertContent:
    """Read a file of ``torch.save``: the zip layout, or the one before torch 1.6.

    Raises
    ------
    InertFileError
        Where it is neither, or is damaged.
    OSError
        Where the file cannot be read.
    """
    with _nothing_but_inert_errors():
        return _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(path)


@contextmanager
def _nothing_but_inert_errors() -> Iterator[None]:
    try:
        yield
    except (InertFileError, OSError):
        raise
    except Exception as error:
        # A damaged or hostile file can make a parser raise anything, and none of it is our bug.
        raise InertFileError(f"it cannot be understood ({type(error).__name__})") from error


def _read_zip(path: Path) -> InertContent:
    with zipfile.ZipFile(path) as archive:
        roots = [name[: -len("data.pkl")] for name in archive.namelist() if _is_pickle(name)]
        if len(roots) != 1:
            raise InertFileError("it is a zip archive, but not one of torch")
        root = roots[0]
        names = set(archive.namelist())
        if f"{root}byteorder" in names and _stored(archive, f"{root}byteorder") != b"little":
            raise InertFileError("its numbers are big-endian")
        with archive.open(_uncompressed(archive, f"{root}data.pkl")) as stream:
            unpickler = _InertUnpickler(stream)
            value = unpickler.load()

    def read(tensors: Mapping[str, StoredTensor]) -> dict[str, Tensor]:
        storages: dict[str, bytearray] = {}
        with _nothing_but_inert_errors(), zipfile.ZipFile(path) as archive:
            for tensor in tensors.values():
                key = tensor.storage.key
                if key not in storages:
                    storages[key] = bytearray(_stored(archive, f"{root}data/{key}"))
            return _tensors(tensors, storages)

    return InertContent(value, unpickler.remarkable, read)


def _is_pickle(name: str) -> bool:
    return name.count("/") == 1 and name.endswith("/data.pkl")


def _uncompressed(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    # torch never compresses; a compressed entry could grow without bound.
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED:
        raise InertFileError("its parts are compressed, which torch never does")
    return entry


def _stored(archive: zipfile.ZipFile, name: str) -> bytes:
    return archive.read(_uncompressed(archive, name))


def _read_legacy(path: Path) -> InertContent:
    with path.open("rb") as stream:
        if _InertUnpickler(stream).load() != _LEGACY_MAGIC:
            raise InertFileError("it does not begin as a torch file does")
        _InertUnpickler(stream).load()  # the version of the layout
        system = _InertUnpickler(stream).load()
        if not (isinstance(system, dict) and system.get("little_endian") is True):
            raise InertFileError("its numbers are not little-endian")
        unpickler = _InertUnpickler(stream)
        value = unpickler.load()
        keys = _InertUnpickler(stream).load()
        start = stream.tell()

    def read(tensors: Mapping[str, StoredTensor]) -> dict[str, Tensor]:
        wanted = {tensor.storage.key for tensor in tensors.values()}
        with _nothing_but_inert_errors():
            storages = _legacy_storages(path, start, keys, unpickler.storages, wanted)
            return _tensors(tensors, storages)

    return InertContent(value, unpickler.remarkable, read)


def _legacy_storages(
    path: Path, start: int, keys: list[str], known: Mapping[str, _Storage], wanted: set[str]
) -> dict[str, bytearray]:
    """Read the wanted storages, which follow one another: a count of elements, then the bytes."""
    found: dict[str, bytearray] = {}
    with path.open("rb") as stream:
        stream.seek(start)
        for key in keys:
            (count,) = struct.unpack("<q", stream.read(8))
            if count != known[key].count:
                raise InertFileError("a storage has another size than its tensor says")
            if key in wanted:
                found[key] = bytearray(stream.read(known[key].nbytes))
            else:
                stream.seek(known[key].nbytes, os.SEEK_CUR)
    return found


def _tensors(
    tensors: Mapping[str, StoredTensor], storages: Mapping[str, bytearray]
) -> dict[str, Tensor]:
    return {
        name: tensor.from_bytes(storages[tensor.storage.key]) for name, tensor in tensors.items()
    }
