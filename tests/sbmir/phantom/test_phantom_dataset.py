"""Writing datasets of synthetic patients: layout, resuming, being killed."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sbmir.errors import ConfigError, DataError, NotFoundError, ServiceError
from sbmir.files import sole_writer
from sbmir.patient_files import find_modality, find_patients
from sbmir.phantom import dataset
from sbmir.phantom.dataset import PhantomPatient, patient_name, write_patients
from sbmir.phantom.lesion import Focus, LesionKind, LesionPlan
from sbmir.volumes import load_volume

ROOT = Path(__file__).resolve().parents[3]
PATTERNS = ("t1", "t1ce", "t2", "flair", "seg")


def quick_patient(seed: int, number: int) -> PhantomPatient:
    """A small patient, made at once."""
    rng = np.random.default_rng([seed, number])
    image = np.zeros((24, 24, 16), np.int16)
    image[2:22, 2:22, 3:13] = rng.integers(1, 900, (20, 20, 10))
    labels = np.zeros(image.shape, np.uint8)
    labels[5:10, 5:10, 7:10] = 4
    plan = LesionPlan(LesionKind.SOLID, (Focus((1.0, 2.0, 3.0), 3.0, 1.0),), ())
    return PhantomPatient(dict.fromkeys(("t1", "t1ce", "t2", "flair"), image), labels, plan)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch):
    """Write quick patients, so that what is tested is the writing; counts what is made."""
    made: list[tuple[int, int]] = []

    def make(seed: int, number: int) -> PhantomPatient:
        made.append((seed, number))
        return quick_patient(seed, number)

    monkeypatch.setattr(dataset, "make_patient", make)
    return made


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_a_dataset_is_laid_out_as_brats_2019(tmp_path: Path, quick):
    names = write_patients(tmp_path / "out", 2, 7)
    assert names == ["BraTS19_SYN_0001_1", "BraTS19_SYN_0002_1"]
    patients, _ = find_patients(tmp_path / "out")
    assert [patient.name for patient in patients] == names
    for patient in patients:
        for pattern in PATTERNS:
            path = find_modality(patient.path, patient.name, pattern)
            assert path is not None
            assert path.name == f"{patient.name}_{pattern}.nii.gz"
            volume = load_volume(path)
            assert volume.reoriented_from is None
            assert volume.spacing_mm == (1, 1, 1)
            np.testing.assert_array_equal(volume.affine[:3, 3], [0, 239, 0])


def test_progress_counts_up_to_all(tmp_path: Path, quick):
    seen: list[tuple[int, int]] = []
    write_patients(tmp_path, 3, 7, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_second_run_makes_only_what_is_missing(tmp_path: Path, quick):
    write_patients(tmp_path, 2, 7)
    before = digests(tmp_path)
    write_patients(tmp_path, 3, 7)
    assert quick == [(7, 1), (7, 2), (7, 3)]
    after = digests(tmp_path)
    assert {name: after[name] for name in before} == before


def test_numbers_may_start_later(tmp_path: Path, quick):
    assert write_patients(tmp_path, 2, 7, first=41) == [patient_name(41), patient_name(42)]


def test_another_seed_makes_the_patients_anew(tmp_path: Path, quick):
    write_patients(tmp_path, 1, 7)
    before = digests(tmp_path)
    write_patients(tmp_path, 1, 8)
    assert quick == [(7, 1), (8, 1)]
    assert digests(tmp_path) != before


def test_a_patient_that_lost_a_file_is_made_anew(tmp_path: Path, quick):
    write_patients(tmp_path, 1, 7)
    before = digests(tmp_path)
    (tmp_path / patient_name(1) / f"{patient_name(1)}_t2.nii.gz").unlink()
    write_patients(tmp_path, 1, 7)
    assert digests(tmp_path) == before


def test_a_folder_of_somebody_else_is_not_overwritten(tmp_path: Path, quick):
    foreign = tmp_path / patient_name(1)
    foreign.mkdir()
    (foreign / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="in the way"):
        write_patients(tmp_path, 1, 7)
    assert (foreign / "notes.txt").read_text() == "mine"


def test_a_full_disk_leaves_no_half_patient(tmp_path: Path, quick, monkeypatch: pytest.MonkeyPatch):
    real_write = dataset.write_nifti

    def full_at_t2(path: Path, *rest: object) -> None:
        if path.name.endswith("_t2.nii.gz"):
            raise OSError(28, "No space left on device")
        real_write(path, *rest)

    monkeypatch.setattr(dataset, "write_nifti", full_at_t2)
    with pytest.raises(DataError, match="No space left"):
        write_patients(tmp_path, 1, 7)
    assert [p for p in tmp_path.iterdir() if p.is_dir()] == []


def test_too_little_room_is_told_before_anything_is_made(
    tmp_path: Path, quick, monkeypatch: pytest.MonkeyPatch
):
    usage = dataset.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(dataset.shutil, "disk_usage", lambda path: usage._replace(free=10**6))
    with pytest.raises(NotFoundError, match="too full"):
        write_patients(tmp_path, 5, 7)
    assert quick == []


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path, quick):
    with sole_writer(tmp_path), pytest.raises(ServiceError, match="Another run"):
        write_patients(tmp_path, 1, 7)


def test_negative_seeds_are_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="negative"):
        write_patients(tmp_path, 1, -1)


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_number_of_workers(tmp_path: Path):
    write_patients(tmp_path / "one", 2, 3, workers=1)
    write_patients(tmp_path / "two", 2, 3, workers=2)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    sizes = [
        sum(p.stat().st_size for p in (tmp_path / "one" / n).iterdir())
        for n in (patient_name(1), patient_name(2))
    ]
    assert max(sizes) < dataset.BYTES_PER_PATIENT


@pytest.mark.slow
def test_kill_9_leaves_whole_patients_only_and_a_rerun_completes(tmp_path: Path):
    command = (
        "import sys; from pathlib import Path; from sbmir.phantom.dataset import write_patients\n"
        "if __name__ == '__main__': write_patients(Path(sys.argv[1]), 3, 3)"
    )
    run = subprocess.Popen([sys.executable, "-c", command, str(tmp_path)], cwd=ROOT)
    deadline = time.monotonic() + 200
    try:
        while not list(tmp_path.glob(".sbmir-tmp-*/*")):  # the first volume has been begun
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    patients, _ = find_patients(tmp_path)
    for patient in patients:
        present = {p.name for p in patient.path.iterdir()}
        assert present == {f"{patient.name}_{p}.nii.gz" for p in PATTERNS} | {"phantom.json"}
    assert write_patients(tmp_path, 2, 3) == [patient_name(1), patient_name(2)]
    assert not list(tmp_path.glob(".sbmir-tmp-*"))
    recipe = json.loads((tmp_path / patient_name(2) / "phantom.json").read_text())
    assert (recipe["seed"], recipe["number"]) == (3, 2)
