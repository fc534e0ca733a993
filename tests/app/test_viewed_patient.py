"""A patient in the viewer: images as they are asked for, and the label map where it fits."""

from __future__ import annotations

import numpy as np
import pytest
from viewer_world import AFFINE, LESION_SLICES, SHAPE, choice_of, volume_path, write_patients

from App.model.viewed_patient import load_viewed
from sbmir.errors import Cancelled, DataError, NotFoundError
from sbmir.labels import TissueClass
from sbmir.volumes import write_nifti


@pytest.fixture
def volumes_dir(tmp_path):
    write_patients(tmp_path)
    return tmp_path


def load(volumes_dir, modality="T1", known=None, patient="P1", check=lambda: None):
    wanted = {m.name: m for m in choice_of(volumes_dir).dataset.modalities}[modality]
    return load_viewed(volumes_dir, patient, wanted, known, check)


def test_the_label_map_lies_where_the_image_shows_the_lesion(volumes_dir):
    viewed = load(volumes_dir)
    assert viewed.lesion_slices == LESION_SLICES
    labels = viewed.label_picture(LESION_SLICES[0])
    assert labels.shape == viewed.picture("T1", 5).shape
    rows, columns = np.nonzero(labels)
    # x = 10…17 is seen from the other side; y = 12…23 from the front.
    assert (rows.min(), rows.max()) == (12, 23)
    assert (columns.min(), columns.max()) == (SHAPE[0] - 18, SHAPE[0] - 11)
    assert set(np.unique(labels)) == {0, TissueClass.ED, TissueClass.ET}


def test_another_image_is_added_to_those_that_are_there(volumes_dir):
    first = load(volumes_dir)
    both = load(volumes_dir, "FLAIR", first)
    assert both.modalities == ("T1", "FLAIR")
    assert both.labels is first.labels
    assert both.picture("FLAIR", 5).max() > first.picture("T1", 5).max()


def test_without_a_label_map_the_images_are_shown_and_it_is_said(volumes_dir):
    volume_path(volumes_dir, "P1", "seg").unlink()
    viewed = load(volumes_dir)
    assert viewed.label_picture(5) is None
    assert viewed.lesion_slices == ()
    assert viewed.labels_problem == "The patient P1 has no label map."


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        (np.zeros((8, 8, 8), np.uint8), "does not lie on the grid"),
        (np.full(SHAPE, 9, np.uint8), "unknown labels"),
    ],
)
def test_a_label_map_that_does_not_fit_is_left_out_and_it_is_said(volumes_dir, labels, why):
    write_nifti(volume_path(volumes_dir, "P1", "seg"), labels, AFFINE)
    viewed = load(volumes_dir)
    assert viewed.labels is None
    assert why in viewed.labels_problem


def test_an_image_on_another_grid_is_refused(volumes_dir):
    flair = volume_path(volumes_dir, "P1", "flair")
    write_nifti(flair, np.ones((8, 8, 8), np.int16), AFFINE)
    with pytest.raises(DataError, match="T1 and FLAIR of P1 do not lie on one grid"):
        load(volumes_dir, "FLAIR", load(volumes_dir))


def test_a_damaged_image_is_named(volumes_dir):
    path = volume_path(volumes_dir, "P1", "t1")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"P1_t1\.nii\.gz"):
        load(volumes_dir)


def test_a_patient_without_volumes_is_named_with_what_to_do(volumes_dir):
    with pytest.raises(NotFoundError, match="The patient P9 is not in") as caught:
        load(volumes_dir, patient="P9")
    assert caught.value.remedy


def test_it_can_be_stopped(volumes_dir):
    def check():
        raise Cancelled

    with pytest.raises(Cancelled):
        load(volumes_dir, check=check)
