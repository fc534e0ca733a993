"""Settings, patients and a model that are small enough to open real windows on in a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pydantic import TypeAdapter

from App.application import Session
from App.model.choice import Choice
from App.preferences import Preferences
from sbmir import preprocessing
from sbmir.config.application import AppConfig, read_app_config
from sbmir.config.preprocessing import PreprocessingConfig
from sbmir.layout import APP_CONFIG
from sbmir.volumes import write_nifti

SHAPE = (32, 40, 10)
AFFINE = np.diag([-1.0, -1.0, 2.0, 1.0])
LESION_SLICES = (2, 3)
IMAGE_SIZE = 16
NETWORKS = {
    "emb_dim": 8,
    "enc_filters": [8, 8, 8, 8],
    "dec_filters": [8, 8, 8, 8],
    "latent_size": 2,
}


@dataclass(frozen=True)
class World:
    """A folder with everything of a data set called Tiny."""

    root: Path

    @property
    def config_path(self) -> Path:
        return self.root / "config.yaml"

    @property
    def config(self) -> AppConfig:
        return read_app_config(self.config_path)

    @property
    def choice(self) -> Choice:
        dataset = self.config.dataset_type("Tiny")
        return Choice(dataset, dataset.model())

    @property
    def preferences(self) -> Preferences:
        return Preferences(self.root / "window.ini")

    @property
    def safe_folder(self) -> Path:
        """Where windows keep what is drawn in them."""
        return self.root / "sketches"

    def write_config(self, **changes: Any) -> None:
        """Write settings of the data sets Absent, which is not there, and Tiny."""
        shipped = yaml.safe_load(APP_CONFIG.read_text(encoding="utf-8"))
        tiny = {
            **shipped["dataset_types"][1],
            "name": "Tiny",
            "data_set": "Tiny",
            "volumes_dir": "volumes",
            "slices_dir": "slices",
            "template_patients": ["P1", "P2"],
            "models": [_model("tiny"), _model("other")],
        }
        absent = {**tiny, "name": "Absent", "slices_dir": "nowhere", "obtain": "Buy it."}
        settings = {
            **shipped,
            "mongodb": {"data_dir": "mongodb"},
            "dataset_types": [absent, tiny],
            **changes,
        }
        self.config_path.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def write_patients(self, count: int) -> None:
        """Write volumes of patients P1, P2, … with a lesion in ``LESION_SLICES``, and slices."""
        rng = np.random.default_rng(3)
        for number in range(1, count + 1):
            patient = f"P{number}"
            folder = self.root / "volumes" / patient
            folder.mkdir(parents=True)
            for pattern in ("t1", "t1ce", "flair"):
                voxels = np.zeros(SHAPE, np.int16)
                voxels[4:28, 4:36, 1:9] = rng.integers(200, 400, (24, 32, 8))
                write_nifti(folder / f"{patient}_{pattern}.nii.gz", voxels, AFFINE)
            labels = np.zeros(SHAPE, np.uint8)
            labels[8 : 8 + 3 * number, 10:20, LESION_SLICES[0] : LESION_SLICES[-1] + 1] = 2
            write_nifti(folder / f"{patient}_seg.nii.gz", labels, AFFINE)
        preprocessing.run(_preprocessing(self.root), workers=1)

    def write_checkpoint(self) -> None:
        """Write a model of random weights."""
        import torch

        from sbmir.networks.model import build_networks

        torch.manual_seed(0)
        torch.set_num_threads(1)
        networks = build_networks(self.choice.model.networks)
        torch.save({"state_dict": networks.state_dict()}, self.choice.model.checkpoint)


def _model(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "checkpoint": f"{name}.ckpt",
        "codes_dir": f"codes/{name}",
        "networks": NETWORKS,
    }


def _preprocessing(root: Path) -> PreprocessingConfig:
    modalities = [
        {"name": name, "pattern": pattern, "save_pattern": pattern}
        for name, pattern in (("T1", "t1"), ("T1CE", "t1ce"), ("FLAIR", "flair"), ("SEG", "seg"))
    ]
    settings = {
        "Tiny": {
            "src_dir_path": str(root / "volumes"),
            "dst_dir_path": str(root / "slices"),
            "image_size": IMAGE_SIZE,
            "modalities": modalities,
        }
    }
    config: PreprocessingConfig = TypeAdapter(PreprocessingConfig).validate_python(
        settings, context={"folder": root}
    )
    return config


@contextmanager
def opened(world: World, qtbot: Any, choice: Choice | None = None) -> Iterator[Session]:
    """A session whose window is on screen; closed afterwards as a user would."""
    session = Session(world.config, choice or world.choice, world.preferences, world.safe_folder)
    qtbot.addWidget(session.window)
    with qtbot.waitSignal(session.window.shown, timeout=10_000):
        session.open()
    try:
        yield session
    finally:
        with qtbot.waitSignal(session.closed, timeout=30_000):
            session.window.close()
