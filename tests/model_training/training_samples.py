"""Small settings and small slices to train on."""

import copy
import json
from pathlib import Path

import numpy as np

from sbmir.layout import REPOSITORY_ROOT

PUBLISHED = REPOSITORY_ROOT / "ModelTraining" / "bottom2x2_margin-10_config.json"
SIZE = 32


def small_settings(root: Path) -> dict:
    """The published settings for a model of 32 pixels, with everything below ``root``."""
    settings = json.loads(PUBLISHED.read_text())
    settings["run"] |= {"resume_checkpoint": False, "visible_devices": "", "n_epochs": 2}
    settings["run"] |= {"num_sanity_val_steps": 1, "limit_val_batches": 2}
    settings["save"] |= {"save_dir_path": str(root / "codes"), "study_name": "small"}
    settings["models"] |= {"emb_dim": 8, "enc_filters": [8, 8, 16, 16, 16]}
    settings["models"]["dec_filters"] = [16, 16, 16, 8, 8]
    settings["losses"]["use_perceptual"] = False
    settings["dataset"] |= {"batch_size": 4, "test_batch_size": 4, "num_workers": 0}
    settings["dataset"]["train_root_dir_paths"] = [str(root / "slices")]
    settings["dataset"]["test_root_dir_paths"] = [str(root / "slices")]
    return settings


def changed(settings: dict, **sections: dict) -> dict:
    """A copy of the settings with some keys of some sections changed."""
    settings = copy.deepcopy(settings)
    for name, keys in sections.items():
        settings[name] |= keys
    return settings


def write_settings(path: Path, settings: dict) -> Path:
    path.write_text(json.dumps(settings))
    return path


def write_slices(slices_dir: Path, patient: str, lesions: list[bool], seed: int = 0) -> None:
    """Slices of a round head, with a round lesion where ``lesions`` says so."""
    rng = np.random.default_rng(seed)
    folder = slices_dir / patient
    folder.mkdir(parents=True)
    rows, columns = np.mgrid[:SIZE, :SIZE] - SIZE / 2 + 0.5
    head = np.hypot(rows, columns) < 0.4 * SIZE
    for index, lesion in enumerate(lesions):
        labels = np.zeros((SIZE, SIZE), np.uint8)
        if lesion:
            distance = np.hypot(rows - rng.uniform(-4, 4), columns - rng.uniform(-4, 4))
            labels[distance < 6], labels[distance < 4], labels[distance < 2] = 2, 3, 1
        for channel, modality in enumerate(("t1", "t1ce", "flair")):
            image = np.where(head, rng.normal(0, 0.3, head.shape), -1.5 - 0.1 * channel)
            image += 2.0 * (labels == channel + 1)
            np.save(folder / f"{patient}_{modality}_{index:04d}.npy", image.astype(np.float32))
        np.save(folder / f"{patient}_seg_{index:04d}.npy", labels)
