"""A sketch in a file lies as the user drew it, or is refused in words."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sbmir.errors import DataError, NotFoundError
from sbmir.sketch_file import read_label_plane, read_sketch, write_label_plane
from sbmir.volumes import Geometry, write_nifti

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


def test_a_label_map_on_a_slice_lies_where_the_slice_lies(tmp_path: Path) -> None:
    labels = np.arange(20 * 16).reshape(20, 16).astype(np.uint8) % 4
    affine = np.array([[-2.0, 0, 0, 30], [0, -1.5, 0, 40], [0, 0, 3, -10], [0, 0, 0, 1]])
    path = tmp_path / "slice.nii.gz"
    write_label_plane(path, labels, Geometry((16, 20, 9), affine), 4, "drawn by hand ü")
    plane = read_label_plane(path)
    np.testing.assert_array_equal(plane.labels, labels)
    assert plane.geometry is not None
    np.testing.assert_allclose(plane.geometry.affine[:3, 3], [30, 40, -10 + 4 * 3])
    assert plane.geometry.spacing_mm == pytest.approx((2.0, 1.5, 3.0))
    assert plane.note == "drawn by hand ü"


def test_a_file_that_claims_more_than_there_is_room_for_costs_nothing(tmp_path: Path) -> None:
    header = np.lib.format.header_data_from_array_1_0(np.zeros((1, 1), np.uint8))
    with (tmp_path / "huge.npy").open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header | {"shape": (10**6, 10**6)})
    with (tmp_path / "large.png").open("wb") as stream:
        Image.new("L", (5000, 10)).save(stream, "PNG")
    write_nifti(tmp_path / "long.nii.gz", np.zeros((5000, 2, 1), np.uint8), BRATS_AFFINE)
    for name in ("huge.npy", "large.png", "long.nii.gz"):
        with pytest.raises(DataError, match=name):
            read_sketch(tmp_path / name, SIZE)


def test_a_picture_in_colours_is_refused_in_words(tmp_path: Path) -> None:
    Image.new("RGB", (SIZE, SIZE)).save(tmp_path / "colours.png")
    with pytest.raises(DataError, match="one number a pixel"):
        read_sketch(tmp_path / "colours.png", SIZE)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
def test_a_truncated_file_is_refused(tmp_path: Path, sketch: np.ndarray, share: float) -> None:
    write_nifti(tmp_path / "a.nii", np.ascontiguousarray(sketch.T[::-1]), BRATS_AFFINE)
    np.save(tmp_path / "a.npy", sketch)
    Image.fromarray(sketch).save(tmp_path / "a.png")
    for name in ("a.nii", "a.npy", "a.png"):
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[: max(int(share * len(content)), 1)])
        with pytest.raises(DataError, match=name):
            read_sketch(tmp_path / name, SIZE)
