import gzip
import resource
import struct
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patient_samples import LPS

from sbmir.errors import DataError, NotFoundError, SbmirError
from sbmir.volumes import (
    Geometry,
    load_volume,
    read_geometry,
    write_nifti,
)

SHAPE = (3, 4, 5)
VOXELS = np.arange(60, dtype=np.int16).reshape(SHAPE)

# Where the fields of a NIfTI-1 header lie.
DIM, VOX_OFFSET, SCL_SLOPE, QFORM_CODE, SROW = 40, 108, 112, 252, 280


def patched(path: Path, offset: int, layout: str, *values: float) -> Path:
    content = bytearray(gzip.decompress(path.read_bytes()))
    struct.pack_into(layout, content, offset, *values)
    path.write_bytes(gzip.compress(bytes(content)))
    return path


@pytest.fixture
def nifti(tmp_path: Path) -> Path:
    path = tmp_path / "p_t1.nii.gz"
    write_nifti(path, VOXELS, LPS)
    return path


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_what_is_written_is_read(tmp_path: Path, suffix: str):
    path = tmp_path / f"a{suffix}"
    affine = LPS @ np.diag([1, 2, 3, 1])
    write_nifti(path, VOXELS, affine)
    volume = load_volume(path)
    assert volume.array.dtype == np.float32
    np.testing.assert_array_equal(volume.array, VOXELS)
    np.testing.assert_array_equal(volume.affine, affine)
    assert volume.shape == SHAPE
    assert volume.spacing_mm == (1, 2, 3)
    assert volume.reoriented_from is None


def test_the_same_volume_gives_the_same_bytes_at_any_time_and_place(tmp_path: Path):
    for name in ("a.nii.gz", "b.nii.gz"):
        write_nifti(tmp_path / name, VOXELS, LPS)
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


@pytest.mark.parametrize("letters", ["RAS", "LAS", "SPL", "PIR", "LPS"])
def test_axes_are_brought_to_lps_and_every_voxel_stays_where_it_is(tmp_path: Path, letters: str):
    to_letters = nib.orientations.ornt_transform(
        nib.orientations.axcodes2ornt("LPS"), nib.orientations.axcodes2ornt(letters)
    )
    tilted = LPS @ np.array([[1, 0.1, 0, 5], [-0.1, 1, 0, 7], [0, 0, 2, 9], [0, 0, 0, 1]])
    path = tmp_path / "a.nii.gz"
    write_nifti(
        path,
        nib.apply_orientation(VOXELS, to_letters),
        tilted @ nib.orientations.inv_ornt_aff(to_letters, SHAPE),
    )
    volume = load_volume(path)
    np.testing.assert_array_equal(volume.array, VOXELS)
    np.testing.assert_allclose(volume.affine, tilted, atol=1e-6)
    assert volume.reoriented_from == (None if letters == "LPS" else letters)
    assert read_geometry(path).is_same_grid(volume.geometry)


def test_values_are_taken_after_the_scaling_of_the_header(nifti: Path):
    patched(nifti, SCL_SLOPE, "<2f", 0.5, 10)
    np.testing.assert_array_equal(load_volume(nifti).array, VOXELS * 0.5 + 10)


def test_nifti_2_is_read(tmp_path: Path):
    nib.Nifti2Image(VOXELS, LPS).to_filename(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(load_volume(tmp_path / "a.nii.gz").array, VOXELS)


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(NotFoundError, match=r"a\.nii\.gz is not there"):
        load_volume(tmp_path / "a.nii.gz")


@pytest.mark.parametrize("kept", [0, 5, 100, 360, -9, -1])
def test_a_truncated_file_is_refused_by_name(tmp_path: Path, kept: int):
    path = tmp_path / "a.nii.gz"
    write_nifti(path, np.random.default_rng(0).integers(0, 9999, (20, 20, 20), np.int16), LPS)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"a\.nii\.gz") as caught:
        load_volume(path)
    assert "again" in caught.value.remedy


def test_a_truncated_uncompressed_file_tells_how_much_is_missing(tmp_path: Path):
    path = tmp_path / "a.nii"
    write_nifti(path, VOXELS, LPS)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"truncated: 452 of 472 bytes"):
        load_volume(path)


def test_a_bit_flipped_in_compressed_voxels_is_noticed(tmp_path: Path):
    path = tmp_path / "a.nii.gz"
    write_nifti(path, np.random.default_rng(0).integers(0, 9999, (9, 9, 9), np.int16), LPS)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1  # in the checksum: the voxels decompress without complaint
    path.write_bytes(content)
    with pytest.raises(DataError, match="CRC"):
        load_volume(path)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5, 2), (3, 4, 5, 1)])
def test_only_three_dimensions_are_a_volume(tmp_path: Path, shape: tuple[int, ...]):
    path = tmp_path / "a.nii.gz"
    nib.Nifti1Image(np.ones(shape, np.int16), LPS).to_filename(path)
    with pytest.raises(DataError, match=r"a\.nii\.gz is not a 3-D volume"):
        load_volume(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_numbers_are_refused(tmp_path: Path, bad: float):
    voxels = VOXELS.astype(np.float32)
    voxels[1, 1, 1] = bad
    write_nifti(tmp_path / "a.nii.gz", voxels, LPS)
    with pytest.raises(DataError, match=r"a\.nii\.gz holds NaN or infinite"):
        load_volume(tmp_path / "a.nii.gz")


def test_colours_are_not_a_volume(tmp_path: Path):
    colours = np.zeros(SHAPE, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nib.Nifti1Image(colours, LPS).to_filename(tmp_path / "a.nii.gz")
    with pytest.raises(DataError, match="one number a voxel"):
        load_volume(tmp_path / "a.nii.gz")


def test_a_file_without_orientation_is_refused_because_sides_would_be_guessed(nifti: Path):
    patched(nifti, QFORM_CODE, "<2h", 0, 0)
    with pytest.raises(DataError, match="does not say how it lies"):
        load_volume(nifti)


@pytest.mark.parametrize("row", [(0, 0, 0, 0), (np.nan, 0, 0, 0)])
def test_a_damaged_affine_is_refused(nifti: Path, row: tuple[float, ...]):
    patched(nifti, SROW, "<4f", *row)
    with pytest.raises(DataError, match="does not say how it lies"):
        load_volume(nifti)


@pytest.mark.parametrize("dims", [(32767, 32767, 32767), (1000, 1000, 140), (3, 4, 0), (3, -4, 5)])
def test_an_absurd_shape_is_refused(nifti: Path, dims: tuple[int, int, int]):
    patched(nifti, DIM, "<4h", 3, *dims)
    with pytest.raises(DataError, match=r"p_t1\.nii\.gz"):
        load_volume(nifti)


def test_an_absurd_voxel_offset_is_refused(nifti: Path):
    patched(nifti, VOX_OFFSET, "<f", 1e12)
    with pytest.raises(DataError, match="damaged header"):
        load_volume(nifti)


def test_a_small_file_that_inflates_without_end_does_not_fill_the_memory(tmp_path: Path):
    path = tmp_path / "bomb.nii.gz"
    write_nifti(path, VOXELS, LPS)
    path.write_bytes(path.read_bytes() + 64 * gzip.compress(bytes(2**25)))  # 2 GiB in all
    code = (
        "import sys; from pathlib import Path; from sbmir.volumes import load_volume\n"
        "print(load_volume(Path(sys.argv[1])).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)),
    )
    assert done.stdout == "(3, 4, 5)\n"


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(st.tuples(st.integers(0, 351), st.integers(0, 255)), min_size=1, max_size=6)
)
def test_any_damage_of_a_header_ends_in_words(nifti: Path, changes: list[tuple[int, int]]):
    content = bytearray(gzip.decompress(nifti.read_bytes()))
    for offset, value in changes:
        content[offset] = value
    damaged = nifti.with_name("damaged.nii")
    damaged.write_bytes(content)
    try:
        volume = load_volume(damaged)
    except SbmirError as error:
        assert str(damaged) in str(error)
    else:
        assert np.isfinite(volume.array).all()
        assert volume.array.shape == volume.shape


def test_grids_are_compared_where_their_voxels_lie():
    grid = Geometry((240, 240, 155), LPS)
    rounded = LPS.copy()
    rounded[0, 0] += 1e-6
    turned = LPS.copy()
    turned[0, 1] = 0.001  # 0.24 mm at the far end
    assert grid.is_same_grid(Geometry((240, 240, 155), rounded))
    assert not grid.is_same_grid(Geometry((240, 240, 155), turned))
    assert not grid.is_same_grid(Geometry((240, 240, 154), LPS))
