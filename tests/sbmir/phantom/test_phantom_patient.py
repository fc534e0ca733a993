"""Whole synthetic patients: what a model, a loader and an eye expect of them."""

import numpy as np
import pytest

from sbmir.labels import tissue_classes
from sbmir.phantom.dataset import PhantomPatient, make_patient

pytestmark = pytest.mark.slow

SEQUENCES = {"t1", "t1ce", "t2", "flair"}


def healthy_median(patient: PhantomPatient, sequence: str) -> float:
    image = patient.images[sequence]
    return float(np.median(image[(image > 0) & (patient.labels == 0)]))


def test_the_same_seed_and_number_give_the_same_voxels(patients: list[PhantomPatient]):
    again = make_patient(11, 2)
    np.testing.assert_array_equal(again.labels, patients[1].labels)
    for sequence in SEQUENCES:
        np.testing.assert_array_equal(again.images[sequence], patients[1].images[sequence])


def test_another_seed_or_number_gives_another_patient(patients: list[PhantomPatient]):
    other_seed = make_patient(12, 1)
    for other in (other_seed, patients[1]):
        assert (other.images["t1"] > 0).sum() != (patients[0].images["t1"] > 0).sum()
        assert not np.array_equal(other.labels, patients[0].labels)


def test_volumes_are_as_brats_stores_them(patients: list[PhantomPatient]):
    for patient in patients:
        assert set(patient.images) == SEQUENCES
        for volume in patient.images.values():
            assert volume.shape == (240, 240, 155)
            assert volume.dtype == np.int16
            assert 200 <= volume.max() <= 32767
        assert patient.labels.shape == (240, 240, 155)
        assert set(np.unique(patient.labels)) <= {0, 1, 2, 4}
        tissue_classes(patient.labels)


def test_background_is_zero_in_all_sequences_and_the_brain_has_no_holes(
    patients: list[PhantomPatient],
):
    for patient in patients:
        brain = patient.images["t1"] > 0
        assert patient.images["t1"].min() == 0
        for volume in patient.images.values():
            np.testing.assert_array_equal(volume > 0, brain)
        assert not brain[:40].any()
        assert not brain[:, :, 150:].any()
        assert brain[70:168, 80:180, 60:100].mean() > 0.97


def test_the_brain_lies_where_brats_has_it(patients: list[PhantomPatient]):
    # Limits around what thirteen real patients of BraTS show.
    for patient in patients:
        x, y, z = np.nonzero(patient.images["t1"] > 0)
        assert 1.0e6 < len(x) < 2.0e6
        assert abs(x.mean() - 118) < 8
        assert abs(y.mean() - 134) < 12
        assert abs(z.mean() - 74) < 14


def test_the_lesion_lies_in_the_brain(patients: list[PhantomPatient]):
    for patient in patients:
        assert patient.labels.any()
        assert (patient.images["t1"][patient.labels > 0] > 0).all()


def test_ventricles_are_dark_on_t1_and_flair_and_bright_on_t2(patients: list[PhantomPatient]):
    for patient in patients:
        # The brightest of T2 deep inside a healthy brain is fluid.
        deep = np.zeros(patient.labels.shape, bool)
        deep[95:142, 90:160, 60:95] = True
        deep &= patient.labels == 0
        t2 = patient.images["t2"]
        fluid = deep & (t2 > np.percentile(t2[deep], 98))
        assert np.median(t2[fluid]) > 1.4 * healthy_median(patient, "t2")
        for sequence in ("t1", "flair"):
            inside = np.median(patient.images[sequence][fluid])
            assert inside < 0.8 * healthy_median(patient, sequence)


def test_oedema_is_bright_on_flair_and_t2_and_enhancement_on_t1ce(
    patients: list[PhantomPatient],
):
    for patient in patients:
        for label, sequences in ((2, ("flair", "t2")), (4, ("t1ce",))):
            where = patient.labels == label
            if where.sum() < 300:
                continue
            for sequence in sequences:
                shown = np.median(patient.images[sequence][where])
                assert shown > 1.05 * healthy_median(patient, sequence)


def test_sequences_do_not_share_their_intensity_scale():
    peaks = [int(v.max()) for n in (4, 5) for v in make_patient(11, n).images.values()]
    assert max(peaks) > 2 * min(peaks)
