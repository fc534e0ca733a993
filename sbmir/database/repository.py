"""What the reference database keeps, whatever keeps it: records, and the protocol of a store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sbmir.catalogue import Side
from sbmir.errors import DataError
from sbmir.keys import SliceKey


@dataclass(frozen=True)
class SliceRecord:
    """What is known of a reference slice, apart from its codes.

    Attributes
    ----------
    lesion_pixels:
        Pixels of NET, ED and ET in the saved slice.
    representative:
        Whether it is its patient's slice with the most lesion pixels.
    source_paths:
        The files that the slice was saved in.
    pixel_mm2:
        Area of a pixel of the saved slice; None where its geometry is not known.
    """

    key: SliceKey
    abnormal: bool
    representative: bool
    lesion_pixels: tuple[int, int, int]
    side: Side | None
    source_paths: tuple[str, ...] = ()
    pixel_mm2: float | None = None


@dataclass(frozen=True)
class PatientRecord:
    """A patient all of whose slices and codes are in the database.

    Attributes
    ----------
    fingerprint:
        Of the model that made the codes.
    source:
        Changes when a file that the patient was read from changes.
    n_slices, vector_length:
        How many slices there are, and how many numbers each of their two codes has.
    """

    dataset: str
    patient: str
    fingerprint: str
    source: str
    n_slices: int
    vector_length: int


@dataclass(frozen=True, eq=False)
class ReferencePatient:
    """Everything that is stored of one patient under one model.

    Attributes
    ----------
    slices:
        In order of their index.
    nac, aac:
        Normal and abnormal codes, float32 of shape (slices, vector length).
    """

    dataset: str
    patient: str
    fingerprint: str
    source: str
    slices: tuple[SliceRecord, ...]
    nac: NDArray[np.float32]
    aac: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Check that slices and codes belong together.

        Raises
        ------
        DataError
            Where they do not.
        """
        shape = (len(self.slices), self.nac.shape[-1])
        owners = {(record.key.dataset, record.key.patient) for record in self.slices}
        indices = [record.key.index for record in self.slices]
        if self.nac.shape != shape or self.aac.shape != shape or not all(shape):
            cause = f"{len(self.slices)} slices, codes of shape {self.nac.shape}, {self.aac.shape}"
        elif self.nac.dtype != np.float32 or self.aac.dtype != np.float32:
            cause = f"codes of {self.nac.dtype} and {self.aac.dtype}, not float32"
        elif owners != {(self.dataset, self.patient)} or indices != sorted(set(indices)):
            cause = "slices of another patient, twice the same slice, or slices out of order"
        else:
            return
        raise DataError(f"Slices and codes of {self.patient} do not belong together: {cause}.")

    @property
    def record(self) -> PatientRecord:
        """The short form."""
        n_slices, vector_length = self.nac.shape
        return PatientRecord(
            self.dataset, self.patient, self.fingerprint, self.source, n_slices, vector_length
        )

    def revision(self) -> str:
        """SHA-256 of all that is stored: two writers of one revision write the same."""
        digest = hashlib.sha256(repr((self.record, self.slices)).encode())
        for codes in (self.nac, self.aac):
            digest.update(np.ascontiguousarray(codes).data)
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class CodeMatrix:
    """The codes of many slices under one model, in memory.

    Attributes
    ----------
    keys:
        Of the rows, in rising order, so that the slices of a patient follow one another.
    nac, aac:
        Normal and abnormal codes, float32 of shape (slices, vector length), C order.
    """

    keys: tuple[SliceKey, ...]
    nac: NDArray[np.float32]
    aac: NDArray[np.float32]


class ReferenceRepository(Protocol):
    """A store of reference patients.

    A patient is seen either whole or not at all, and codes of different models never mix. Every
    method raises ServiceError where the store does not answer.
    """

    def put_patient(self, patient: ReferencePatient) -> None:
        """Store a patient, in place of what is stored under the same names and model."""

    def remove_patient(self, dataset: str, patient: str, fingerprint: str | None = None) -> bool:
        """Remove a patient's codes under one model, or under all, and the rest with the last.

        Returns whether there was anything to remove.
        """

    def patients(self, dataset: str, fingerprint: str) -> list[PatientRecord]:
        """Return the whole patients of a dataset under a model, by name."""

    def slice_records(self, dataset: str, patient: str | None = None) -> list[SliceRecord]:
        """Return what is known of the slices of one whole patient, or of all, in order of keys."""

    def load_codes(self, dataset: str, fingerprint: str) -> CodeMatrix:
        """Load the codes of all whole patients; of shape (0, 0) where there are none."""

    def describe(self) -> str:
        """Return in a line what the store is and what it holds; without passwords."""
