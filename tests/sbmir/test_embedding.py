"""Every slice of every patient gets its codes, whatever happens on the way."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from model_samples import SIZES, make_stacks, write_checkpoint, write_slices

from sbmir.codes import read_codes, read_manifest
from sbmir.embedding import embed_patients
from sbmir.encoding import CodeEncoder
from sbmir.errors import DataError, NotFoundError

PATIENTS = {"Ägir 1": 5, "b": 1, "c": 8}


@pytest.fixture
def encoder(tmp_path):
    return CodeEncoder.from_checkpoint(write_checkpoint(tmp_path / "model.ckpt"), SIZES)


@pytest.fixture
def slices_dir(tmp_path):
    for seed, (patient, count) in enumerate(PATIENTS.items()):
        write_slices(tmp_path / "slices", patient, make_stacks(count, seed))
    return tmp_path / "slices"


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.npy")}


def test_every_slice_of_every_patient_has_its_codes(slices_dir, encoder, tmp_path):
    codes_dir = tmp_path / "deep" / "codes"
    report = embed_patients(slices_dir, codes_dir, encoder, batch_size=3)
    assert sorted(report.embedded) == sorted(PATIENTS)
    assert (report.skipped, report.failed, report.stopped) == ((), {}, False)
    for seed, (patient, count) in enumerate(PATIENTS.items()):
        assert len(list((codes_dir / patient).iterdir())) == 3 * count
        expected = encoder.encode_images(make_stacks(count, seed))
        for index in range(count):
            codes = read_codes(codes_dir, patient, index)
            np.testing.assert_allclose(codes.entire, expected.entire[index], rtol=1e-4, atol=1e-6)
    manifest = read_manifest(codes_dir)
    assert manifest.fingerprint == encoder.fingerprint
    assert {name: entry.n_slices for name, entry in manifest.patients.items()} == PATIENTS
    assert str(tmp_path) not in (codes_dir / "manifest.json").read_text()


def test_a_second_run_finds_everything_done(slices_dir, encoder, tmp_path):
    embed_patients(slices_dir, tmp_path / "codes", encoder)
    before = contents(tmp_path / "codes"), times(tmp_path / "codes")
    steps = []
    report = embed_patients(
        slices_dir, tmp_path / "codes", encoder, progress=lambda *step: steps.append(step)
    )
    assert sorted(report.skipped) == sorted(PATIENTS)
    assert report.embedded == ()
    assert steps == [(14, 14)]
    assert (contents(tmp_path / "codes"), times(tmp_path / "codes")) == before


def test_progress_counts_slices_up_to_all(slices_dir, encoder, tmp_path):
    steps = []
    embed_patients(
        slices_dir,
        tmp_path / "codes",
        encoder,
        batch_size=3,
        workers=2,
        progress=lambda *step: steps.append(step),
    )
    # b has 1 slice, c 8, Ägir 1 has 5; a batch holds slices of one patient.
    assert steps == [(done, 14) for done in (0, 1, 4, 7, 9, 12, 14)]


def test_a_stopped_run_goes_on_where_it_stopped(slices_dir, encoder, tmp_path):
    steps = []
    stopped = embed_patients(
        slices_dir,
        tmp_path / "codes",
        encoder,
        batch_size=2,
        progress=lambda *step: steps.append(step),
        should_stop=lambda: steps[-1][0] >= 8,
    )
    assert stopped.stopped
    assert 0 < len(stopped.embedded) < len(PATIENTS)
    report = embed_patients(slices_dir, tmp_path / "codes", encoder, batch_size=2)
    assert report.skipped == stopped.embedded
    embed_patients(slices_dir, tmp_path / "undisturbed", encoder, batch_size=2)
    assert contents(tmp_path / "codes") == contents(tmp_path / "undisturbed")


def test_codes_of_another_model_are_replaced_and_it_is_said(slices_dir, encoder, tmp_path, caplog):
    codes_dir = tmp_path / "codes"
    embed_patients(slices_dir, codes_dir, encoder)
    other = CodeEncoder.from_checkpoint(write_checkpoint(tmp_path / "other.ckpt", 1), SIZES)
    report = embed_patients(slices_dir, codes_dir, other, patients=["b"])
    assert report.embedded == ("b",)
    assert "another model" in caplog.text
    manifest = read_manifest(codes_dir)
    assert manifest.fingerprint == other.fingerprint
    # What is left of the first model is not passed off as the second one's.
    assert set(manifest.patients) == {"b"}


def test_another_precision_is_embedded_again(slices_dir, encoder, tmp_path):
    embed_patients(slices_dir, tmp_path / "codes", encoder)
    fast = CodeEncoder.from_checkpoint(tmp_path / "model.ckpt", SIZES, precision="bfloat16")
    assert len(embed_patients(slices_dir, tmp_path / "codes", fast).embedded) == len(PATIENTS)


def test_codes_without_a_manifest_are_not_trusted(slices_dir, encoder, tmp_path, caplog):
    embed_patients(slices_dir, tmp_path / "codes", encoder)
    (tmp_path / "codes" / "manifest.json").unlink()
    assert len(embed_patients(slices_dir, tmp_path / "codes", encoder).embedded) == len(PATIENTS)
    assert "unknown model" in caplog.text


def test_slices_that_changed_are_embedded_again(slices_dir, encoder, tmp_path):
    embed_patients(slices_dir, tmp_path / "codes", encoder)
    write_slices(slices_dir, "b", make_stacks(1, seed=9))
    for index in range(6, 8):
        for path in (slices_dir / "c").glob(f"*_{index:04d}.npy"):
            path.unlink()
    report = embed_patients(slices_dir, tmp_path / "codes", encoder)
    assert report.embedded == ("b", "c")
    assert len(list((tmp_path / "codes" / "c").iterdir())) == 3 * 6
    expected = encoder.encode_images(make_stacks(1, seed=9)).entire[0]
    codes = read_codes(tmp_path / "codes", "b", 0)
    np.testing.assert_allclose(codes.entire, expected, rtol=1e-4, atol=1e-6)


def test_a_lost_file_is_written_again(slices_dir, encoder, tmp_path):
    embed_patients(slices_dir, tmp_path / "codes", encoder)
    (tmp_path / "codes" / "c" / "aac_0004.npy").unlink()
    assert embed_patients(slices_dir, tmp_path / "codes", encoder).embedded == ("c",)


def _cut(path):
    path.write_bytes(path.read_bytes()[:-5])


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (lambda path: path.unlink(), "incomplete"),
        (_cut, "cannot be read"),
        (lambda path: np.save(path, np.zeros((9, 9), np.float32)), "differ in size"),
        (lambda path: np.save(path, np.full((8, 8), np.nan, np.float32)), "NaN"),
    ],
)
def test_a_bad_patient_does_not_stop_the_others(slices_dir, encoder, tmp_path, damage, cause):
    damage(slices_dir / "Ägir 1" / "Ägir 1_flair_0003.npy")
    steps = []
    report = embed_patients(
        slices_dir,
        tmp_path / "codes",
        encoder,
        batch_size=2,
        progress=lambda *step: steps.append(step),
    )
    assert report.embedded == ("b", "c")
    assert list(report.failed) == ["Ägir 1"]
    assert cause in str(report.failed["Ägir 1"])
    assert not (tmp_path / "codes" / "Ägir 1").exists()
    assert steps[-1][0] == steps[-1][1]


def test_slices_of_another_size_than_the_models_are_refused(encoder, tmp_path):
    folder = tmp_path / "slices" / "a"
    folder.mkdir(parents=True)
    for pattern in ("t1", "t1ce", "flair"):
        np.save(folder / f"a_{pattern}_0000.npy", np.zeros((16, 16), np.float32))
    report = embed_patients(tmp_path / "slices", tmp_path / "codes", encoder)
    assert "3 × 16 × 16, but the model takes 3 × 8 × 8" in str(report.failed["a"])


def test_named_patients_only_and_names_stay_within_the_folder(slices_dir, encoder, tmp_path):
    names = ["b", "nobody", "../slices/c"]
    report = embed_patients(slices_dir, tmp_path / "codes", encoder, patients=names)
    assert report.embedded == ("b",)
    assert sorted(report.failed) == ["../slices/c", "nobody"]
    assert {path.name for path in (tmp_path / "codes").iterdir()} == {"b", "manifest.json"}


@pytest.mark.parametrize("made", [False, True])
def test_no_slices_is_said(encoder, tmp_path, made):
    if made:
        (tmp_path / "none").mkdir()
    with pytest.raises(NotFoundError, match="preprocess"):
        embed_patients(tmp_path / "none", tmp_path / "codes", encoder)


def test_a_folder_that_cannot_be_written_is_named(slices_dir, encoder, tmp_path):
    (tmp_path / "codes").write_text("a file is in the way")
    with pytest.raises(DataError, match=r"cannot be written to .*codes"):
        embed_patients(slices_dir, tmp_path / "codes", encoder)


ENDLESS = """
import sys
from pathlib import Path
from model_samples import SIZES
from sbmir.embedding import embed_patients
from sbmir.encoding import CodeEncoder
root = Path(sys.argv[1])
encoder = CodeEncoder.from_checkpoint(root / "model.ckpt", SIZES)
print("ready", flush=True)
while True:
    embed_patients(root / "slices", root / "codes", encoder, batch_size=2)
    for folder in (root / "codes").iterdir():
        if folder.is_dir():
            (folder / "nac_0000.npy").unlink()
"""


@pytest.mark.slow
def test_a_killed_run_leaves_only_whole_patients(slices_dir, encoder, tmp_path):
    here = Path(__file__).resolve()
    paths = os.pathsep.join([str(here.parent), str(here.parents[2])])
    for wait_s in (0.03, 0.1, 0.25):
        worker = subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": paths},
            stdout=subprocess.PIPE,
        )
        with worker.stdout:
            assert worker.stdout.readline() == b"ready\n"
        time.sleep(wait_s)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        # The manifest can be read, and each array that bears its final name is whole.
        if (tmp_path / "codes").exists():
            read_manifest(tmp_path / "codes")
        for path in (tmp_path / "codes").glob("[!.]*/*.npy"):
            assert np.load(path).shape == (SIZES.emb_dim, 2, 2)
    embed_patients(slices_dir, tmp_path / "codes", encoder, batch_size=2)
    embed_patients(slices_dir, tmp_path / "undisturbed", encoder, batch_size=2)
    rerun, undisturbed = tmp_path / "codes", tmp_path / "undisturbed"
    assert contents(rerun).keys() == contents(undisturbed).keys()
    for path in undisturbed.glob("*/*.npy"):
        # Another process may use another number of threads, which moves the last bits.
        code = np.load(rerun / path.relative_to(undisturbed))
        np.testing.assert_allclose(code, np.load(path), rtol=1e-4, atol=1e-5)
