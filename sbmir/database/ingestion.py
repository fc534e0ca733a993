"""Ingestion: from folders of slices and codes into the reference database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import TypeAlias

import numpy as np

from sbmir.catalogue import PatientCatalogue, list_patients, read_catalogue
from sbmir.codes import AnatomyCodes, CodeManifest, read_codes, read_manifest
from sbmir.database.repository import (
    PatientRecord,
    ReferencePatient,
    ReferenceRepository,
    SliceRecord,
)
from sbmir.errors import DataError, NotFoundError, SbmirError
from sbmir.keys import SliceKey, check_patient_name
from sbmir.layout import SLICE_NAME, code_path
from sbmir.networks.sizes import NetworkSizes

Reencode: TypeAlias = Callable[[str, int], AnatomyCodes]
"""Computes the codes of a slice, (patient, index), with the configured checkpoint."""

N_VERIFIED = 3
"""Slices of a patient that are encoded again where no manifest says which model made the codes."""

TOLERANCE = 1e-3
"""How far codes may differ from those encoded again, absolutely and relatively."""


@dataclass(frozen=True)
class IngestionReport:
    """What an ingestion did, patient by patient.

    Attributes
    ----------
    added, replaced, unchanged:
        Patients that were not there before, that had changed, and that were up to date.
    failed:
        Patients left out, with the reason. What the database held of them is untouched.
    without_slices:
        Patients that the database holds and the folder of slices does not, where all were
        ingested. They stay until they are removed.
    stopped:
        Whether the run was stopped before its end; the same call goes on where it stopped.
    """

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: Mapping[str, SbmirError]
    without_slices: tuple[str, ...]
    stopped: bool


def ingest_dataset(
    repository: ReferenceRepository,
    dataset: str,
    slices_dir: Path,
    codes_dir: Path,
    fingerprint: str,
    sizes: NetworkSizes,
    *,
    patients: Sequence[str] | None = None,
    reencode: Reencode | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> IngestionReport:
    """Store the slices and codes of a dataset; what is there and has not changed is passed over.

    Parameters
    ----------
    dataset:
        The name under which the patients are stored.
    fingerprint, sizes:
        Of the model that made the codes.
    patients:
        All that have slices, where none are named.
    reencode:
        Verifies codes in a folder that has no manifest; without it such a folder is refused.
    progress:
        Called with the number of patients done and the number of all.
    should_stop:
        Asked between patients.

    Raises
    ------
    NotFoundError
        Where the folder of slices or of codes is not there.
    DataError
        Where the folder of codes belongs to another model.
    ServiceError
        Where the database does not answer.
    """
    names = list_patients(slices_dir) if patients is None else sorted(set(patients))
    source = _Source(dataset, slices_dir, codes_dir, fingerprint, sizes, reencode)
    source.read_manifest()
    stored = {record.patient: record for record in repository.patients(dataset, fingerprint)}
    done: dict[_Outcome, list[str]] = {outcome: [] for outcome in _Outcome}
    failed: dict[str, SbmirError] = {}
    stopped = False
    for count, name in enumerate(names):
        progress(count, len(names))
        if should_stop():
            stopped = True
            break
        try:
            outcome, patient = source.compare(check_patient_name(name), stored.get(name))
        except (DataError, NotFoundError) as error:
            failed[name] = error
            continue
        if patient is not None:
            repository.put_patient(patient)
        done[outcome].append(name)
    if not stopped:
        progress(len(names), len(names))
    gone = stored.keys() - set(names) if patients is None else ()
    return IngestionReport(
        tuple(done[_Outcome.ADDED]),
        tuple(done[_Outcome.REPLACED]),
        tuple(done[_Outcome.UNCHANGED]),
        failed,
        tuple(sorted(gone)),
        stopped,
    )


class _Outcome(Enum):
    ADDED = auto()
    REPLACED = auto()
    UNCHANGED = auto()


@dataclass(frozen=True)
class _Facts:
    """A patient's slices, and a digest that changes when a file does."""

    patient: str
    records: tuple[SliceRecord, ...]
    source: str


@dataclass(frozen=True)
class _Source:
    """The folders of slices and codes that one model and one dataset have in common."""

    dataset: str
    slices_dir: Path
    codes_dir: Path
    fingerprint: str
    sizes: NetworkSizes
    reencode: Reencode | None

    def read_manifest(self) -> CodeManifest | None:
        """Read the manifest of the codes; None where the published program wrote them.

        Raises
        ------
        NotFoundError, DataError
            Where the folder is not there, or holds codes of another or of an unknown model.
        """
        can_verify = self.reencode is not None
        return _checked_manifest(self.codes_dir, self.fingerprint, can_verify=can_verify)

    def compare(
        self, patient: str, stored: PatientRecord | None
    ) -> tuple[_Outcome, ReferencePatient | None]:
        """Tell what is to be done with a patient, and read what is to be stored.

        Raises
        ------
        NotFoundError, DataError
            Where slices or codes are missing or damaged, or change while they are read.
        """
        facts = self.examine(patient)
        if stored is not None:
            present = (stored.source, stored.n_slices, stored.vector_length)
            if present == (facts.source, len(facts.records), self.sizes.vector_length):
                return _Outcome.UNCHANGED, None
        found = self.read(facts)
        if self.examine(patient) != facts:
            raise DataError(
                f"The slices or codes of {patient} changed while they were read.",
                remedy="Let the other program end, then ingest again.",
            )
        return _Outcome.ADDED if stored is None else _Outcome.REPLACED, found

    def examine(self, patient: str) -> _Facts:
        """Look at a patient's files without reading the codes.

        Raises
        ------
        NotFoundError, DataError
            Where slices or codes are missing or damaged.
        """
        catalogue = read_catalogue(self.slices_dir, patient)
        self._check_manifest_entry(patient, catalogue.n_slices)
        records = self._records(catalogue)
        digest = hashlib.sha256(repr(records).encode())
        for record in records:
            for kind in ("nac", "aac"):
                path = code_path(self.codes_dir, patient, kind, record.key.index)
                try:
                    status = path.stat()
                except OSError as error:
                    raise NotFoundError(
                        f"The anatomy code {path} is not there.",
                        why="" if isinstance(error, FileNotFoundError) else str(error.strerror),
                        remedy="Embed the patient (run_training.py --mode test).",
                    ) from None
                digest.update(f"{path.name} {status.st_size} {status.st_mtime_ns}\n".encode())
        return _Facts(patient, records, digest.hexdigest())

    def _check_manifest_entry(self, patient: str, n_slices: int) -> None:
        # Read each time, because another program may be embedding: a patient's codes only count
        # while the manifest names the patient.
        manifest = self.read_manifest()
        if manifest is None:
            return
        entry = manifest.patients.get(patient)
        if entry is not None and entry.n_slices == n_slices:
            return
        cause = "they are not complete" if entry is None else f"they are of {entry.n_slices} slices"
        raise DataError(
            f"The codes of {patient} in {self.codes_dir} do not belong to its {n_slices} slices:"
            f" {cause}.",
            remedy="Embed the patient again (run_training.py --mode test).",
        )

    def _records(self, catalogue: PatientCatalogue) -> tuple[SliceRecord, ...]:
        pixel_mm = catalogue.pixel_mm
        paths: dict[int, list[str]] = {}
        for entry in sorted((self.slices_dir / catalogue.patient).iterdir()):
            match = SLICE_NAME.search(entry.name)
            if match:
                paths.setdefault(int(match["index"]), []).append(str(entry.absolute()))
        return tuple(
            SliceRecord(
                SliceKey(self.dataset, catalogue.patient, facts.index),
                facts.abnormal,
                facts.index == catalogue.representative,
                facts.lesion_pixels,
                facts.side,
                tuple(paths.get(facts.index, ())),
                pixel_mm and pixel_mm[0] * pixel_mm[1],
            )
            for facts in catalogue.slices
        )

    def read(self, facts: _Facts) -> ReferencePatient:
        """Read a patient's codes.

        Raises
        ------
        DataError
            Where a code is damaged, of another length than the model's, or, in a folder without
            manifest, not what the checkpoint computes.
        """
        indices = [record.key.index for record in facts.records]
        codes = [read_codes(self.codes_dir, facts.patient, index).flat() for index in indices]
        lengths = {code.normal.size for code in codes}
        if lengths != {self.sizes.vector_length}:
            shown = ", ".join(str(length) for length in sorted(lengths))
            raise DataError(
                f"The codes of {facts.patient} have {shown} numbers; those of the model have"
                f" {self.sizes.vector_length}.",
                remedy="Correct the settings of the model, or embed the patient again.",
            )
        if self.reencode is not None and self.read_manifest() is None:
            self._verify(facts.patient, codes, self.reencode)
        return ReferencePatient(
            self.dataset,
            facts.patient,
            self.fingerprint,
            facts.source,
            facts.records,
            np.stack([code.normal for code in codes]),
            np.stack([code.abnormal for code in codes]),
        )

    def _verify(self, patient: str, codes: Sequence[AnatomyCodes], reencode: Reencode) -> None:
        # Spread over the middle: slices at the ends are blank, and alike for every patient.
        places = [len(codes) * part // (N_VERIFIED + 1) for part in range(1, N_VERIFIED + 1)]
        for index in sorted(set(places)):
            expected = reencode(patient, index).flat()
            for found, computed in (
                (codes[index].normal, expected.normal),
                (codes[index].abnormal, expected.abnormal),
            ):
                same = found.shape == computed.shape and np.allclose(
                    found, computed, rtol=TOLERANCE, atol=TOLERANCE
                )
                if not same:
                    raise DataError(
                        f"The codes of {patient} in {self.codes_dir} were not made by the"
                        f" configured checkpoint from these slices: slice {index} differs.",
                        remedy="Correct the settings of the model, or embed the patient again.",
                    )


def _checked_manifest(
    codes_dir: Path, fingerprint: str, *, can_verify: bool
) -> CodeManifest | None:
    if not codes_dir.is_dir():
        raise NotFoundError(
            f"The folder of codes {codes_dir} is not there.",
            remedy="Embed the dataset first (run_training.py --mode test).",
        )
    manifest = read_manifest(codes_dir)
    if manifest is None and not can_verify:
        raise DataError(
            f"It is not known which model made the codes in {codes_dir}: it has no manifest.",
            remedy="Embed again (run_training.py --mode test), or ingest with the checkpoint at "
            "hand, so that the codes can be verified.",
        )
    if manifest is not None and manifest.fingerprint != fingerprint:
        raise DataError(
            f"The codes in {codes_dir} were made by another model.",
            why=f"Its fingerprint is {manifest.fingerprint[:12]}…, that of the configured"
            f" checkpoint {fingerprint[:12]}….",
            remedy="Embed again (run_training.py --mode test), or correct the settings.",
        )
    return manifest
