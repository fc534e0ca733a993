"""The simulated reader draws as a hand would, on somebody else's brain, the same each time."""

import numpy as np
import pytest
from evaluation_world import catalogue_of, key, square
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sbmir.errors import DataError
from sbmir.evaluation.reader import (
    Hand,
    SimulatedReader,
    drawn,
    nearest_normal,
    random_of,
)
from sbmir.labels import TissueClass

SIZE = 128
STILL = Hand(smoothing_px=2.5, shift_px=0, scale=0, turn_deg=0)
NOTHING = np.zeros((16, 16), np.uint8)
LESION = square(4, 4, 6)


@st.composite
def lesions(draw) -> np.ndarray:
    """Merged discs of all tissues, some of them ragged, well inside a slice of 128 pixels."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    labels = np.zeros((SIZE, SIZE), np.uint8)
    centre = random.uniform(45, 83, 2)
    for tissue in draw(st.permutations([2, 3, 1])):
        for _ in range(draw(st.integers(0, 3))):
            row, column = centre + random.uniform(-12, 12, 2)
            disc = (rows - row) ** 2 + (columns - column) ** 2 < random.uniform(1, 14) ** 2
            labels[disc & (random.random(labels.shape) < random.uniform(0.6, 1))] = tissue
    if not labels.any():
        labels[60:64, 60:64] = 2
    return labels


def centroid(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask).mean(axis=0)


@settings(max_examples=60, deadline=None)
@given(lesions(), st.integers(0, 1000))
def test_a_sketch_is_a_lesion_of_about_its_size_and_place(labels, seed) -> None:
    sketch = drawn(labels, Hand(), np.random.default_rng(seed))

    assert sketch.dtype == np.uint8
    assert set(np.unique(sketch)) <= set(np.unique(labels)) | {0, TissueClass.ED}
    whole = ndimage.binary_fill_holes(labels > 0)
    assert 0.8 * whole.sum() - 3 <= (sketch > 0).sum() <= 1.22 * whole.sum() + 3
    assert np.linalg.norm(centroid(sketch > 0) - centroid(whole)) < 8


@settings(max_examples=60, deadline=None)
@given(lesions(), st.integers(0, 1000))
def test_contours_lie_within_one_another(labels, seed) -> None:
    sketch = drawn(labels, Hand(), np.random.default_rng(seed))
    whole = np.where(labels > 0, TissueClass.ED, TissueClass.BACKGROUND).astype(np.uint8)
    outline = drawn(whole, Hand(), np.random.default_rng(seed))

    # What lies inside takes nothing away from the whole lesion's outline, and adds nothing.
    np.testing.assert_array_equal(sketch > 0, outline > 0)
    if not (labels == TissueClass.ET).any():
        assert not (sketch == TissueClass.ET).any()
    else:
        core = np.where(np.isin(labels, (1, 3)), labels, 0).astype(np.uint8)
        assert (sketch == TissueClass.NET).sum() <= ndimage.binary_fill_holes(
            core > 0
        ).sum() * 1.3 + 3


def test_a_ring_is_filled_with_its_necrosis() -> None:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    distance = np.hypot(rows - 64, columns - 64)
    labels = np.zeros((SIZE, SIZE), np.uint8)
    labels[distance < 30] = TissueClass.ED
    labels[distance < 20] = TissueClass.ET
    labels[distance < 12] = TissueClass.NET
    labels[63:66, 63:66] = TissueClass.BACKGROUND  # a hole, as in a segmentation by voxels

    sketch = drawn(labels, STILL, np.random.default_rng(0))

    assert sketch[64, 64] == TissueClass.NET
    assert sketch[64, 64 + 16] == TissueClass.ET
    assert sketch[64, 64 + 25] == TissueClass.ED
    assert sketch[64, 64 + 34] == TissueClass.BACKGROUND


def test_contours_are_rounded() -> None:
    labels = square(40, 40, 40, size=SIZE)

    sketch = drawn(labels, STILL, np.random.default_rng(0))

    assert sketch[60, 41] == TissueClass.ED
    assert sketch[40, 40] == TissueClass.BACKGROUND  # the corner


def test_a_lesion_of_a_pixel_is_still_drawn() -> None:
    labels = np.zeros((SIZE, SIZE), np.uint8)
    labels[50, 70] = TissueClass.NET
    assert drawn(labels, Hand(), np.random.default_rng(1)).any()


def test_nothing_is_drawn_of_nothing() -> None:
    assert not drawn(NOTHING, Hand(), np.random.default_rng(0)).any()


@pytest.mark.parametrize("size", [64, 256])
def test_a_hand_is_as_steady_on_slices_of_another_size(size: int) -> None:
    unit = size / SIZE
    labels = square(round(50 * unit), round(50 * unit), round(24 * unit), size=size)
    shifts = [
        np.linalg.norm(
            centroid(drawn(labels, Hand(), np.random.default_rng(seed)) > 0) - centroid(labels > 0)
        )
        / unit
        for seed in range(20)
    ]
    assert 1 < np.mean(shifts) < 3
    assert max(shifts) < 3.6


def reader(seed: int = 0, names=("A", "B", "C")) -> SimulatedReader:
    catalogues = {name: catalogue_of(name, [NOTHING, LESION, NOTHING, NOTHING]) for name in names}
    return SimulatedReader(seed, catalogues)


def test_the_nearest_slice_without_lesion_is_the_template() -> None:
    catalogue = catalogue_of("A", [NOTHING, NOTHING, LESION, NOTHING, LESION, LESION, LESION])
    assert [nearest_normal(catalogue, index) for index in (0, 2, 3, 4, 6)] == [0, 1, 3, 3, 3]


@given(st.integers(0, 1000), st.sampled_from(["A", "B", "C", "X", "Y", "Z"]), st.integers(0, 3))
def test_a_template_is_never_the_target(seed: int, patient: str, index: int) -> None:
    query = reader(seed).query(key(patient, index), LESION, 0)
    assert query.template.patient != patient
    assert query.template.patient in ("A", "B", "C")
    assert query.template.index in (0, 2, 3)


def test_a_target_that_is_a_template_patient_gets_the_next_one_named() -> None:
    found = [reader().query(key(name, 1), LESION, 0).template.patient for name in "ABC"]
    assert found == ["B", "C", "A"]


def test_all_named_templates_are_drawn_on() -> None:
    targets = [key(f"X{number}", 1) for number in range(40)]
    assert {reader().query(t, LESION, 0).template.patient for t in targets} == {"A", "B", "C"}


def test_the_only_template_cannot_be_looked_for() -> None:
    with pytest.raises(DataError, match="no template for A"):
        reader(names=("A",)).query(key("A", 1), LESION, 0)


def test_a_query_is_the_same_whoever_else_is_asked_for() -> None:
    labels = square(40, 40, 30, size=SIZE)
    alone = reader().query(key("X", 1), labels, 0)
    one = reader()
    one.query(key("Y", 1), labels, 0)
    beside = one.query(key("X", 1), labels, 0)

    np.testing.assert_array_equal(alone.sketch, beside.sketch)
    assert alone.template == beside.template


def test_seeds_and_repetitions_draw_differently() -> None:
    labels = square(40, 40, 30, size=SIZE)
    drawings = [
        reader(seed).query(key("X", 1), labels, number).sketch
        for seed, number in ((0, 0), (1, 0), (0, 1))
    ]
    assert len({drawing.tobytes() for drawing in drawings}) == 3
    assert random_of(0, key("X", 1), 0).random() != random_of(0, key("X", 2), 0).random()
