"""Which patients the settings choose from which folders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from sbmir.catalogue import list_patients
from sbmir.errors import NotFoundError


def patients_by_folder(
    folders: Sequence[Path], patient_ids: Collection[str] | None
) -> dict[Path, list[str]]:
    """Return the patients with slices in each folder, or those of them in ``patient_ids``.

    Raises
    ------
    NotFoundError
        Where a folder or a chosen patient is not there, or there is no patient at all; it names
        all of them.
    """
    absent = [folder for folder in folders if not folder.is_dir()]
    if absent:
        listing = "\n".join(f"  {folder}" for folder in absent)
        raise NotFoundError(
            f"These folders of slices are not there:\n{listing}",
            remedy="Run preprocess.py first, or correct the folders in the settings' dataset.",
        )
    found = {folder: list_patients(folder) for folder in folders}
    if patient_ids is not None:
        everyone = {patient for patients in found.values() for patient in patients}
        missing = sorted(set(patient_ids) - everyone)
        if missing:
            raise NotFoundError(
                f"These patients of dataset.patient_ids have no slices: {', '.join(missing)}."
            )
        found = {
            folder: [patient for patient in patients if patient in patient_ids]
            for folder, patients in found.items()
        }
    if not any(found.values()):
        raise NotFoundError(
            f"There are no patients in {', '.join(str(folder) for folder in folders)}.",
            remedy="Run preprocess.py first, or correct the folders in the settings' dataset.",
        )
    return found
