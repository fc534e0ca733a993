import contextlib
import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from patient_samples import (
    LPS,
    PATTERNS,
    SHAPE,
    sample_image,
    sample_labels,
    settings,
    tree,
    volume_file,
    write_patient,
)

from sbmir import preprocessing
from sbmir.catalogue import Side, read_catalogue
from sbmir.errors import ConfigError, NotFoundError, ServiceError
from sbmir.files import is_temporary
from sbmir.layout import slice_path
from sbmir.preprocessing import PreprocessingReport
from sbmir.volumes import write_nifti

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "preprocess.py"


def preprocess(root: Path, *, workers: int = 1, force: bool = False) -> PreprocessingReport:
    return preprocessing.run({"D": settings(root)}, workers=workers, force=force)


def only_failure(root: Path, caplog: pytest.LogCaptureFixture) -> str:
    """Preprocess, expecting one bad patient of two; returns what is said about it."""
    report = preprocess(root)
    assert report.exit_status == 1
    assert report.written == 1
    (failure,) = report.failures
    assert failure.patient == "bad"
    assert failure.error.remedy
    assert sorted(path.name for path in (root / "dst").iterdir() if path.is_dir()) == ["good"]
    assert str(failure.error).splitlines()[0] in caplog.text
    return str(failure.error)


@pytest.fixture
def one_patient(tmp_path: Path) -> Path:
    write_patient(tmp_path / "src" / "P")
    return tmp_path


@pytest.fixture
def good_patient(tmp_path: Path) -> Path:
    write_patient(tmp_path / "src" / "good")
    return tmp_path


# What is written


def test_every_slice_of_every_modality_is_written_with_what_is_known_of_it(one_patient: Path):
    report = preprocess(one_patient)
    assert (report.written, report.unchanged, report.exit_status) == (1, 0, 0)
    saved = sorted((one_patient / "dst" / "P").glob("*.npy"))
    assert [path.name for path in saved] == sorted(
        f"P_{pattern}_{index:04d}.npy" for pattern in PATTERNS for index in range(SHAPE[2])
    )
    for path in saved:
        array = np.load(path)
        assert array.shape == (16, 16)
        assert array.dtype == (np.uint8 if "_seg_" in path.name else np.float32)
    catalogue = read_catalogue(one_patient / "dst", "P")
    assert catalogue.abnormal_indices == (1, 2)
    assert catalogue.representative == 2
    assert catalogue.slices[2].side is Side.LEFT
    assert min(catalogue.slices[2].lesion_pixels) > 0
    assert catalogue.geometry is not None
    assert catalogue.geometry.shape == SHAPE
    np.testing.assert_array_equal(catalogue.geometry.affine, LPS)


def test_labels_of_2023_give_the_same_slices_as_labels_of_2019(tmp_path: Path):
    newer = sample_labels().astype(np.float32)
    newer[newer == 4] = 3
    write_patient(tmp_path / "a" / "src" / "P")
    write_patient(tmp_path / "b" / "src" / "P", replace={"seg": newer})
    for name in "ab":
        preprocess(tmp_path / name)
    old = slice_path(tmp_path / "a" / "dst", "P", "seg", 2).read_bytes()
    assert slice_path(tmp_path / "b" / "dst", "P", "seg", 2).read_bytes() == old


def test_another_orientation_gives_the_same_slices_and_one_line_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    write_patient(tmp_path / "a" / "src" / "P")
    ras = LPS @ np.diag([-1, -1, 1, 1])
    ras[:2, 3] = -(SHAPE[0] - 1), 0
    flipped = {n: sample_image(k)[::-1, ::-1] for k, n in enumerate(PATTERNS)}
    flipped["seg"] = sample_labels()[::-1, ::-1]
    write_patient(tmp_path / "b" / "src" / "P", replace=flipped, affine=ras)
    preprocess(tmp_path / "a")
    caplog.set_level(logging.INFO)
    preprocess(tmp_path / "b")
    names = [path.name for path in (tmp_path / "a" / "dst" / "P").glob("*.npy")]
    for name in names:
        one, other = (tmp_path / x / "dst" / "P" / name for x in "ab")
        assert one.read_bytes() == other.read_bytes()
    assert [r.message for r in caplog.records if "LPS" in r.message] == [
        "P: the axes of T1, T1CE, T2, FLAIR, SEG, RAS, were brought to LPS."
    ]
    assert read_catalogue(tmp_path / "b" / "dst", "P").slices[2].side is Side.LEFT


def test_uncompressed_volumes_and_names_with_spaces_and_accents_are_fine(tmp_path: Path):
    long_name = "ü" * 100
    write_patient(tmp_path / "src" / "Zoë 2. Besuch", suffix=".nii")
    write_patient(tmp_path / "src" / "HGG" / long_name)
    assert preprocess(tmp_path).written == 2
    assert slice_path(tmp_path / "dst", long_name, "flair", 3).exists()


def test_labels_made_by_a_model_are_saved_as_segmentations(one_patient: Path):
    volume_file(one_patient / "src" / "P", "seg").rename(
        volume_file(one_patient / "src" / "P", "output")
    )
    whole = settings(one_patient)
    modalities = tuple(
        dataclasses.replace(modality, pattern="output") if modality.is_segmentation else modality
        for modality in whole.modalities
    )
    preprocessing.run({"D": dataclasses.replace(whole, modalities=modalities)}, workers=1)
    assert read_catalogue(one_patient / "dst", "P").abnormal_indices == (1, 2)


def test_the_output_does_not_depend_on_the_number_of_workers(tmp_path: Path):
    for number in range(3):
        write_patient(tmp_path / "src" / f"P{number}", seed=number)
    steps: list[tuple[int, int]] = []
    preprocess(tmp_path, workers=1)
    alone = tree(tmp_path / "dst")
    together = {"D": settings(tmp_path)}
    report = preprocessing.run(
        together, workers=2, force=True, progress=lambda done, total: steps.append((done, total))
    )
    assert report.written == 3
    assert tree(tmp_path / "dst") == alone
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]


# What a second run does


def test_complete_patients_are_skipped_and_changed_ones_made_anew(one_patient: Path):
    preprocess(one_patient)
    first = slice_path(one_patient / "dst", "P", "t1", 0)
    made = first.stat().st_mtime_ns
    assert preprocess(one_patient).unchanged == 1
    assert first.stat().st_mtime_ns == made
    write_nifti(volume_file(one_patient / "src" / "P", "t2"), sample_image(99), LPS)
    assert preprocess(one_patient).written == 1
    assert first.stat().st_mtime_ns > made
    assert preprocess(one_patient).unchanged == 1


def test_force_makes_complete_patients_anew(one_patient: Path):
    preprocess(one_patient)
    assert preprocess(one_patient, force=True).written == 1


def test_other_settings_make_the_patient_anew(one_patient: Path):
    preprocess(one_patient)
    preprocessing.run({"D": settings(one_patient, image_size=32)}, workers=1)
    assert read_catalogue(one_patient / "dst", "P").image_size == 32


@pytest.mark.parametrize("name", ["P_t1_0003.npy", "P_seg_0000.npy", "catalogue.json"])
@pytest.mark.parametrize("damage", ["deleted", "cut"])
def test_what_is_lost_or_cut_is_made_again(one_patient: Path, name: str, damage: str):
    preprocess(one_patient)
    whole = tree(one_patient / "dst")
    victim = one_patient / "dst" / "P" / name
    if damage == "deleted":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:-10])
    assert preprocess(one_patient).written == 1
    assert tree(one_patient / "dst") == whole


def test_slices_without_a_record_of_their_making_are_made_anew(one_patient: Path):
    preprocess(one_patient)
    (one_patient / "dst" / "P" / "preprocessing.json").write_text("[]")
    assert preprocess(one_patient).written == 1


def test_a_file_that_is_no_slice_is_never_deleted(one_patient: Path):
    preprocess(one_patient)
    notes = one_patient / "dst" / "P" / "notes.txt"
    notes.write_text("mine")
    report = preprocess(one_patient, force=True)
    assert "notes.txt" in str(report.failures[0].error)
    assert notes.read_text() == "mine"


# Bad patients


def cut(folder: Path) -> None:
    path = volume_file(folder, "t2")
    path.write_bytes(path.read_bytes()[:200])


def remove(folder: Path) -> None:
    volume_file(folder, "t1ce").unlink()


def empty_file(folder: Path) -> None:
    volume_file(folder, "seg").write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "words"),
    [(cut, "bad_t2.nii.gz is truncated"), (remove, "no bad_t1ce.nii.gz"), (empty_file, "bad_seg")],
)
def test_a_damaged_or_missing_file_is_named_and_the_others_go_on(
    good_patient: Path, caplog: pytest.LogCaptureFixture, damage, words: str
):
    damage(write_patient(good_patient / "src" / "bad"))
    assert words in only_failure(good_patient, caplog)


def with_voxel(array: NDArray, value: float) -> NDArray[np.float32]:
    changed = array.astype(np.float32)
    changed[5, 6, 2] = value
    return changed


@pytest.mark.parametrize(
    ("pattern", "array", "words"),
    [
        ("t1", with_voxel(sample_image(0), np.nan), "bad_t1.nii.gz holds NaN"),
        ("t2", np.zeros(SHAPE, np.int16), "bad_t2.nii.gz: The image is empty"),
        ("t2", (sample_image(0) > 0).astype(np.int16), "bad_t2.nii.gz: The image has zero var"),
        ("flair", sample_image(0, (*SHAPE, 2)), "bad_flair.nii.gz is not a 3-D volume"),
        ("flair", sample_image(0, (12, 14, 5)), "bad_flair.nii.gz does not fit bad_t1.nii.gz"),
        ("seg", with_voxel(sample_labels(), 3), "bad_seg.nii.gz: The segmentation holds both"),
        ("seg", with_voxel(sample_labels(), 5), "unknown labels: 5"),
        ("seg", with_voxel(sample_labels(), 1.5), "unknown labels: 1.5"),
        ("seg", with_voxel(sample_labels(), -1), "unknown labels: -1"),
        ("seg", with_voxel(sample_labels(), np.nan), "bad_seg.nii.gz holds NaN"),
    ],
)
def test_a_volume_that_cannot_be_used_is_named_and_the_others_go_on(
    good_patient: Path, caplog: pytest.LogCaptureFixture, pattern: str, array: NDArray, words: str
):
    write_patient(good_patient / "src" / "bad", replace={pattern: array})
    assert words in only_failure(good_patient, caplog)


def test_volumes_that_lie_elsewhere_do_not_fit_together(
    good_patient: Path, caplog: pytest.LogCaptureFixture
):
    bad = write_patient(good_patient / "src" / "bad")
    moved = LPS.copy()
    moved[2, 3] += 1
    write_nifti(volume_file(bad, "flair"), sample_image(0), moved)
    assert "their affines differ" in only_failure(good_patient, caplog)


def test_a_patient_found_twice_is_refused(tmp_path: Path):
    for grade in ("HGG", "LGG"):
        write_patient(tmp_path / "src" / grade / "P")
    report = preprocess(tmp_path)
    assert [failure.patient for failure in report.failures] == ["P", "P"]
    assert "not the only folder" in str(report.failures[0].error)


@pytest.mark.parametrize("name", ["a\nb", "x" * 201, "a\\b"])
def test_a_name_that_cannot_be_a_folder_of_slices_is_refused(tmp_path: Path, name: str):
    (tmp_path / "src" / name).mkdir(parents=True)
    (report,) = preprocess(tmp_path).failures
    assert "cannot be used" in str(report.error)


def test_a_patient_that_became_bad_keeps_its_former_slices(one_patient: Path):
    preprocess(one_patient)
    former = tree(one_patient / "dst")
    cut(one_patient / "src" / "P")
    assert preprocess(one_patient).failures
    assert tree(one_patient / "dst") == former


# Datasets and disks


def test_an_absent_dataset_is_skipped_and_said(one_patient: Path, caplog: pytest.LogCaptureFixture):
    (one_patient / "other").mkdir()
    config = {"D": settings(one_patient), "Gone": settings(one_patient / "other")}
    report = preprocessing.run(config, workers=1)
    assert (report.written, report.exit_status) == (1, 0)
    assert report.absent == ("Gone",)
    assert f"Gone: the folder {one_patient / 'other' / 'src'} is not there" in caplog.text
    assert "Gone" in report.summary()
    assert not (one_patient / "other" / "dst").exists()


def test_nothing_to_do_at_all_is_an_error(tmp_path: Path):
    (tmp_path / "b" / "src").mkdir(parents=True)
    config = {"Gone": settings(tmp_path / "a"), "Empty": settings(tmp_path / "b")}
    with pytest.raises(NotFoundError, match="nothing to preprocess") as caught:
        preprocessing.run(config, workers=1)
    assert "Gone" in caught.value.why
    assert "Empty" in caught.value.why
    assert caught.value.exit_status == 3


def test_two_datasets_must_not_share_a_destination(one_patient: Path):
    config = {"A": settings(one_patient), "B": settings(one_patient, source="other")}
    with pytest.raises(ConfigError, match="A and B both write to"):
        preprocessing.run(config, workers=1)


def test_the_disk_is_checked_before_anything_is_written(
    one_patient: Path, monkeypatch: pytest.MonkeyPatch
):
    class Usage:
        free = 1000

    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage)
    with pytest.raises(NotFoundError, match="too full"):
        preprocess(one_patient)
    assert not (one_patient / "dst" / "P").exists()


def test_a_disk_that_runs_full_leaves_nothing_half_written(
    one_patient: Path, monkeypatch: pytest.MonkeyPatch
):
    def save_until_full(path: Path, array: NDArray) -> None:
        if "flair" in path.name:
            raise OSError(28, "No space left on device", str(path))
        np.save(path, array)

    monkeypatch.setattr("sbmir.preprocessing.patient.save_array", save_until_full)
    (failure,) = preprocess(one_patient).failures
    assert "No space left" in str(failure.error)
    assert str(one_patient / "dst" / "P") in str(failure.error)
    assert [p.name for p in (one_patient / "dst").iterdir()] == [".sbmir.lock"]


def test_a_destination_that_cannot_be_written_is_named(one_patient: Path):
    (one_patient / "dst").write_text("a file where the folder should be")
    with pytest.raises(NotFoundError, match="dst cannot be written"):
        preprocess(one_patient)


def test_a_second_run_at_the_same_time_is_sent_away(one_patient: Path):
    def run_again(done: int, total: int) -> None:
        with pytest.raises(ServiceError, match="Another run"):
            preprocess(one_patient)

    config = {"D": settings(one_patient)}
    assert preprocessing.run(config, workers=1, progress=run_again).written == 1


# The command line, and how it may end


def config_file(root: Path, **changes: object) -> Path:
    modalities = [{"name": p.upper(), "pattern": p, "save_pattern": p} for p in PATTERNS]
    dataset = {
        "src_dir_path": "src",
        "dst_dir_path": "dst",
        "image_size": 16,
        "modalities": modalities,
    }
    path = root / "config.json"
    path.write_text(json.dumps({"D": dataset | changes}))
    return path


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, str(SCRIPT), *map(str, arguments)]


def typed(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, timeout=120
    )


def test_the_command_reads_paths_from_the_folder_of_its_settings(one_patient: Path):
    done = typed("--config", config_file(one_patient))
    assert done.returncode == 0
    assert "1 written" in done.stderr
    assert done.stdout == ""
    assert (one_patient / "dst" / "P").is_dir()


def test_a_bad_patient_gives_status_1_and_a_message_without_traceback(one_patient: Path):
    cut(one_patient / "src" / "P")
    done = typed("--config", config_file(one_patient), "--workers", "1")
    assert done.returncode == 1
    assert "P_t2.nii.gz is truncated" in done.stderr
    assert "1 not usable" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_key_gives_status_2_and_names_the_nearest(one_patient: Path):
    done = typed("--config", config_file(one_patient, image_sise=16, workers=3))
    assert done.returncode == 2
    assert "D.image_sise: unknown key; did you mean 'image_size'?" in done.stderr
    assert "D.workers: unknown key" in done.stderr


def test_the_shipped_settings_without_data_give_status_3(tmp_path: Path):
    shipped = json.loads((ROOT / "preprocess_config.json").read_text())
    assert list(shipped) == [
        "MICCAI_BraTS_Training",
        "MICCAI_BraTS_Validation",
        "MICCAI_BraTS_Testing",
    ]
    copy = tmp_path / "preprocess_config.json"
    copy.write_text(json.dumps(shipped))
    done = typed("--config", copy)
    assert done.returncode == 3
    assert "MICCAI_BraTS_2019_Data_Validation is not there" in done.stderr
    assert "Traceback" not in done.stderr


N_DISTURBED, DISTURBED_SIZE = 60, 256
"""Enough work that a run can be disturbed in the midst of it, also on a busy machine."""


def many_patients(root: Path) -> None:
    for number in range(N_DISTURBED):
        write_patient(root / "src" / f"P{number:02d}", seed=number)


def wait_for_first_patient(root: Path) -> None:
    deadline = time.monotonic() + 60
    while not list((root / "dst").glob("P*")):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in tasks.read_text().split()]


def disturbed(root: Path) -> subprocess.Popen[str]:
    many_patients(root)
    config = config_file(root, image_size=DISTURBED_SIZE)
    return subprocess.Popen(
        command("--config", config, "--workers", "2"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Where the tests run in the background of a shell, Ctrl+C is ignored and this inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def assert_a_rerun_gives_what_an_undisturbed_run_gives(root: Path) -> None:
    config = {"D": settings(root, image_size=DISTURBED_SIZE)}
    assert preprocessing.run(config, workers=1).exit_status == 0
    rerun = tree(root / "dst")
    assert preprocessing.run(config, workers=1, force=True).written == N_DISTURBED
    assert tree(root / "dst") == rerun


@pytest.mark.slow
def test_after_kill_9_at_once_a_rerun_completes(tmp_path: Path):
    with disturbed(tmp_path) as run:
        wait_for_first_patient(tmp_path)
        workers = children_of(run.pid)
        run.kill()
    assert len(workers) >= 2
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "a worker outlives its killed parent"
        time.sleep(0.05)
    assert len(list((tmp_path / "dst").glob("P*"))) < N_DISTURBED
    assert_a_rerun_gives_what_an_undisturbed_run_gives(tmp_path)


@pytest.mark.slow
def test_a_killed_worker_is_told_and_leaves_nothing_half_written(tmp_path: Path):
    with disturbed(tmp_path) as run:
        wait_for_first_patient(tmp_path)
        for child in children_of(run.pid):
            with contextlib.suppress(ProcessLookupError):
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(child, signal.SIGKILL)
                    break
        _, messages = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "A worker process ended before its work was done" in messages
    assert "Traceback" not in messages
    assert not any(is_temporary(path) for path in (tmp_path / "dst").iterdir())
    assert_a_rerun_gives_what_an_undisturbed_run_gives(tmp_path)


@pytest.mark.slow
def test_ctrl_c_stops_with_nothing_half_written(tmp_path: Path):
    with disturbed(tmp_path) as run:
        wait_for_first_patient(tmp_path)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: parent and workers
        _, messages = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Stopped" in messages
    assert "Traceback" not in messages
    assert not any(is_temporary(path) for path in (tmp_path / "dst").iterdir())
    assert_a_rerun_gives_what_an_undisturbed_run_gives(tmp_path)


@pytest.mark.slow
def test_real_patients_of_three_challenges(tmp_path: Path):
    real = ROOT / "../shared/brats"
    if not real.is_dir():
        pytest.skip("the real patients are not on this machine")
    (tmp_path / "src").mkdir()
    chosen = {
        "MICCAI_BraTS_2019_Data_Training": ("BraTS2021_01480", "Brats18_2013_20_1"),
        "BraTS2023_style": ("BraTS-GLI-00000-000",),
    }
    for folder, names in chosen.items():
        for name in names:
            (tmp_path / "src" / name).symlink_to((real / folder / name).resolve())
    report = preprocessing.run({"D": settings(tmp_path, image_size=64)}, workers=2)
    assert (report.written, report.failures) == (3, ())
    for names in chosen.values():
        for name in names:
            catalogue = read_catalogue(tmp_path / "dst", name)
            enhancing = sum(facts.lesion_pixels[2] for facts in catalogue.slices)
            assert catalogue.n_slices == 155
            assert catalogue.representative is not None
            assert (enhancing == 0) == (name == "BraTS2021_01480")
