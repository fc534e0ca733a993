"""A hand draws filled outlines, one within the other, a little off their place."""

import numpy as np
import pytest
from evaluation_world import square
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sbmir.hand import Hand, drawn
from sbmir.labels import TissueClass

SIZE = 128
STILL = Hand(smoothing_px=2.5, shift_px=0, scale=0, turn_deg=0)


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
    assert not drawn(np.zeros((16, 16), np.uint8), Hand(), np.random.default_rng(0)).any()


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


def disc(radius: float, row: float = 64, column: float = 64) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return np.hypot(rows - row, columns - column) <= radius


def test_edges_become_smooth() -> None:
    rugged = disc(24) & (np.random.default_rng(1).random((SIZE, SIZE)) < 0.7)

    def edge_length(mask: np.ndarray) -> int:
        return (mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum()

    sketch = drawn(np.uint8(2) * rugged, STILL, np.random.default_rng(0)) == 2
    assert edge_length(sketch) < 1.3 * edge_length(disc(24)) < 0.5 * edge_length(rugged)


def test_without_smoothing_and_movement_only_holes_change() -> None:
    labels = np.zeros((SIZE, SIZE), np.uint8)
    labels[disc(24)], labels[disc(14)], labels[disc(9)] = 2, 3, 1
    still = Hand(smoothing_px=0, shift_px=0, scale=0, turn_deg=0)
    np.testing.assert_array_equal(drawn(labels, still, np.random.default_rng(0)), labels)

    holey = labels.copy()
    holey[64, 64 + 19] = 0
    np.testing.assert_array_equal(drawn(holey, still, np.random.default_rng(0)), labels)


def test_shift_scale_and_turn_stay_within_their_limits_about_the_lesion() -> None:
    labels = np.uint8(2) * disc(15, row=40, column=80)
    sketches = [drawn(labels, Hand(), np.random.default_rng(seed)) > 0 for seed in range(200)]
    offsets = np.array([centroid(sketch) for sketch in sketches]) - (40, 80)
    edges = np.sqrt([sketch.sum() / labels.astype(bool).sum() for sketch in sketches])
    assert 2.7 < np.linalg.norm(offsets, axis=1).max() <= 3.1
    assert np.abs(offsets.mean(axis=0)).max() < 0.4
    assert 0.88 < edges.min() < 0.93
    assert 1.07 < edges.max() < 1.12

    bar = np.zeros((SIZE, SIZE), np.uint8)
    bar[60:68, 26:102] = 1
    turns_deg = []
    for seed in range(100):
        rows, columns = np.nonzero(drawn(bar, Hand(), np.random.default_rng(seed)))
        turns_deg.append(np.rad2deg(np.arctan(np.polyfit(columns, rows, 1)[0])))
    assert 6.5 < np.abs(turns_deg).max() < 8.6


def drawn_on_the_whole_slice(labels: np.ndarray, hand: Hand, random: np.random.Generator):
    """The same, step by step as told, without a thought of time."""
    unit = labels.shape[0] / SIZE
    turn = np.deg2rad(random.uniform(-hand.turn_deg, hand.turn_deg))
    scale = random.uniform(1 - hand.scale, 1 + hand.scale)
    length = hand.shift_px * unit * np.sqrt(random.uniform())
    direction = random.uniform(0, 2 * np.pi)
    shift = length * np.array([np.sin(direction), np.cos(direction)])
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / scale
    centre = centroid(labels > 0)
    offset = centre - matrix @ (centre + shift)

    necrosis = ndimage.binary_fill_holes(labels == 1)
    core = ndimage.binary_fill_holes((labels == 3) | necrosis)
    whole = ndimage.binary_fill_holes((labels > 0) | core)
    sketch, outer = np.zeros_like(labels), np.ones(labels.shape, bool)
    for tissue, region in ((2, whole), (3, core if (labels == 3).any() else None), (1, necrosis)):
        if region is None or not region.any():
            continue
        rounded = ndimage.gaussian_filter(region.astype(np.float64), hand.smoothing_px * unit)
        placed = ndimage.affine_transform(rounded, matrix, offset, order=1)
        count = max(round(region.sum() * scale * scale), 1)
        outer = outer & (placed > 0) & (placed >= np.partition(placed, -count, axis=None)[-count])
        sketch[outer] = tissue
    return sketch


@settings(max_examples=40, deadline=None)
@given(
    lesions(),
    st.integers(-64, 64),
    st.integers(-64, 64),
    st.sampled_from([64, 128, 256]),
    st.sampled_from(
        [
            Hand(),
            Hand(smoothing_px=0),
            Hand(smoothing_px=12, shift_px=90, scale=0.9, turn_deg=180),
        ]
    ),
    st.integers(0, 1000),
)
def test_work_near_the_lesion_gives_what_work_on_the_whole_slice_gives(
    labels, down, across, size, hand, seed
) -> None:
    """Wherever it lies, at the edges too, and wherever it is drawn."""
    labels = np.roll(labels, (down, across), (0, 1))
    labels = labels[::2, ::2].copy() if size < SIZE else labels.repeat(size // SIZE, 0)
    labels = labels.repeat(max(size // SIZE, 1), 1)
    if not labels.any():
        return
    np.testing.assert_array_equal(
        drawn(labels, hand, np.random.default_rng(seed)),
        drawn_on_the_whole_slice(labels, hand, np.random.default_rng(seed)),
    )
