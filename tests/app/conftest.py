"""Windows of the application without a screen, and a small template patient."""

from __future__ import annotations

import os
from pathlib import Path

# Before Qt starts; whoever wants to see the windows names another platform in the environment.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from template_samples import LESION_SLICES, MODALITIES, SHAPE, SPACING_MM

from App.model.template import TemplateVolume, load_template
from sbmir.files import save_array
from sbmir.labels import TissueClass
from sbmir.layout import slice_path
from sbmir.volumes import write_nifti


@pytest.fixture(scope="session")
def template_dirs(tmp_path_factory) -> tuple[Path, Path]:
    """Folders of volumes and slices of patient P1: a bright block at low x and low y."""
    root = tmp_path_factory.mktemp("template")
    volumes_dir, slices_dir = root / "volumes", root / "slices"
    (volumes_dir / "P1").mkdir(parents=True)
    (slices_dir / "P1").mkdir(parents=True)
    affine = np.diag([-SPACING_MM[0], -SPACING_MM[1], SPACING_MM[2], 1.0])
    for number, modality in enumerate(MODALITIES):
        voxels = np.zeros(SHAPE, np.int16)
        # Tissue that grows brighter towards the back.
        voxels[8:32, 8:40, 1:11] = (300 + 100 * number + 5 * np.arange(32))[:, np.newaxis]
        voxels[8:14, 8:14, 1:11] = 900
        path = volumes_dir / "P1" / f"P1_{modality.pattern}.nii.gz"
        write_nifti(path, voxels, affine)
    for index in range(SHAPE[2]):
        labels = np.zeros((32, 32), np.uint8)
        labels[10:14, 10:14] = TissueClass.ED if index in LESION_SLICES else 0
        save_array(slice_path(slices_dir, "P1", "seg", index), labels)
    return volumes_dir, slices_dir


@pytest.fixture(scope="session")
def template(template_dirs) -> TemplateVolume:
    return load_template(
        *template_dirs, "P1", MODALITIES, progress=lambda *_: None, should_stop=lambda: False
    )
