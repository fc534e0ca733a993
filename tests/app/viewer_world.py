"""Two small patients with volumes, for the viewer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from App.model.choice import Choice
from sbmir.config.application import read_app_config
from sbmir.labels import TissueClass
from sbmir.layout import APP_CONFIG
from sbmir.volumes import write_nifti

SHAPE = (40, 48, 12)
AFFINE = np.diag([-1.5, -1.0, 2.0, 1.0])
LESION_SLICES = (5, 6, 7)
PATIENTS = ("P1", "P2")
MODALITIES = ("T1", "T1CE", "FLAIR")


def write_patients(volumes_dir: Path) -> None:
    """Write bright heads with a lesion on the patient's right, at the upper right of a picture."""
    for patient in PATIENTS:
        (volumes_dir / patient).mkdir(parents=True)
        for number, pattern in enumerate(("t1", "t1ce", "flair")):
            voxels = np.zeros(SHAPE, np.int16)
            voxels[8:32, 8:40, 1:11] = 200 + 100 * number + 5 * np.arange(10)
            write_nifti(volume_path(volumes_dir, patient, pattern), voxels, AFFINE)
        labels = np.zeros(SHAPE, np.uint8)
        labels[10:18, 12:24, list(LESION_SLICES)] = TissueClass.ED
        labels[12:16, 14:20, list(LESION_SLICES)] = 4  # as BraTS to 2021 numbers enhancing tumour
        write_nifti(volume_path(volumes_dir, patient, "seg"), labels, AFFINE)


def volume_path(volumes_dir: Path, patient: str, pattern: str) -> Path:
    return volumes_dir / patient / f"{patient}_{pattern}.nii.gz"


def choice_of(volumes_dir: Path) -> Choice:
    """The shipped settings, but for the folder of volumes."""
    shipped = read_app_config(APP_CONFIG).dataset_type("Demo")
    dataset = replace(shipped, volumes_dir=volumes_dir, preferred_modality="T1")
    return Choice(dataset, dataset.model())
