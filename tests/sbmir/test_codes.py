"""Codes in arrays and files."""

import numpy as np
import pytest
from model_samples import SIZES

from sbmir.codes import (
    AnatomyCodes,
    CodeFolder,
    CodeManifest,
    EmbeddedPatient,
    read_codes,
    read_manifest,
    write_codes,
    write_manifest,
)
from sbmir.errors import DataError, ServiceError


def make_codes(count=3, seed=0):
    rng = np.random.default_rng(seed)
    shape = (count, SIZES.emb_dim, 2, 2)
    return AnatomyCodes(
        rng.normal(size=shape).astype(np.float32), rng.normal(size=shape).astype(np.float32)
    )


def test_the_entire_code_is_the_sum_and_vectors_run_in_c_order():
    codes = make_codes()
    np.testing.assert_array_equal(codes.entire, codes.normal + codes.abnormal)
    assert codes.entire.dtype == np.float32
    assert codes.flat().normal.shape == (3, SIZES.vector_length)
    np.testing.assert_array_equal(codes.flat().abnormal[1], codes.abnormal[1].ravel())
    np.testing.assert_array_equal(codes[1].flat().entire, codes.entire[1].ravel())


def test_a_slice_has_three_files_under_the_published_names(tmp_path):
    (tmp_path / "Ägir 1").mkdir()
    codes = make_codes()[2]
    write_codes(tmp_path, "Ägir 1", 7, codes)
    saved = {path.name: np.load(path) for path in (tmp_path / "Ägir 1").iterdir()}
    assert set(saved) == {"nac_0007.npy", "aac_0007.npy", "eac_0007.npy"}
    assert {array.dtype for array in saved.values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(saved["eac_0007.npy"], codes.entire)
    again = read_codes(tmp_path, "Ägir 1", 7)
    np.testing.assert_array_equal(again.normal, codes.normal)
    np.testing.assert_array_equal(again.abnormal, codes.abnormal)


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (lambda path: path.unlink(), "not there"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "aac_0000"),
        (lambda path: path.write_bytes(b""), "aac_0000"),
        (lambda path: np.save(path, np.zeros((8, 2, 2))), "no float32"),
        (lambda path: np.save(path, np.zeros((8, 2, 3), np.float32)), "shape"),
        (lambda path: np.save(path, np.full((8, 2, 2), np.nan, np.float32)), "NaN"),
        (lambda path: np.save(path, np.array([{}]), allow_pickle=True), "aac_0000"),
    ],
)
def test_a_damaged_code_is_refused_by_name(tmp_path, damage, cause):
    (tmp_path / "a").mkdir()
    write_codes(tmp_path, "a", 0, make_codes()[0])
    damage(tmp_path / "a" / "aac_0000.npy")
    with pytest.raises(DataError, match=cause) as caught:
        read_codes(tmp_path, "a", 0)
    assert "aac_0000.npy" in str(caught.value)


def test_a_manifest_comes_back_as_it_was(tmp_path):
    assert read_manifest(tmp_path) is None
    patients = {"Ägir 1": EmbeddedPatient(155, "abc"), "b": EmbeddedPatient(3, "d")}
    manifest = CodeManifest("f" * 64, SIZES, "bfloat16", patients)
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest


@pytest.mark.parametrize("text", ["", "{", '{"format": 1}', '{"format": 2}', "[]"])
def test_a_damaged_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(DataError, match="manifest"):
        read_manifest(tmp_path)


def test_two_programs_do_not_write_to_one_folder(tmp_path):
    model = CodeManifest("f", SIZES)
    with (
        CodeFolder.open(tmp_path / "codes", model),
        pytest.raises(ServiceError, match="Another program"),
        CodeFolder.open(tmp_path / "codes", model),
    ):
        pass
    with CodeFolder.open(tmp_path / "codes", model):
        pass


def test_a_file_of_the_wrong_length_does_not_count_as_there(tmp_path):
    slices = EmbeddedPatient(3, "s")
    with CodeFolder.open(tmp_path, CodeManifest("f", SIZES)) as folder:
        folder.store("a", slices, make_codes())
        assert folder.holds("a", slices)
        assert not folder.holds("a", EmbeddedPatient(3, "changed"))
        (tmp_path / "a" / "eac_0002.npy").write_bytes(b"")  # as after a power cut
        assert not folder.holds("a", slices)
