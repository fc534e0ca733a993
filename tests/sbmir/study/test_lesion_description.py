"""Lesions in words: what is measured of label maps, and where in the brain they lie."""

import numpy as np
import pytest

from sbmir.catalogue import make_catalogue
from sbmir.files import save_array
from sbmir.layout import slice_path
from sbmir.study.description import Region, describe_lesion, longest_diameter_mm, region_at
from sbmir.volumes import Geometry

AFFINE = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Of BraTS: the patient's left is at the first columns' side, the front at the first rows'."""
N_SLICES = 155


def described(tmp_path, slice_num, *parts) -> str:
    """Describe a patient who shows boxes at one slice: class, rows and columns in mm."""
    labels = np.zeros((240, 240), np.uint8)
    for tissue, (top, bottom), (left, right) in parts:
        labels[top:bottom, left:right] = tissue
    path = slice_path(tmp_path, "P", "seg", slice_num)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_array(path, labels)
    maps = [np.zeros((240, 240), np.uint8)] * N_SLICES
    maps[slice_num] = labels
    geometry = Geometry((240, 240, N_SLICES), AFFINE)
    return describe_lesion(tmp_path, make_catalogue("P", maps, geometry))


def test_a_ring_with_oedema(tmp_path):
    told = described(
        tmp_path,
        100,
        (2, (50, 100), (60, 100)),
        (3, (60, 84), (70, 88)),
        (1, (64, 80), (74, 84)),
    )
    assert told == (
        "A ring-enhancing tumour of about 30 mm in the left frontal lobe. "
        "With its oedema, the lesion measures about 65 mm."
    )


def test_a_tumour_without_enhancement_and_oedema(tmp_path):
    told = described(tmp_path, 75, (1, (190, 204), (150, 160)))
    assert (
        told == "A non-enhancing tumour of about 15 mm in the right occipital lobe, without oedema."
    )


def test_a_solid_one_across_the_midline(tmp_path):
    told = described(tmp_path, 95, (3, (50, 60), (100, 136)))
    assert told.startswith("A solidly enhancing tumour of about 35 mm in both frontal lobes")


def test_oedema_alone(tmp_path):
    told = described(tmp_path, 50, (2, (110, 140), (60, 80)))
    assert told == "Oedema of about 35 mm in the left temporal lobe, without a visible tumour."


@pytest.mark.parametrize(
    ("point", "region"),
    [
        ((-40, 40, 20), Region.FRONTAL),
        ((5, -10, 65), Region.FRONTAL),
        ((30, 40, -15), Region.FRONTAL),
        ((45, -45, 45), Region.PARIETAL),
        ((-50, -20, -10), Region.TEMPORAL),
        ((40, 10, -30), Region.TEMPORAL),
        ((20, -90, 5), Region.OCCIPITAL),
        ((-12, -18, 8), Region.DEEP),
    ],
)
def test_regions_are_those_of_well_known_places(point, region):
    assert region_at(*point) is region


def test_a_diameter_is_the_longest_one():
    mask = np.zeros((20, 20), bool)
    mask[3:7, 3:6] = True
    assert longest_diameter_mm(mask, (1.0, 2.0)) == pytest.approx(5 + 1.5)
    assert longest_diameter_mm(np.zeros((4, 4), bool), (1.0, 1.0)) == 0
