"""Small patients in BraTS's layout, and the settings to preprocess them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbmir.config.preprocessing import DatasetPreprocessing, ModalitySettings
from sbmir.volumes import write_nifti

SHAPE = (12, 14, 4)
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
LPS[1, 3] = SHAPE[1] - 1
PATTERNS = ("t1", "t1ce", "t2", "flair", "seg")


def sample_image(seed: int, shape: tuple[int, ...] = SHAPE) -> NDArray[np.int16]:
    """A noisy box of brain in an empty background."""
    image = np.zeros(shape, np.int16)
    image[2:-2, 2:-2] = np.random.default_rng(seed).integers(1, 500, image[2:-2, 2:-2].shape)
    return image


def sample_labels(shape: tuple[int, int, int] = SHAPE) -> NDArray[np.uint8]:
    """Labels of BraTS 2019: a lesion in slices 1 (small) and 2, at the patient's left."""
    labels = np.zeros(shape, np.uint8)
    labels[-5:-2, 4:9, 2] = 2
    labels[-4:-2, 5:8, 2] = 4
    labels[-3:-2, 6:7, 1:3] = 1
    return labels


def write_patient(
    folder: Path,
    *,
    seed: int = 0,
    replace: dict[str, NDArray[Any]] | None = None,
    suffix: str = ".nii.gz",
    affine: NDArray[np.float64] = LPS,
) -> Path:
    """Write five small volumes as ``folder`` and return it; ``replace`` gives other arrays."""
    folder.mkdir(parents=True)
    arrays = {pattern: sample_image(seed + n) for n, pattern in enumerate(PATTERNS)}
    arrays["seg"] = sample_labels()
    for pattern, array in (arrays | (replace or {})).items():
        write_nifti(folder / f"{folder.name}_{pattern}{suffix}", array, affine)
    return folder


def volume_file(folder: Path, pattern: str) -> Path:
    return folder / f"{folder.name}_{pattern}.nii.gz"


def settings(root: Path, image_size: int = 16, source: str = "src") -> DatasetPreprocessing:
    """From ``root/src`` to ``root/dst``, all five modalities."""
    return DatasetPreprocessing(
        src_dir_path=root / source,
        dst_dir_path=root / "dst",
        image_size=image_size,
        modalities=tuple(
            ModalitySettings(name=pattern.upper(), pattern=pattern, save_pattern=pattern)
            for pattern in PATTERNS
        ),
    )


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too, with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
