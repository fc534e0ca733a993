"""Saved slices of one kind, normal or abnormal, of all patients."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.mapped_slices import map_slice
from ModelTraining.data.patients import patients_by_folder
from sbmir.catalogue import read_catalogue
from sbmir.errors import DataError
from sbmir.slices import SEGMENTATION_PATTERN

logger = logging.getLogger(__name__)

Sample = tuple[NDArray[np.float32], NDArray[np.uint8], int]
"""An image (C, H, W), its label map (H, W), and the number of its patient."""


@dataclass(frozen=True)
class SliceFile:
    """Where a slice lies; ``number`` counts the patients of an inventory from 0."""

    slices_dir: Path
    patient: str
    index: int
    number: int = 0


class SliceDataset(Dataset[Sample]):
    """Reads slices of the given modalities, with their labels."""

    def __init__(
        self, files: Sequence[SliceFile], modalities: Sequence[str], image_size: int
    ) -> None:
        self._files = tuple(files)
        self._modalities = tuple(modalities)
        self._image_size = image_size

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, position: int) -> Sample:
        """Read one slice.

        Raises
        ------
        NotFoundError, DataError
            Where a file is missing, damaged, or of another size than the networks take.
        """
        file = self._files[position]
        patterns = (*self._modalities, SEGMENTATION_PATTERN)
        *pictures, labels = (
            map_slice(file.slices_dir, file.patient, pattern, file.index) for pattern in patterns
        )
        expected = (self._image_size, self._image_size)
        for picture in (*pictures, labels):
            if picture.shape != expected:
                height, width = picture.shape
                raise DataError(
                    f"Slice {file.index} of {file.patient} in {file.slices_dir} is"
                    f" {height} x {width} pixels, but the networks take"
                    f" {self._image_size} x {self._image_size}.",
                    remedy="Preprocess with that image_size, or correct latent_size and the number"
                    " of filters in the settings.",
                )
        return np.stack(pictures), labels, file.number


def collate(samples: Sequence[Sample]) -> SliceBatch:
    """Stack samples to a batch."""
    images, labels, patients = zip(*samples, strict=True)
    return SliceBatch(
        torch.from_numpy(np.stack(images)),
        torch.from_numpy(np.stack(labels)).long(),
        torch.tensor(patients),
    )


@dataclass(frozen=True)
class SliceInventory:
    """All slices that there are to train on, by kind."""

    normal: tuple[SliceFile, ...]
    abnormal: tuple[SliceFile, ...]


def take_inventory(
    folders: Sequence[Path], patient_ids: Collection[str] | None = None
) -> SliceInventory:
    """List the slices of the patients in ``folders``, or of those of them in ``patient_ids``.

    Raises
    ------
    NotFoundError
        As `patients_by_folder`.
    DataError
        Where one of the two kinds has no slice at all.
    """
    found = [
        (folder, patient)
        for folder, patients in patients_by_folder(folders, patient_ids).items()
        for patient in patients
    ]
    kinds: dict[bool, list[SliceFile]] = {False: [], True: []}
    for number, (folder, patient) in enumerate(found):
        for facts in read_catalogue(folder, patient).slices:
            kinds[facts.abnormal].append(SliceFile(folder, patient, facts.index, number))
    for abnormal, name in ((False, "without"), (True, "with")):
        if not kinds[abnormal]:
            raise DataError(
                f"There is no slice {name} a lesion in {', '.join(str(f) for f in folders)}.",
                remedy="Training takes normal and abnormal slices in pairs and needs both.",
            )
    logger.info(
        "%d patients: %d normal and %d abnormal slices.",
        len(found),
        len(kinds[False]),
        len(kinds[True]),
    )
    return SliceInventory(tuple(kinds[False]), tuple(kinds[True]))
