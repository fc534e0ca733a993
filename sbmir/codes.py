"""Anatomy codes: what a slice becomes, and the files in which codes lie.

A folder of codes belongs to one model. Its manifest says which, and lists the patients whose
codes are complete; a patient's files count only once the manifest names the patient.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from sbmir.errors import DataError, ServiceError
from sbmir.files import atomic_folder, remove_leftovers, save_array, write_text
from sbmir.layout import CODE_KINDS, CODE_MANIFEST_FILE, code_path
from sbmir.networks.sizes import NetworkSizes

logger = logging.getLogger(__name__)

Precision = Literal["float32", "bfloat16"]
"""In what numbers the networks compute; codes are float32 either way."""


@dataclass(frozen=True)
class AnatomyCodes:
    """The normal and the abnormal anatomy code of one slice or of many.

    Both are float32 of shape ``(..., width, s, s)``.
    """

    normal: NDArray[np.float32]
    abnormal: NDArray[np.float32]

    @property
    def entire(self) -> NDArray[np.float32]:
        """The entire anatomy code: normal + abnormal."""
        total: NDArray[np.float32] = self.normal + self.abnormal
        return total

    def __getitem__(self, index: int) -> AnatomyCodes:
        """The codes of one slice out of many."""
        return AnatomyCodes(self.normal[index], self.abnormal[index])

    def flat(self) -> AnatomyCodes:
        """The same codes as vectors: ``(..., width · s · s)``, in C order."""
        shape = (*self.normal.shape[:-3], -1)
        return AnatomyCodes(self.normal.reshape(shape), self.abnormal.reshape(shape))


def write_codes(codes_dir: Path, patient: str, index: int, codes: AnatomyCodes) -> None:
    """Write the three files of one slice, each whole or not at all; the folder has to be there.

    Raises
    ------
    OSError
        Where the folder cannot be written or the disk is full.
    """
    for kind, array in zip(
        ("nac", "aac", "eac"), (codes.normal, codes.abnormal, codes.entire), strict=True
    ):
        save_array(code_path(codes_dir, patient, kind, index), array.astype(np.float32, copy=False))


def read_codes(codes_dir: Path, patient: str, index: int) -> AnatomyCodes:
    """Read the codes of one slice.

    Raises
    ------
    DataError
        Where a file is missing, damaged, not float32, of another shape than its fellow, or holds
        NaN; it names the file.
    """
    normal = _read_code(code_path(codes_dir, patient, "nac", index))
    path = code_path(codes_dir, patient, "aac", index)
    abnormal = _read_code(path)
    if abnormal.shape != normal.shape:
        raise _bad_code(path, f"its shape is {abnormal.shape}, that of the nac {normal.shape}")
    return AnatomyCodes(normal, abnormal)


def _read_code(path: Path) -> NDArray[np.float32]:
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise _bad_code(path, "the file is not there") from None
    except (OSError, ValueError, EOFError) as error:
        raise _bad_code(path, str(error)) from error
    if not isinstance(array, np.ndarray) or array.dtype != np.float32 or array.ndim != 3:
        raise _bad_code(path, "it is no float32 array of three dimensions")
    if not np.isfinite(array).all():
        raise _bad_code(path, "it holds NaN or infinite numbers")
    return array


def _bad_code(path: Path, cause: str) -> DataError:
    return DataError(
        f"The anatomy code {path} cannot be used: {cause}.",
        remedy="Embed the patient again (run_training.py --mode test).",
    )


@dataclass(frozen=True)
class EmbeddedPatient:
    """What the manifest says of one patient.

    Attributes
    ----------
    n_slices:
        Number of slices, each with a normal, an abnormal and an entire code.
    source:
        Changes when the slices that were embedded change; see ``sbmir.embedding``.
    """

    n_slices: int
    source: str


@dataclass(frozen=True)
class CodeManifest:
    """What a folder of codes holds, and which model made it.

    Attributes
    ----------
    fingerprint:
        The model's; see ``sbmir.networks.checkpoint.fingerprint``.
    sizes, precision:
        The networks' configuration.
    patients:
        The patients whose codes are complete.
    """

    fingerprint: str
    sizes: NetworkSizes
    precision: Precision = "float32"
    patients: Mapping[str, EmbeddedPatient] = field(default_factory=dict)

    def same_model(self, other: CodeManifest) -> bool:
        """Whether codes of both may lie in one folder."""
        return replace(self, patients={}) == replace(other, patients={})

    def with_patient(self, name: str, patient: EmbeddedPatient) -> CodeManifest:
        """The manifest with one more patient, or with new facts of one."""
        return replace(self, patients={**self.patients, name: patient})

    def without_patient(self, name: str) -> CodeManifest:
        """The manifest after the codes of a patient stopped counting."""
        rest = {key: item for key, item in self.patients.items() if key != name}
        return replace(self, patients=rest)


@dataclass(frozen=True)
class _ManifestFile:
    format: Literal[1]
    fingerprint: str
    precision: Precision
    sizes: NetworkSizes
    patients: dict[str, EmbeddedPatient]


def write_manifest(codes_dir: Path, manifest: CodeManifest) -> None:
    """Write the manifest of a folder of codes, whole or not at all."""
    record = _ManifestFile(
        1,
        manifest.fingerprint,
        manifest.precision,
        manifest.sizes,
        dict(sorted(manifest.patients.items())),
    )
    data: Any = TypeAdapter(_ManifestFile).dump_python(record, mode="json")
    text = json.dumps(data, indent=1, ensure_ascii=False)
    write_text(codes_dir / CODE_MANIFEST_FILE, text + "\n")


def read_manifest(codes_dir: Path) -> CodeManifest | None:
    """Read the manifest of a folder of codes; None where there is none.

    Raises
    ------
    DataError
        Where it is damaged.
    """
    path = codes_dir / CODE_MANIFEST_FILE
    try:
        record = TypeAdapter(_ManifestFile).validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise DataError(
            f"The manifest {path} cannot be read.",
            why=str(error),
            remedy="Delete it and embed again (run_training.py --mode test).",
        ) from error
    return CodeManifest(record.fingerprint, record.sizes, record.precision, record.patients)


class CodeFolder:
    """A folder of codes of one model; its manifest tells the truth at every moment."""

    def __init__(self, path: Path, manifest: CodeManifest) -> None:
        self._path = path
        self._manifest = manifest

    @classmethod
    @contextmanager
    def open(cls, path: Path, model: CodeManifest) -> Iterator[CodeFolder]:
        """Make the folder where it is not there, and keep other programs from embedding into it."""
        with _writing(path):
            path.mkdir(parents=True, exist_ok=True)
        with _alone_in(path):
            with _writing(path):
                folder = cls(path, cls._manifest_for(path, model))
            yield folder

    @staticmethod
    def _manifest_for(path: Path, model: CodeManifest) -> CodeManifest:
        remove_leftovers(path)
        present = read_manifest(path)
        if present is not None and present.same_model(model):
            return present
        if present is not None:
            logger.warning(
                "%s holds codes of another model or precision; all patients are embedded again.",
                path.name,
            )
        elif any(entry.is_dir() for entry in path.iterdir()):
            logger.warning(
                "%s holds codes of an unknown model; patients are embedded again.", path.name
            )
        write_manifest(path, model)
        return model

    def holds(self, patient: str, slices: EmbeddedPatient) -> bool:
        """Whether the codes of exactly these slices are there, in files of their full length."""
        if self._manifest.patients.get(patient) != slices:
            return False
        try:
            entries = {e.name: e.stat().st_size for e in (self._path / patient).iterdir()}
        except OSError:
            return False
        nbytes = 4 * self._manifest.sizes.vector_length
        return all(
            entries.get(code_path(self._path, patient, kind, index).name, 0) > nbytes
            for kind in CODE_KINDS
            for index in range(slices.n_slices)
        )

    def store(self, patient: str, slices: EmbeddedPatient, codes: AnatomyCodes) -> None:
        """Replace the codes of a patient, which no moment shows half-written."""
        with _writing(self._path):
            if patient in self._manifest.patients:
                self._save(self._manifest.without_patient(patient))
            with atomic_folder(self._path / patient) as staging:
                for index in range(slices.n_slices):
                    write_codes(staging.parent, staging.name, index, codes[index])
            self._save(self._manifest.with_patient(patient, slices))

    def _save(self, manifest: CodeManifest) -> None:
        write_manifest(self._path, manifest)
        self._manifest = manifest


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system releases however the program ends."""
    with _writing(folder):
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        with _writing(folder):
            _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ServiceError(
            f"Another program is writing codes to {folder}.",
            remedy="Wait until it has ended, then start again.",
        ) from None


@contextmanager
def _writing(codes_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            f"Codes cannot be written to {codes_dir}.",
            why=error.strerror or str(error),
            remedy="Free some space or correct the folder's permissions, then start again: what is"
            " complete is kept.",
        ) from error
