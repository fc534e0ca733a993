"""Preprocessing gives the published program's slices."""

from pathlib import Path

import numpy as np
import pytest

from sbmir import preprocessing
from sbmir.config.preprocessing import DatasetPreprocessing, ModalitySettings
from sbmir.volumes import write_nifti

GOLDEN = Path(__file__).parent / "preprocess"
PATIENTS = ("BraTS19_TEST_5_1", "BraTS19_TEST_6_1")


@pytest.fixture(scope="module")
def slices_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("golden")
    patterns = ("t1", "t1ce", "t2", "flair", "seg")
    for patient in PATIENTS:
        (root / "src" / patient).mkdir(parents=True)
        with np.load(GOLDEN / f"{patient}.npz") as arrays:
            for pattern in patterns:
                path = root / "src" / patient / f"{patient}_{pattern}.nii.gz"
                write_nifti(path, arrays[pattern], arrays["affine"])
    settings = DatasetPreprocessing(
        src_dir_path=root / "src",
        dst_dir_path=root / "dst",
        image_size=64,
        modalities=tuple(
            ModalitySettings(name=pattern.upper(), pattern=pattern, save_pattern=pattern)
            for pattern in patterns
        ),
    )
    assert preprocessing.run({"Golden": settings}, workers=1).written == len(PATIENTS)
    return root / "dst"


def expected_names() -> list[str]:
    with np.load(GOLDEN / "expected_slices.npz") as expected:
        return list(expected.files)


def test_exactly_the_published_files_are_written(slices_dir: Path) -> None:
    assert sorted(path.stem for path in slices_dir.rglob("*.npy")) == sorted(expected_names())


@pytest.mark.parametrize("name", expected_names())
def test_slice_is_the_published_one(slices_dir: Path, name: str) -> None:
    with np.load(GOLDEN / "expected_slices.npz") as arrays:
        expected = arrays[name]
    patient = next(patient for patient in PATIENTS if name.startswith(patient))
    saved = np.load(slices_dir / patient / f"{name}.npy")
    assert saved.dtype == expected.dtype
    if "_seg_" in name:
        np.testing.assert_array_equal(saved, expected)
    else:
        np.testing.assert_allclose(saved, expected, rtol=1e-5, atol=1e-6)
