"""Where the volumes of patients lie: their folders in a dataset, and the files in them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from sbmir.files import is_bookkeeping

SUFFIXES = (".nii.gz", ".nii")

BRATS_2023_PATTERNS = {"t1": "t1n", "t1ce": "t1c", "t2": "t2w", "flair": "t2f"}
"""How BraTS 2023 calls what the patterns of BraTS 2019 mean."""


@dataclass(frozen=True)
class PatientFolder:
    """A folder that holds one patient's volumes; files in it start with the patient's name."""

    name: str
    path: Path


def find_modality(patient_dir: Path, patient: str, pattern: str) -> Path | None:
    """Find the file of one modality: ``<patient>_<pattern>.nii.gz``, or None.

    ``.nii`` and the names of BraTS 2023 (``<patient>-t1n.nii.gz`` for the pattern ``t1``) are
    accepted too, in any letter case. Of several, the compressed file goes first.
    """
    present = {_folded(entry.name): entry for entry in sorted(patient_dir.iterdir())}
    newer = BRATS_2023_PATTERNS.get(pattern, pattern)
    for ending in (f"_{pattern}", f"-{newer}"):
        for suffix in SUFFIXES:
            found = present.get(_folded(patient + ending + suffix))
            if found is not None and found.is_file():
                return found
    return None


def find_patients(src_dir: Path) -> tuple[list[PatientFolder], list[str]]:
    """List a dataset's patients by name, also those in ``HGG`` and ``LGG`` folders.

    Returns
    -------
    The patients, and the names of what was passed over: hidden files, and files that are no
    patients.
    """
    patients: list[PatientFolder] = []
    passed_over: list[str] = []
    for entry in sorted(src_dir.iterdir()):
        if is_bookkeeping(entry):
            continue
        if entry.name.startswith(".") or not entry.is_dir():
            passed_over.append(entry.name)
        elif entry.name.upper() in ("HGG", "LGG"):
            inner_patients, inner_passed_over = find_patients(entry)
            patients.extend(inner_patients)
            passed_over.extend(f"{entry.name}/{name}" for name in inner_passed_over)
        else:
            patients.append(PatientFolder(entry.name, entry))
    return sorted(patients, key=lambda patient: patient.name), passed_over


def _folded(name: str) -> str:
    # File systems store accents composed or decomposed; both are the same name.
    return unicodedata.normalize("NFC", name).casefold()
