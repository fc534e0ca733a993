"""The patient whose slices are sketched on: whole volumes, and which slices are normal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from App.model.patient_volumes import (
    Modality,
    PatientVolumes,
    check_one_grid,
    display_window,
    load_modality,
    patient_folder,
)
from sbmir.catalogue import PatientCatalogue, read_catalogue
from sbmir.errors import Cancelled, DataError
from sbmir.volumes import Volume


@dataclass(frozen=True, eq=False)
class TemplateVolume(PatientVolumes):
    """The volumes of one patient and its catalogue of slices."""

    catalogue: PatientCatalogue

    def is_abnormal(self, index: int) -> bool:
        """Whether the slice shows a lesion, so that nothing may be sketched on it."""
        return self.catalogue.slices[index].abnormal

    @property
    def first_slice(self) -> int:
        """The slice to begin with: the lesion-free one nearest the middle of the brain."""
        middle = self._middle_slice()
        normal = self.catalogue.normal_indices
        return min(normal, key=lambda index: (abs(index - middle), index), default=middle)

    def _middle_slice(self) -> int:
        filled = np.flatnonzero(np.any(self._any.array > 0, axis=(0, 1)))
        return int(filled[len(filled) // 2]) if filled.size else self.n_slices // 2


def load_template(
    volumes_dir: Path,
    slices_dir: Path,
    patient: str,
    modalities: Sequence[Modality],
    *,
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> TemplateVolume:
    """Read the volumes and the catalogue of a patient; meant to run in the background.

    Parameters
    ----------
    volumes_dir, slices_dir:
        Folders of the data set, with a folder for each patient.
    progress:
        Is told how many volumes of how many are read.

    Raises
    ------
    NotFoundError
        Where the patient, a volume or the preprocessed slices are not there.
    DataError
        Where a volume cannot be read, or volumes and preprocessed slices do not fit together.
    Cancelled
        Where ``should_stop`` says so.
    """
    catalogue = read_catalogue(slices_dir, patient)
    folder = patient_folder(volumes_dir, patient)
    volumes: dict[str, Volume] = {}
    for done, modality in enumerate(modalities):
        progress(done, len(modalities))
        if should_stop():
            raise Cancelled
        volumes[modality.name] = load_modality(folder, patient, modality)
    check_one_grid(patient, volumes)
    _check_slices(patient, next(iter(volumes.values())), catalogue)
    windows = {name: display_window(volume.array) for name, volume in volumes.items()}
    progress(len(modalities), len(modalities))
    return TemplateVolume(patient, volumes, windows, catalogue)


def _check_slices(patient: str, volume: Volume, catalogue: PatientCatalogue) -> None:
    if catalogue.n_slices != volume.shape[2]:
        raise DataError(
            f"The volumes of {patient} have {volume.shape[2]} slices, "
            f"its preprocessed slices {catalogue.n_slices}.",
            remedy="Run preprocess.py again for this patient.",
        )
