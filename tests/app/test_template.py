"""The template patient: right proportions, right sides, and which slices may be sketched on."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from template_samples import LESION_SLICES, MODALITIES, SHAPE

from App.model.patient_volumes import display_window, picture_letters
from App.model.template import load_template
from sbmir.errors import Cancelled, DataError, NotFoundError
from sbmir.volumes import write_nifti


def load(volumes_dir, slices_dir, patient="P1", **changed):
    task = {"progress": lambda *_: None, "should_stop": lambda: False} | changed
    return load_template(volumes_dir, slices_dir, patient, MODALITIES, **task)


@pytest.fixture
def own_dirs(template_dirs, tmp_path):
    """A copy of the template patient that a test may damage."""
    for folder in template_dirs:
        shutil.copytree(folder, tmp_path / folder.name)
    return tmp_path / "volumes", tmp_path / "slices"


def test_pictures_have_the_resolution_and_extent_of_the_volume(template):
    assert template.picture("T1", 4).shape == (48, 40)
    assert template.extent_mm == pytest.approx((48 * 1.0, 40 * 1.5))
    assert template.n_slices == SHAPE[2]
    assert template.modalities == ("T1", "FLAIR")


def test_the_bright_block_of_the_patients_right_front_is_seen_at_the_upper_right(template):
    # x = 8…13 of an affine with falling x is the patient's right; y = 8…13 is anterior.
    rows, columns = np.nonzero(template.picture("FLAIR", 4) > 800)
    assert (rows.min(), rows.max()) == (8, 13)
    assert (columns.min(), columns.max()) == (40 - 14, 40 - 9)
    letters = template.letters
    assert (letters.left, letters.right, letters.top, letters.bottom) == ("L", "R", "A", "P")


def test_it_is_shown_where_the_head_is(template):
    # x = 8…31 of 40 voxels of 1.5 mm, seen from the other side; y = 8…39 of 1 mm.
    frame = template.frame
    assert (frame.left, frame.right) == ((40 - 32) * 1.5 - 8, (40 - 8) * 1.5 + 8)
    assert (frame.top, frame.bottom) == (0.0, 48.0)
    assert (frame.width, frame.height) == (52.0, 48.0)


@pytest.mark.parametrize(
    ("diagonal", "sides"),
    [((-1, -1, 1), "LRAP"), ((1, -1, 1), "RLAP"), ((-1, 1, 1), "LRPA"), ((2, 3, 1), "RLPA")],
)
def test_letters_come_from_the_affine(diagonal, sides):
    letters = picture_letters(np.diag([*diagonal, 1.0]))
    assert letters.left + letters.right + letters.top + letters.bottom == sides


def test_letters_of_a_tilted_volume_are_those_of_the_nearest_axes():
    angle = np.deg2rad(20)
    tilt = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]])
    affine = np.eye(4)
    affine[:2, :3] = -tilt
    assert picture_letters(affine).left == "L"


def test_it_begins_at_the_lesion_free_slice_nearest_the_middle(template):
    assert [i for i in range(SHAPE[2]) if template.is_abnormal(i)] == list(LESION_SLICES)
    assert template.first_slice == 4


def test_a_volume_stored_the_other_way_round_gives_the_same_picture(template, own_dirs):
    volumes_dir, _ = own_dirs
    for modality in MODALITIES:
        # The same voxels, stored from the patient's left and front to right and back.
        flipped = template.volumes[modality.name].array[::-1, ::-1].astype(np.int16)
        affine = template.volumes[modality.name].affine @ np.diag([-1, -1, 1, 1])
        affine[:2, 3] = template.volumes[modality.name].affine[:2, :2] @ [
            SHAPE[0] - 1,
            SHAPE[1] - 1,
        ]
        path = volumes_dir / "P1" / f"P1_{modality.pattern}.nii.gz"
        write_nifti(path, np.ascontiguousarray(flipped), affine)
    turned = load(*own_dirs)
    assert turned.letters == template.letters
    np.testing.assert_array_equal(turned.picture("T1", 4), template.picture("T1", 4))


def test_the_window_ignores_background_and_a_few_extreme_voxels():
    voxels = np.zeros((20, 20, 20), np.float32)
    voxels[:10] = np.linspace(100, 200, 4000).reshape(10, 20, 20)
    voxels[0, 0, 0] = 100_000
    low, high = display_window(voxels)
    assert 100 <= low < 105
    assert 195 < high <= 200


@pytest.mark.parametrize("value", [0, 7])
def test_an_image_without_contrast_can_still_be_shown(value):
    low, high = display_window(np.full((4, 4, 4), value, np.float32))
    assert low < high


def test_progress_counts_the_volumes(template_dirs):
    told = []
    load(*template_dirs, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 2), (1, 2), (2, 2)]


def test_it_can_be_stopped(template_dirs):
    with pytest.raises(Cancelled):
        load(*template_dirs, should_stop=lambda: True)


def test_an_absent_patient_is_named(own_dirs):
    volumes_dir, slices_dir = own_dirs
    shutil.rmtree(volumes_dir / "P1")
    with pytest.raises(NotFoundError, match="P1 is not in"):
        load(volumes_dir, slices_dir)


def test_an_absent_folder_of_volumes_is_named(own_dirs):
    volumes_dir, slices_dir = own_dirs
    with pytest.raises(NotFoundError, match="nowhere cannot be listed"):
        load(volumes_dir / "nowhere", slices_dir)


def test_an_absent_volume_is_named(own_dirs):
    volumes_dir, slices_dir = own_dirs
    (volumes_dir / "P1" / "P1_flair.nii.gz").unlink()
    with pytest.raises(NotFoundError, match="has no FLAIR volume"):
        load(volumes_dir, slices_dir)


def test_volumes_of_different_grids_are_refused(own_dirs, template):
    volumes_dir, slices_dir = own_dirs
    smaller = np.ones((*SHAPE[:2], SHAPE[2] - 1), np.int16)
    write_nifti(volumes_dir / "P1" / "P1_flair.nii.gz", smaller, template.volumes["T1"].affine)
    with pytest.raises(DataError, match="T1 and FLAIR of P1 do not lie on one grid"):
        load(volumes_dir, slices_dir)


def test_slices_of_another_volume_are_refused(own_dirs):
    volumes_dir, slices_dir = own_dirs
    (slices_dir / "P1" / f"P1_seg_{SHAPE[2] - 1:04d}.npy").unlink()
    with pytest.raises(DataError, match="12 slices, its preprocessed slices 11"):
        load(volumes_dir, slices_dir)
