"""Patients and their files are found by the names that BraTS and people give them."""

from pathlib import Path

import pytest

from sbmir.files import sole_writer
from sbmir.patient_files import find_modality, find_patients


@pytest.mark.parametrize(
    ("file_name", "pattern"),
    [
        ("P_t1.nii.gz", "t1"),
        ("P_t1ce.nii", "t1ce"),
        ("P_FLAIR.nii.gz", "flair"),
        ("P_output.nii.gz", "output"),
        ("P-t1n.nii.gz", "t1"),
        ("P-t1c.nii.gz", "t1ce"),
        ("P-t2W.nii.gz", "t2"),
        ("P-t2f.nii.gz", "flair"),
        ("P-seg.NII.GZ", "seg"),
    ],
)
def test_files_are_found_by_their_names_of_2019_and_2023(
    tmp_path: Path, file_name: str, pattern: str
):
    (tmp_path / file_name).touch()
    (tmp_path / f"._{file_name}").touch()
    (tmp_path / f"P_{pattern}x.nii.gz").touch()
    assert find_modality(tmp_path, "P", pattern) == tmp_path / file_name


def test_a_name_with_composed_or_decomposed_accents_is_the_same(tmp_path: Path):
    (tmp_path / "Zoe\u0308_t1.nii.gz").touch()
    assert find_modality(tmp_path, "Zo\u00eb", "t1") is not None


def test_a_modality_that_is_missing_is_none_even_if_a_folder_has_its_name(tmp_path: Path):
    (tmp_path / "P_t1.nii.gz").mkdir()
    assert find_modality(tmp_path, "P", "t1") is None


def test_patients_are_found_also_below_their_grade_and_the_rest_is_told(tmp_path: Path):
    for folder in ("B", "HGG/A", "LGG/C d é", ".git"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "survival.csv").touch()
    (tmp_path / "HGG" / ".DS_Store").touch()
    with sole_writer(tmp_path):
        pass  # leaves its lock file, which is nothing to tell a user
    patients, passed_over = find_patients(tmp_path)
    assert [patient.name for patient in patients] == ["A", "B", "C d é"]
    assert patients[0].path == tmp_path / "HGG" / "A"
    assert sorted(passed_over) == [".git", "HGG/.DS_Store", "survival.csv"]
