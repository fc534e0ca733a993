"""A sketch in a file lies as the user drew it, or is refused in words."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sbmir.errors import DataError, NotFoundError
from sbmir.sketch_file import read_sketch
from sbmir.volumes import write_nifti

SIZE = 16
BRATS_AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])
RAS_AFFINE = np.eye(4)


@pytest.fixture
def sketch() -> np.ndarray:
    """Oedema at the picture's left, which is the patient's left; a core at the top."""
    classes = np.zeros((SIZE, SIZE), np.uint8)
    classes[6:10, 1:5] = 2
    classes[0:2, 8] = 1
    return classes


def test_arrays_and_pictures_lie_as_slices_do(tmp_path: Path, sketch: np.ndarray) -> None:
    np.save(tmp_path / "sketch.npy", sketch)
    Image.fromarray(sketch).save(tmp_path / "sketch.png")
    for name in ("sketch.npy", "sketch.png"):
        np.testing.assert_array_equal(read_sketch(tmp_path / name, SIZE), sketch)


def test_a_palette_is_read_by_its_indices(tmp_path: Path, sketch: np.ndarray) -> None:
    picture = Image.fromarray(sketch).convert("P")
    picture.putpalette([0, 0, 0, 37, 195, 216, 242, 208, 36, 165, 96, 44])
    picture.putdata(sketch.ravel().tolist())
    picture.save(tmp_path / "sketch.png")
    np.testing.assert_array_equal(read_sketch(tmp_path / "sketch.png", SIZE), sketch)


@pytest.mark.parametrize("trailing_axis", [False, True])
def test_a_nifti_sketch_is_turned_by_its_affine(
    tmp_path: Path, sketch: np.ndarray, trailing_axis: bool
) -> None:
    # In the volume's grid x runs to the patient's left, in the picture to the right.
    lps = sketch.T[::-1]
    ras = lps[::-1, ::-1]
    for name, plane, affine in (("lps", lps, BRATS_AFFINE), ("ras", ras, RAS_AFFINE)):
        path = tmp_path / f"{name}.nii.gz"
        stored = np.ascontiguousarray(plane[..., None] if trailing_axis else plane)
        write_nifti(path, stored, affine)
        np.testing.assert_array_equal(read_sketch(path, SIZE), sketch)


def test_a_nifti_sketch_is_resampled_without_new_classes(
    tmp_path: Path, sketch: np.ndarray
) -> None:
    fine = np.kron(sketch, np.ones((3, 3), np.uint8))
    write_nifti(tmp_path / "fine.nii.gz", np.ascontiguousarray(fine.T[::-1]), BRATS_AFFINE)
    np.testing.assert_array_equal(read_sketch(tmp_path / "fine.nii.gz", SIZE), sketch)


@pytest.mark.parametrize(
    ("name", "array", "says"),
    [
        ("wrong_size.npy", np.zeros((SIZE, SIZE + 1), np.uint8), "16x17"),
        ("volume.npy", np.zeros((SIZE, SIZE, 3), np.uint8), "16x16x3"),
        ("label_4.npy", np.full((SIZE, SIZE), 4), "class ids"),
        ("fractions.npy", np.full((SIZE, SIZE), 0.5), "class ids"),
        ("nan.npy", np.full((SIZE, SIZE), np.nan), "class ids"),
        ("words.npy", np.full((SIZE, SIZE), "a"), "class ids"),
    ],
)
def test_what_is_no_sketch_is_refused(
    tmp_path: Path, name: str, array: np.ndarray, says: str
) -> None:
    np.save(tmp_path / name, array)
    with pytest.raises(DataError, match=says) as refusal:
        read_sketch(tmp_path / name, SIZE)
    assert name in str(refusal.value)


@pytest.mark.parametrize("name", ["a.npy", "a.png", "a.nii.gz", "a.txt"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not a sketch at all")
    with pytest.raises(DataError, match=name):
        read_sketch(tmp_path / name, SIZE)


def test_a_pickle_in_an_array_file_is_not_run(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read"):
        read_sketch(tmp_path / "objects.npy", SIZE)


def test_a_sketch_of_several_slices_is_refused(tmp_path: Path) -> None:
    write_nifti(tmp_path / "volume.nii.gz", np.zeros((SIZE, SIZE, 4), np.uint8), BRATS_AFFINE)
    with pytest.raises(DataError, match="2-D"):
        read_sketch(tmp_path / "volume.nii.gz", SIZE)


def test_an_absent_sketch_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"absent\.npy"):
        read_sketch(tmp_path / "absent.npy", SIZE)
