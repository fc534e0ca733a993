"""From folders of slices and codes into the database, again and again."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymongo import MongoClient

from sbmir.catalogue import make_catalogue, write_catalogue
from sbmir.codes import (
    AnatomyCodes,
    CodeManifest,
    EmbeddedPatient,
    read_codes,
    read_manifest,
    write_codes,
    write_manifest,
)
from sbmir.database.ingestion import IngestionReport, ingest_dataset
from sbmir.database.mongo import MongoRepository
from sbmir.database.private_server import PrivateServer
from sbmir.database.repository import ReferenceRepository
from sbmir.errors import Cancelled, DataError, NotFoundError
from sbmir.layout import CODE_MANIFEST_FILE, catalogue_path, code_path, slice_path
from sbmir.networks.sizes import NetworkSizes
from sbmir.volumes import Geometry

ROOT = Path(__file__).resolve().parents[3]
SIZES = NetworkSizes(emb_dim=8, enc_filters=(8, 8, 8), dec_filters=(8, 8, 8))
MODEL = CodeManifest("model-1", SIZES)
PATIENTS = {"A": 3, "Zoë 2": 2}


class Folders:
    """Slices and codes as preprocessing and embedding leave them."""

    def __init__(self, root: Path) -> None:
        self.slices_dir = root / "slices"
        self.codes_dir = root / "codes"
        self.codes_dir.mkdir()
        write_manifest(self.codes_dir, MODEL)
        for seed, (patient, n_slices) in enumerate(PATIENTS.items()):
            self.add(patient, n_slices, seed)

    def add(self, patient: str, n_slices: int, seed: int) -> None:
        (self.slices_dir / patient).mkdir(parents=True, exist_ok=True)
        for index in range(n_slices):
            labels = np.zeros((8, 8), np.uint8)
            if index:
                labels[: index + 1, 2:4] = 2
                labels[0, 2] = 1
            np.save(slice_path(self.slices_dir, patient, "seg", index), labels)
            image = np.zeros((8, 8), np.float32)
            np.save(slice_path(self.slices_dir, patient, "t1", index), image)
        self.embed(patient, n_slices, seed)

    def embed(self, patient: str, n_slices: int, seed: int, sizes: NetworkSizes = SIZES) -> None:
        shape = (n_slices, sizes.emb_dim, 2, 2)
        normal, abnormal = np.random.default_rng(seed).standard_normal((2, *shape), np.float32)
        (self.codes_dir / patient).mkdir(exist_ok=True)
        for index in range(n_slices):
            codes = AnatomyCodes(normal[index], abnormal[index])
            write_codes(self.codes_dir, patient, index, codes)
        manifest = read_manifest(self.codes_dir)
        if manifest is not None:
            embedded = EmbeddedPatient(n_slices, f"slices-{seed}")
            write_manifest(self.codes_dir, manifest.with_patient(patient, embedded))

    def ingest(self, repository: ReferenceRepository, **options: Any) -> IngestionReport:
        sizes = options.pop("sizes", SIZES)
        return ingest_dataset(
            repository, "BraTS", self.slices_dir, self.codes_dir, "model-1", sizes, **options
        )

    def expected(self, patient: str) -> np.ndarray[Any, Any]:
        codes = [read_codes(self.codes_dir, patient, i).flat() for i in range(PATIENTS[patient])]
        return np.stack([np.stack([code.normal, code.abnormal]) for code in codes], axis=1)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def stored(repository: ReferenceRepository) -> dict[str, int]:
    return {one.patient: one.n_slices for one in repository.patients("BraTS", "model-1")}


def test_all_patients_can_be_searched_afterwards(
    folders: Folders, repository: ReferenceRepository
) -> None:
    steps: list[tuple[int, int]] = []
    report = folders.ingest(repository, progress=lambda done, total: steps.append((done, total)))

    assert report == IngestionReport(("A", "Zoë 2"), (), (), {}, (), False)
    assert steps == [(0, 2), (1, 2), (2, 2)]
    matrix = repository.load_codes("BraTS", "model-1")
    expected = np.concatenate([folders.expected(name) for name in PATIENTS], axis=1)
    np.testing.assert_array_equal(matrix.nac, expected[0])
    np.testing.assert_array_equal(matrix.aac, expected[1])


def test_what_the_label_maps_show_is_stored(
    folders: Folders, repository: ReferenceRepository
) -> None:
    folders.ingest(repository)

    first, _, last = repository.slice_records("BraTS", "A")
    assert (first.abnormal, first.representative, first.lesion_pixels) == (False, False, (0, 0, 0))
    assert (last.abnormal, last.representative, last.lesion_pixels) == (True, True, (1, 5, 0))
    assert [Path(path).name for path in last.source_paths] == ["A_seg_0002.npy", "A_t1_0002.npy"]


def test_the_size_of_a_pixel_is_stored_where_the_geometry_is_known(
    folders: Folders, repository: ReferenceRepository
) -> None:
    maps = [np.load(slice_path(folders.slices_dir, "A", "seg", index)) for index in range(3)]
    geometry = Geometry((16, 32, 3), np.diag([-0.5, -1.0, 2.0, 1.0]))
    write_catalogue(catalogue_path(folders.slices_dir, "A"), make_catalogue("A", maps, geometry))
    folders.ingest(repository)

    # 16 columns of 0.5 mm and 32 rows of 1 mm became 8 x 8 pixels.
    assert {one.pixel_mm2 for one in repository.slice_records("BraTS", "A")} == {4.0}
    assert {one.pixel_mm2 for one in repository.slice_records("BraTS", "Zoë 2")} == {None}


def test_a_second_run_finds_everything_done(
    folders: Folders, repository: ReferenceRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.ingest(repository)
    monkeypatch.setattr(type(repository), "put_patient", None)

    assert folders.ingest(repository).unchanged == ("A", "Zoë 2")


def test_changed_codes_are_replaced(folders: Folders, repository: ReferenceRepository) -> None:
    folders.ingest(repository)
    folders.embed("A", 3, seed=77)

    report = folders.ingest(repository)

    assert (report.replaced, report.unchanged) == (("A",), ("Zoë 2",))
    matrix = repository.load_codes("BraTS", "model-1")
    np.testing.assert_array_equal(matrix.nac[:3], folders.expected("A")[0])


def test_a_changed_label_map_is_seen(folders: Folders, repository: ReferenceRepository) -> None:
    folders.ingest(repository)
    path = slice_path(folders.slices_dir, "A", "seg", 0)
    np.save(path, np.full((8, 8), 3, np.uint8))
    os.utime(path, (time.time() + 5, time.time() + 5))

    assert folders.ingest(repository).replaced == ("A",)
    assert repository.slice_records("BraTS", "A")[0].lesion_pixels == (0, 0, 64)


def test_codes_of_another_length_replace_the_former(
    folders: Folders, repository: ReferenceRepository
) -> None:
    folders.ingest(repository)
    longer = NetworkSizes(emb_dim=16, enc_filters=(8, 8, 8), dec_filters=(8, 8, 8))
    for patient, n_slices in PATIENTS.items():
        folders.embed(patient, n_slices, seed=5, sizes=longer)

    assert folders.ingest(repository, sizes=longer).replaced == ("A", "Zoë 2")
    assert repository.load_codes("BraTS", "model-1").aac.shape == (5, 64)


def test_single_patients_can_be_added(folders: Folders, repository: ReferenceRepository) -> None:
    report = folders.ingest(repository, patients=["Zoë 2", "absent", "../A"])

    assert report.added == ("Zoë 2",)
    assert set(report.failed) == {"absent", "../A"}
    assert stored(repository) == {"Zoë 2": 2}


def test_it_can_be_stopped_and_goes_on(folders: Folders, repository: ReferenceRepository) -> None:
    answers = iter([False, True])
    report = folders.ingest(repository, should_stop=lambda: next(answers))
    assert (report.added, report.stopped) == (("A",), True)

    report = folders.ingest(repository)
    assert (report.added, report.unchanged, report.stopped) == (("Zoë 2",), ("A",), False)


def test_patients_without_slices_are_told_and_kept(
    folders: Folders, repository: ReferenceRepository
) -> None:
    folders.ingest(repository)
    for path in (folders.slices_dir / "A").iterdir():
        path.unlink()

    assert folders.ingest(repository).without_slices == ("A",)
    assert stored(repository) == PATIENTS


def spoil_missing(folders: Folders) -> None:
    code_path(folders.codes_dir, "A", "aac", 1).unlink()


def spoil_truncated(folders: Folders) -> None:
    path = code_path(folders.codes_dir, "A", "nac", 1)
    path.write_bytes(path.read_bytes()[:-4])


def spoil_nan(folders: Folders) -> None:
    code = np.full((8, 2, 2), np.nan, np.float32)
    np.save(code_path(folders.codes_dir, "A", "nac", 1), code)


def spoil_length(folders: Folders) -> None:
    write_codes(
        folders.codes_dir,
        "A",
        1,
        AnatomyCodes(np.zeros((16, 2, 2), np.float32), np.zeros((16, 2, 2), np.float32)),
    )


def spoil_number_of_slices(folders: Folders) -> None:
    for pattern in ("seg", "t1"):
        slice_path(folders.slices_dir, "A", pattern, 2).unlink()


def spoil_manifest_entry(folders: Folders) -> None:
    write_manifest(folders.codes_dir, MODEL.with_patient("Zoë 2", EmbeddedPatient(2, "slices-1")))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_missing, "aac_0001.npy is not there"),
        (spoil_truncated, "nac_0001.npy cannot be used"),
        (spoil_nan, "nac_0001.npy .* NaN"),
        (spoil_length, "have 32, 64 numbers; those of the model have 32"),
        (spoil_number_of_slices, "they are of 3 slices"),
        (spoil_manifest_entry, "they are not complete"),
    ],
)
def test_a_bad_patient_is_named_and_does_not_stop_the_others(
    folders: Folders, repository: ReferenceRepository, spoil: Any, message: str
) -> None:
    spoil(folders)

    report = folders.ingest(repository)

    assert report.added == ("Zoë 2",)
    assert list(report.failed) == ["A"]
    with pytest.raises((DataError, NotFoundError), match=message):
        raise report.failed["A"]
    assert stored(repository) == {"Zoë 2": 2}


def test_codes_of_another_model_are_refused(
    folders: Folders, repository: ReferenceRepository
) -> None:
    write_manifest(folders.codes_dir, replace(MODEL, fingerprint="model-2"))

    with pytest.raises(DataError, match="another model"):
        folders.ingest(repository)


def test_absent_folders_are_named(folders: Folders, repository: ReferenceRepository) -> None:
    codes_dir = folders.codes_dir
    folders.codes_dir = codes_dir / "absent"
    with pytest.raises(NotFoundError, match="codes/absent"):
        folders.ingest(repository)
    folders.codes_dir, folders.slices_dir = codes_dir, codes_dir / "nowhere"
    with pytest.raises(NotFoundError, match="codes/nowhere"):
        folders.ingest(repository)


def test_codes_without_manifest_are_refused_where_they_cannot_be_verified(
    folders: Folders, repository: ReferenceRepository
) -> None:
    (folders.codes_dir / CODE_MANIFEST_FILE).unlink()

    with pytest.raises(DataError, match="not known which model"):
        folders.ingest(repository)


def test_codes_without_manifest_are_verified_on_three_slices_a_patient(
    folders: Folders, repository: ReferenceRepository
) -> None:
    (folders.codes_dir / CODE_MANIFEST_FILE).unlink()
    asked: list[tuple[str, int]] = []

    def reencode(patient: str, index: int) -> AnatomyCodes:
        asked.append((patient, index))
        codes = read_codes(folders.codes_dir, patient, index)
        drift = np.float32(5e-4 if patient == "A" else 5e-3)
        return AnatomyCodes(codes.normal, codes.abnormal + drift)

    report = folders.ingest(repository, reencode=reencode)

    assert report.added == ("A",)
    assert "slice 0 differs" in str(report.failed["Zoë 2"])
    assert {index for patient, index in asked if patient == "A"} == {0, 1, 2}

    asked.clear()
    folders.ingest(repository, patients=["A"], reencode=reencode)
    assert not asked, "codes that did not change need no verification again"


def test_codes_that_change_while_they_are_read_are_not_stored(
    folders: Folders, repository: ReferenceRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_while_embedded(codes_dir: Path, patient: str, index: int) -> AnatomyCodes:
        codes = read_codes(codes_dir, patient, index)
        if (patient, index) == ("A", 1):
            folders.embed("A", 3, seed=9)
        return codes

    monkeypatch.setattr("sbmir.database.ingestion.read_codes", read_while_embedded)

    report = folders.ingest(repository)

    assert report.added == ("Zoë 2",)
    assert "changed while they were read" in str(report.failed["A"])


def test_an_exception_from_the_caller_leaves_whole_patients(
    folders: Folders, repository: ReferenceRepository
) -> None:
    def progress(done: int, _total: int) -> None:
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        folders.ingest(repository, progress=progress)
    assert stored(repository) == {"A": 3}


def test_two_ingestions_at_once_both_finish(
    folders: Folders, client: MongoClient[dict[str, Any]]
) -> None:
    for number in range(6):
        folders.add(f"more {number}", 4, seed=10 + number)
    reports: list[IngestionReport] = []

    def ingest() -> None:
        reports.append(folders.ingest(MongoRepository(client, "tests")))

    threads = [threading.Thread(target=ingest) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(reports) == 2
    assert not any(report.failed or report.stopped for report in reports)
    repository = MongoRepository(client, "tests")
    assert len(stored(repository)) == 8
    assert len(repository.load_codes("BraTS", "model-1").keys) == 5 + 24


INGEST = """
import sys
from pathlib import Path
from pymongo import MongoClient
from sbmir.database.ingestion import ingest_dataset
from sbmir.database.mongo import MongoRepository
from sbmir.networks.sizes import NetworkSizes
root, uri = Path(sys.argv[1]), sys.argv[2]
sizes = NetworkSizes(emb_dim=8, enc_filters=(8, 8, 8), dec_filters=(8, 8, 8))
with MongoClient(uri) as client:
    print("ready", flush=True)
    ingest_dataset(
        MongoRepository(client, "tests"), "BraTS", root / "slices", root / "codes", "model-1", sizes
    )
"""


@pytest.mark.slow
def test_after_kill_9_at_any_moment_a_rerun_completes(
    tmp_path: Path, server: PrivateServer, client: MongoClient[dict[str, Any]]
) -> None:
    folders = Folders(tmp_path)
    for number in range(30):
        folders.add(f"more {number:02d}", 12, seed=10 + number)
    repository = MongoRepository(client, "tests")
    counts = []
    for delay_s in (0.0, 0.03, 0.1, 0.2):
        process = subprocess.Popen(
            [sys.executable, "-c", INGEST, str(tmp_path), server.uri],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        seen = repository.load_codes("BraTS", "model-1").keys
        whole = stored(repository)
        counts.append(len(whole))
        assert len(seen) == sum(whole.values())
        assert all(n == PATIENTS.get(patient, 12) for patient, n in whole.items())
    assert counts == sorted(counts), "what was stored stays"

    folders.ingest(repository)
    assert len(stored(repository)) == 32
    undisturbed = MongoRepository(client, "tests-undisturbed")
    folders.ingest(undisturbed)
    matrices = [one.load_codes("BraTS", "model-1") for one in (repository, undisturbed)]
    client.drop_database("tests-undisturbed")
    assert matrices[0].keys == matrices[1].keys
    np.testing.assert_array_equal(matrices[0].nac, matrices[1].nac)
    assert client["tests"]["codes"].count_documents({}) == len(matrices[0].keys)
