import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from patient_samples import LPS

from sbmir.catalogue import (
    Side,
    list_patients,
    make_catalogue,
    read_catalogue,
    write_catalogue,
)
from sbmir.errors import DataError, NotFoundError
from sbmir.files import save_array
from sbmir.layout import catalogue_path, slice_path
from sbmir.volumes import Geometry

SIZE = 8
GEOMETRY = Geometry((SIZE, SIZE, 5), LPS)


def blank() -> NDArray[np.uint8]:
    return np.zeros((SIZE, SIZE), np.uint8)


@pytest.fixture
def label_maps() -> list[NDArray[np.uint8]]:
    """Slices 0 and 4 are normal; 1 has 3 pixels of lesion, 2 and 3 have 6."""
    maps = [blank() for _ in range(5)]
    maps[1][2, :3] = 2
    maps[2][2:4, :3] = 1, 2, 3
    maps[3][2:4, -3:] = 3
    return maps


@pytest.fixture
def slices_dir(tmp_path: Path, label_maps: list[NDArray[np.uint8]]) -> Path:
    (tmp_path / "P").mkdir()
    for index, labels in enumerate(label_maps):
        save_array(slice_path(tmp_path, "P", "seg", index), labels)
    return tmp_path


def edit_labels(slices_dir: Path, index: int, labels: NDArray[np.uint8]) -> None:
    """Save other labels, later than anything that was written before."""
    path = slice_path(slices_dir, "P", "seg", index)
    save_array(path, labels)
    later = catalogue_path(slices_dir, "P").stat().st_mtime_ns + 1_000_000
    os.utime(path, ns=(later, later))


def test_slices_are_counted_without_any_cache(slices_dir: Path):
    catalogue = read_catalogue(slices_dir, "P")
    assert catalogue.n_slices == 5
    assert catalogue.image_size == SIZE
    assert catalogue.normal_indices == (0, 4)
    assert catalogue.abnormal_indices == (1, 2, 3)
    assert catalogue.slices[2].lesion_pixels == (2, 2, 2)
    assert catalogue.geometry is None
    assert catalogue.slices[2].side is None


def test_of_equally_large_lesions_the_higher_slice_represents_the_patient(slices_dir: Path):
    assert read_catalogue(slices_dir, "P").representative == 3


def test_a_patient_without_lesion_has_no_representative_slice():
    assert make_catalogue("P", [blank(), blank()], None).representative is None


def test_the_side_is_the_patients_and_told_from_the_affine(
    label_maps: list[NDArray[np.uint8]],
):
    sides = [facts.side for facts in make_catalogue("P", label_maps, GEOMETRY).slices]
    assert sides == [None, Side.LEFT, Side.LEFT, Side.RIGHT, None]
    flipped = Geometry(GEOMETRY.shape, np.diag([1.0, -1.0, 1.0, 1.0]))
    sides = [facts.side for facts in make_catalogue("P", label_maps, flipped).slices]
    assert sides == [None, Side.RIGHT, Side.RIGHT, Side.LEFT, None]


def test_a_lesion_across_the_middle_is_on_both_sides_but_a_sliver_does_not_count():
    across, sliver = blank(), blank()
    across[:, 2:5] = 2
    sliver[:, :4] = 2
    sliver[0, 4] = 2
    sides = [facts.side for facts in make_catalogue("P", [across, sliver], GEOMETRY).slices]
    assert sides == [Side.BOTH, Side.LEFT]


def test_the_size_of_a_pixel_is_that_of_the_volumes_plane():
    # 16 columns of 0.5 mm and 32 rows of 1 mm became 8 x 8 pixels.
    geometry = Geometry((16, 32, 1), np.diag([-0.5, -1.0, 2.0, 1.0]))
    assert make_catalogue("P", [blank()], geometry).pixel_mm == (4.0, 1.0)
    assert make_catalogue("P", [blank()], None).pixel_mm is None


def test_the_cache_gives_the_same_without_reading_the_slices(
    slices_dir: Path, label_maps: list[NDArray[np.uint8]], monkeypatch: pytest.MonkeyPatch
):
    made = make_catalogue("P", label_maps, GEOMETRY)
    write_catalogue(catalogue_path(slices_dir, "P"), made)
    monkeypatch.setattr("sbmir.catalogue.load_slice", None)
    cached = read_catalogue(slices_dir, "P")
    assert cached.slices == made.slices
    assert cached.image_size == made.image_size
    assert cached.geometry is not None
    assert cached.geometry.is_same_grid(GEOMETRY)


def test_reading_leaves_a_cache_for_the_next_time(slices_dir: Path):
    read_catalogue(slices_dir, "P")
    assert json.loads(catalogue_path(slices_dir, "P").read_text())["image_size"] == SIZE


def test_changed_slices_are_counted_anew_and_the_geometry_is_kept(
    slices_dir: Path, label_maps: list[NDArray[np.uint8]]
):
    write_catalogue(catalogue_path(slices_dir, "P"), make_catalogue("P", label_maps, GEOMETRY))
    edit_labels(slices_dir, 2, blank())
    for _ in range(2):
        catalogue = read_catalogue(slices_dir, "P")
        assert catalogue.abnormal_indices == (1, 3)
        assert catalogue.geometry is not None


def test_a_cache_of_another_number_of_slices_is_not_believed(
    slices_dir: Path, label_maps: list[NDArray[np.uint8]]
):
    write_catalogue(catalogue_path(slices_dir, "P"), make_catalogue("P", label_maps[:3], GEOMETRY))
    catalogue = read_catalogue(slices_dir, "P")
    assert catalogue.n_slices == 5
    assert catalogue.geometry is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", '{"format": 99}', '{"format": 1, "slices": [[1]]}', "[" * 9_999]
)
def test_a_damaged_cache_is_as_good_as_none(slices_dir: Path, content: str):
    catalogue_path(slices_dir, "P").write_text(content)
    assert read_catalogue(slices_dir, "P").abnormal_indices == (1, 2, 3)


def test_a_folder_that_cannot_be_written_works(slices_dir: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path, text: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("sbmir.catalogue.write_text", refuse)
    assert read_catalogue(slices_dir, "P").n_slices == 5
    assert not catalogue_path(slices_dir, "P").exists()


def test_a_gap_in_the_slices_is_an_incomplete_patient(slices_dir: Path):
    slice_path(slices_dir, "P", "seg", 2).unlink()
    with pytest.raises(DataError, match="incomplete"):
        read_catalogue(slices_dir, "P")


def test_a_label_map_of_unknown_classes_is_refused(slices_dir: Path):
    labels = blank()
    labels[0, 0] = 4
    save_array(slice_path(slices_dir, "P", "seg", 2), labels)
    with pytest.raises(DataError, match="slice 2 of P"):
        read_catalogue(slices_dir, "P")


def test_a_patient_without_label_maps_is_told(tmp_path: Path):
    (tmp_path / "P").mkdir()
    save_array(slice_path(tmp_path, "P", "t1", 0), np.zeros((4, 4), np.float32))
    with pytest.raises(NotFoundError, match="no label maps"):
        read_catalogue(tmp_path, "P")
    with pytest.raises(NotFoundError, match="cannot be listed"):
        read_catalogue(tmp_path, "Q")


def test_patients_are_the_folders_with_slices(slices_dir: Path):
    for name in ("Ä b", "empty", ".sbmir-tmp-1"):
        (slices_dir / name).mkdir()
    save_array(slice_path(slices_dir, "Ä b", "t1", 0), np.zeros((4, 4), np.float32))
    save_array(slices_dir / ".sbmir-tmp-1" / "P_seg_0000.npy", blank())
    (slices_dir / "empty" / "notes.txt").touch()
    (slices_dir / "file").touch()
    assert list_patients(slices_dir) == ["P", "Ä b"]


def test_slices_that_were_not_made_are_named_with_what_makes_them(tmp_path: Path):
    with pytest.raises(NotFoundError, match=r"preprocess\.py"):
        list_patients(tmp_path / "none")
