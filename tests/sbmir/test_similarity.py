"""Why a result matches: overlap, size and place of its lesion beside the sketched one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sbmir.errors import DataError
from sbmir.labels import TissueClass
from sbmir.similarity import compare_lesions

MM = (1.0, 1.0)
LABEL_MAPS = hnp.arrays(np.uint8, (12, 10), elements=st.integers(0, 3))


def square(row: int, column: int, edge: int, tissue: TissueClass = TissueClass.ED):
    labels = np.zeros((40, 40), np.uint8)
    labels[row : row + edge, column : column + edge] = tissue
    return labels


def test_the_same_lesion_matches_in_everything():
    labels = square(10, 10, 8)
    labels[12:14, 12:14] = TissueClass.ET
    found = compare_lesions(labels, labels, MM)
    assert found.dice == {TissueClass.ED: 1.0, TissueClass.ET: 1.0, TissueClass.NET: None}
    assert (found.lesion_dice, found.size_ratio, found.centroid_shift_mm) == (1.0, 1.0, 0.0)


def test_half_of_it_to_the_side_is_counted_by_hand():
    # 8 x 8 pixels, moved by 4: half of each lies on the other.
    found = compare_lesions(square(10, 10, 8), square(10, 14, 8), (2.0, 1.5))
    assert found.dice[TissueClass.ED] == found.lesion_dice == 0.5
    assert found.size_ratio == 1.0
    assert found.centroid_shift_mm == pytest.approx(4 * 1.5)


def test_tissues_count_on_their_own_and_the_lesion_as_a_whole():
    found = compare_lesions(
        square(10, 10, 8, TissueClass.ED), square(10, 10, 8, TissueClass.ET), MM
    )
    assert found.dice == {TissueClass.ED: 0.0, TissueClass.ET: 0.0, TissueClass.NET: None}
    assert found.lesion_dice == 1.0


def test_a_larger_lesion_is_told_by_its_true_area():
    found = compare_lesions(square(16, 16, 8), square(18, 18, 4), (1.0, 1.0), (2.0, 2.0))
    # A quarter of the pixels, each of four times the area, around the same middle.
    assert found.size_ratio == 1.0
    assert found.centroid_shift_mm == pytest.approx(0)


def test_the_shift_is_that_of_true_places():
    # Both 8 mm left of the middle of their own slice, in pixels of 1 and of 2 mm.
    found = compare_lesions(square(16, 8, 8), square(18, 14, 4), (1.0, 1.0), (2.0, 2.0))
    assert found.centroid_shift_mm == pytest.approx(0)


def test_an_empty_sketch_has_no_size_to_compare():
    nothing = np.zeros((40, 40), np.uint8)
    found = compare_lesions(nothing, square(0, 0, 3), MM)
    assert (found.lesion_dice, found.size_ratio, found.centroid_shift_mm) == (0.0, None, None)
    both = compare_lesions(nothing, nothing, MM)
    assert (both.lesion_dice, both.size_ratio, both.centroid_shift_mm) == (None, None, None)
    missed = compare_lesions(square(0, 0, 3), nothing, MM)
    assert (missed.size_ratio, missed.centroid_shift_mm) == (0.0, None)


def test_slices_of_different_sizes_are_refused():
    with pytest.raises(DataError, match=r"\(40, 40\)"):
        compare_lesions(square(0, 0, 3), np.zeros((20, 20), np.uint8), MM)


@given(one=LABEL_MAPS, other=LABEL_MAPS)
def test_sides_can_be_changed_and_flipped(one, other):
    found, back = compare_lesions(one, other, MM), compare_lesions(other, one, MM)
    flipped = compare_lesions(one[:, ::-1], other[:, ::-1], MM)
    assert found.dice == back.dice == flipped.dice
    assert found.lesion_dice == back.lesion_dice
    if found.centroid_shift_mm is not None:
        assert found.centroid_shift_mm == pytest.approx(back.centroid_shift_mm)
        assert found.centroid_shift_mm == pytest.approx(flipped.centroid_shift_mm)
        assert found.size_ratio * back.size_ratio == pytest.approx(1)
