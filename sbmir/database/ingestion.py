"""Ingestion: from folders of slices and codes into the reference database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from sbmir.catalogue import PatientCatalogue, list_patients, read_catalogue
from sbmir.codes import AnatomyCodes, CodeManifest, read_codes, read_manifest
from sbmir.database.repository import ReferencePatient, ReferenceRepository, SliceRecord
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
    stored = {record.patient: record for record in repository.patients(dataset, fingerprint)}
    added, replaced, unchanged = [], [], []
    failed: dict[str, SbmirError] = {}
    stopped = False
    for done, name in enumerate(names):
        progress(done, len(names))
        if should_stop():
            stopped = True
            break
        try:
            facts = source.examine(check_patient_name(name))
            present = stored.get(name)
            if present is not None and (
                (present.source, present.n_slices, present.vector_length)
                == (facts.source, len(facts.records), sizes.vector_length)
            ):
                unchanged.append(name)
                continue
            patient = source.read(facts)
        except (DataError, NotFoundError) as error:
            failed[name] = error
            continue
        repository.put_patient(patient)
        (replaced if present is not None else added).append(name)
    if not stopped:
        progress(len(names), len(names))
    gone = () if patients is not None else tuple(sorted(stored.keys() - set(names)))
    return IngestionReport(tuple(added), tuple(replaced), tuple(unchanged), failed, gone, stopped)


@dataclass(frozen=True)
class _Facts:
    """A patient's slices, and a digest that changes when a file does."""

    patient: str
    records: tuple[SliceRecord, ...]
    source: str


class _Source:
    """The folders of slices and codes that one model and one dataset have in common."""

    def __init__(
        self,
        dataset: str,
        slices_dir: Path,
        codes_dir: Path,
        fingerprint: str,
        sizes: NetworkSizes,
        reencode: Reencode | None,
    ) -> None:
        self._dataset = dataset
        self._slices_dir = slices_dir
        self._codes_dir = codes_dir
        self._fingerprint = fingerprint
        self._sizes = sizes
        self._manifest = _checked_manifest(codes_dir, fingerprint)
        self._reencode = reencode
        if self._manifest is None and reencode is None:
            raise DataError(
                f"It is not known which model made the codes in {codes_dir}: it has no manifest.",
                remedy="Embed again (run_training.py --mode test), or ingest with the checkpoint "
                "at hand, so that the codes can be verified.",
            )

    def examine(self, patient: str) -> _Facts:
        """Look at a patient's files without reading the codes.

        Raises
        ------
        NotFoundError, DataError
            Where slices or codes are missing or damaged.
        """
        catalogue = read_catalogue(self._slices_dir, patient)
        self._check_manifest_entry(patient, catalogue.n_slices)
        records = self._records(catalogue)
        digest = hashlib.sha256(repr(records).encode())
        for record in records:
            for kind in ("nac", "aac"):
                path = code_path(self._codes_dir, patient, kind, record.key.index)
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
        if self._manifest is None:
            return
        entry = self._manifest.patients.get(patient)
        if entry is not None and entry.n_slices == n_slices:
            return
        cause = "they are not complete" if entry is None else f"they are of {entry.n_slices} slices"
        raise DataError(
            f"The codes of {patient} in {self._codes_dir} do not belong to its {n_slices} slices:"
            f" {cause}.",
            remedy="Embed the patient again (run_training.py --mode test).",
        )

    def _records(self, catalogue: PatientCatalogue) -> tuple[SliceRecord, ...]:
        paths: dict[int, list[str]] = {}
        for entry in sorted((self._slices_dir / catalogue.patient).iterdir()):
            match = SLICE_NAME.search(entry.name)
            if match:
                paths.setdefault(int(match["index"]), []).append(str(entry.absolute()))
        return tuple(
            SliceRecord(
                SliceKey(self._dataset, catalogue.patient, facts.index),
                facts.abnormal,
                facts.index == catalogue.representative,
                facts.lesion_pixels,
                facts.side,
                tuple(paths.get(facts.index, ())),
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
        codes = [read_codes(self._codes_dir, facts.patient, index).flat() for index in indices]
        lengths = {code.normal.size for code in codes}
        if lengths != {self._sizes.vector_length}:
            shown = ", ".join(str(length) for length in sorted(lengths))
            raise DataError(
                f"The codes of {facts.patient} have {shown} numbers; those of the model have"
                f" {self._sizes.vector_length}.",
                remedy="Correct the settings of the model, or embed the patient again.",
            )
        if self._manifest is None and self._reencode is not None:
            self._verify(facts.patient, codes, self._reencode)
        return ReferencePatient(
            self._dataset,
            facts.patient,
            self._fingerprint,
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
                        f"The codes of {patient} in {self._codes_dir} were not made by the"
                        f" configured checkpoint from these slices: slice {index} differs.",
                        remedy="Correct the settings of the model, or embed the patient again.",
                    )


def _checked_manifest(codes_dir: Path, fingerprint: str) -> CodeManifest | None:
    if not codes_dir.is_dir():
        raise NotFoundError(
            f"The folder of codes {codes_dir} is not there.",
            remedy="Embed the dataset first (run_training.py --mode test).",
        )
    manifest = read_manifest(codes_dir)
    if manifest is not None and manifest.fingerprint != fingerprint:
        raise DataError(
            f"The codes in {codes_dir} were made by another model.",
            why=f"Its fingerprint is {manifest.fingerprint[:12]}…, that of the configured"
            f" checkpoint {fingerprint[:12]}….",
            remedy="Embed again (run_training.py --mode test), or correct the settings.",
        )
    return manifest
