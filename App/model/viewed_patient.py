"""A patient in the viewer: the volumes loaded so far, and its label map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from App.model.patient_volumes import (
    Modality,
    PatientVolumes,
    check_one_grid,
    display_window,
    load_modality,
    patient_folder,
)
from sbmir.errors import DataError, NotFoundError, SbmirError
from sbmir.labels import tissue_classes
from sbmir.patient_files import find_modality
from sbmir.slices import SEGMENTATION_PATTERN, axial_picture
from sbmir.volumes import Volume, load_volume


@dataclass(frozen=True, eq=False)
class ViewedPatient(PatientVolumes):
    """The volumes of one patient that have been asked for.

    Attributes
    ----------
    labels:
        (X, Y, Z) uint8 of ``TissueClass``, on the grid of the volumes; None where there are none.
    labels_problem:
        Why there are no labels.
    """

    labels: NDArray[np.uint8] | None
    labels_problem: str = ""

    def label_picture(self, index: int) -> NDArray[np.uint8] | None:
        """The label map of a slice, (rows, columns) as its pictures; None without labels."""
        return None if self.labels is None else axial_picture(self.labels, index)

    @cached_property
    def lesion_slices(self) -> tuple[int, ...]:
        """Slices whose label map shows a lesion."""
        if self.labels is None:
            return ()
        return tuple(np.flatnonzero(np.any(self.labels > 0, axis=(0, 1))).tolist())

    def with_volume(self, modality: str, volume: Volume) -> ViewedPatient:
        """Return the patient with one more volume.

        Raises
        ------
        DataError
            Where it does not lie on the grid of the others.
        """
        volumes = {**self.volumes, modality: volume}
        check_one_grid(self.patient, volumes)
        windows = {**self.windows, modality: display_window(volume.array)}
        return replace(self, volumes=volumes, windows=windows)


def load_viewed(
    volumes_dir: Path,
    patient: str,
    modality: Modality,
    known: ViewedPatient | None,
    check: Callable[[], None],
) -> ViewedPatient:
    """Read one volume of a patient, and its label map with the first; meant for the background.

    Parameters
    ----------
    known:
        What has been read of the patient before.
    check:
        Called between the steps; may raise ``Cancelled``.

    Raises
    ------
    NotFoundError, DataError
        Where the volume is not there, or cannot be read. A label map that cannot be read is no
        failure; the patient says why it has none.
    """
    folder = patient_folder(volumes_dir, patient)
    volume = load_modality(folder, patient, modality)
    check()
    if known is None:
        labels, problem = _labels(folder, patient, volume)
        windows = {modality.name: display_window(volume.array)}
        loaded = ViewedPatient(patient, {modality.name: volume}, windows, labels, problem)
    else:
        loaded = known.with_volume(modality.name, volume)
    # These take a while and are kept: the window shall not wait for them.
    _ = loaded.frame, loaded.lesion_slices
    check()
    return loaded


def _labels(folder: Path, patient: str, volume: Volume) -> tuple[NDArray[np.uint8] | None, str]:
    try:
        path = find_modality(folder, patient, SEGMENTATION_PATTERN)
        if path is None:
            raise NotFoundError(f"The patient {patient} has no label map.")
        stored = load_volume(path)
        if not stored.geometry.is_same_grid(volume.geometry):
            raise DataError(f"The label map of {patient} does not lie on the grid of its images.")
        return tissue_classes(stored.array), ""
    except SbmirError as error:
        return None, error.what
