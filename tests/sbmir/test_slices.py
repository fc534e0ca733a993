from pathlib import Path

import numpy as np
import pytest

from sbmir.errors import DataError, NotFoundError
from sbmir.files import save_array
from sbmir.layout import slice_path
from sbmir.slices import (
    axial_picture,
    axial_pictures,
    load_slice,
    load_stack,
    normalise,
    resize_image,
    resize_labels,
)


def test_the_brain_gets_mean_0_and_deviation_1_and_the_background_follows():
    image = np.zeros((4, 5, 6), np.float32)
    brain = np.random.default_rng(0).uniform(100, 900, (2, 3, 6))
    image[1:3, 1:4] = brain
    normalised = normalise(image)
    assert normalised.dtype == np.float32
    assert normalised[1:3, 1:4].mean() == pytest.approx(0, abs=1e-5)
    assert normalised[1:3, 1:4].std() == pytest.approx(1, abs=1e-5)
    assert normalised[0, 0, 0] == pytest.approx(-brain.mean() / brain.std(), rel=1e-5)


def test_normalising_does_not_depend_on_the_order_in_memory():
    image = np.random.default_rng(0).uniform(-10, 900, (20, 30, 40)).astype(np.float32)
    np.testing.assert_allclose(normalise(image), normalise(np.asfortranarray(image)), atol=1e-6)


@pytest.mark.parametrize("value", [0, -5])
def test_an_empty_image_is_refused(value: float):
    with pytest.raises(DataError, match="empty"):
        normalise(np.full((3, 3, 3), value, np.float32))


@pytest.mark.parametrize("value", [0.1, 7, 1e30])
def test_an_image_of_one_value_is_refused(value: float):
    image = np.zeros((30, 30, 30), np.float32)
    image[5:25, 5:25, 5:25] = value
    with pytest.raises(DataError, match="zero variance"):
        normalise(image)


def test_rows_run_from_front_to_back_and_columns_from_left_to_right():
    # Axes of a volume point to the patient's left, back and top.
    volume = np.zeros((3, 4, 2))
    volume[2, 0, 1] = 1  # far left, far front
    volume[0, 3, 1] = 2  # far right, far back
    picture = axial_picture(volume, 1)
    assert picture.shape == (4, 3)
    assert picture[0, 0] == 1
    assert picture[3, 2] == 2
    assert len(list(axial_pictures(volume))) == 2


def test_labels_keep_their_classes_and_images_are_blended_when_resized():
    labels = np.zeros((6, 8), np.uint8)
    labels[2:5, 2:6] = 3
    resized = resize_labels(labels, 16)
    assert resized.shape == (16, 16)
    assert resized.dtype == np.uint8
    assert set(np.unique(resized)) == {0, 3}
    image = resize_image(labels.astype(np.float32), 16)
    assert image.shape == (16, 16)
    assert image.dtype == np.float32
    assert len(np.unique(image)) > 2


@pytest.fixture
def slices_dir(tmp_path: Path) -> Path:
    (tmp_path / "P").mkdir()
    for channel, pattern in enumerate(("t1", "t1ce", "flair")):
        picture = np.full((4, 4), channel, np.float32)
        save_array(slice_path(tmp_path, "P", pattern, 7), picture)
    save_array(slice_path(tmp_path, "P", "seg", 7), np.zeros((4, 4), np.uint8))
    return tmp_path


def test_a_stack_holds_the_channels_in_the_order_of_the_networks(slices_dir: Path):
    stack = load_stack(slices_dir, "P", 7)
    assert stack.shape == (3, 4, 4)
    assert stack.dtype == np.float32
    assert stack[:, 0, 0].tolist() == [0, 1, 2]
    assert load_stack(slices_dir, "P", 7, ("flair", "t1"))[:, 0, 0].tolist() == [2, 0]


def test_a_slice_that_was_not_made_is_named_with_what_makes_it(slices_dir: Path):
    with pytest.raises(NotFoundError, match=r"P_t1_0008\.npy") as caught:
        load_stack(slices_dir, "P", 8)
    assert "preprocess.py" in caught.value.remedy


@pytest.mark.parametrize(
    "content",
    [b"", b"\x93NUMPY", b"PK\x03\x04", b"\x80\x04N.", b"some text"],
    ids=["empty", "header only", "zip", "pickle", "text"],
)
def test_a_damaged_slice_is_refused_and_no_pickle_is_run(slices_dir: Path, content: bytes):
    slice_path(slices_dir, "P", "t1", 7).write_bytes(content)
    with pytest.raises(DataError, match=r"P_t1_0007\.npy cannot be read"):
        load_slice(slices_dir, "P", "t1", 7)


@pytest.mark.parametrize(
    "array",
    [np.zeros(4, np.float32), np.zeros((4, 4)), np.zeros((4, 4), np.uint8)],
    ids=["one axis", "float64", "labels"],
)
def test_what_is_no_image_slice_is_refused(slices_dir: Path, array: np.ndarray):
    save_array(slice_path(slices_dir, "P", "t1", 7), array)
    with pytest.raises(DataError, match="does not hold a slice"):
        load_slice(slices_dir, "P", "t1", 7)


def test_channels_of_different_sizes_are_refused(slices_dir: Path):
    save_array(slice_path(slices_dir, "P", "flair", 7), np.zeros((5, 5), np.float32))
    with pytest.raises(DataError, match="differ in size"):
        load_stack(slices_dir, "P", 7)
