"""Label maps as a hand would draw them."""

import pytest
import torch
from training_samples import changed, write_settings

from ModelTraining.config import HandDrawingConfig, read_training_config
from ModelTraining.data.augmentation import build_hand_drawing
from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.hand_drawing import HandDrawing
from sbmir.errors import ConfigError

SIZE = 96
STILL = {"shift_px": 0.0, "scale": 0.0, "turn_deg": 0.0}


def disc(radius, row=48, column=48):
    rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def draw(labels, seed=0, **amplitudes):
    batch = SliceBatch(torch.zeros(len(labels), 3, SIZE, SIZE), labels)
    drawing = HandDrawing(**({"smoothing_px": 2.5} | STILL | amplitudes))
    drawn = drawing(batch, torch.Generator().manual_seed(seed))
    assert drawn.labels is labels
    assert drawn.image is batch.image
    assert drawn.hand_labels.dtype == labels.dtype
    return drawn.hand_labels


def centre_and_area(mask):
    places = mask.nonzero().float()
    return places.mean(dim=0), len(places)


@pytest.fixture
def target():
    """Oedema around a ring around a necrotic core."""
    labels = torch.zeros(1, SIZE, SIZE, dtype=torch.long)
    for tissue, radius in ((2, 24), (3, 14), (1, 9)):
        labels[0][disc(radius)] = tissue
    return labels


def test_smooth_nested_structures_stay_as_they_are(target):
    drawn = draw(target)
    assert (drawn == target).float().mean() > 0.995


def test_holes_are_filled_and_specks_vanish_in_the_outline(target):
    holey = target.clone()
    holey[0][disc(3, row=48 + 19)] = 0  # a gap within the oedema
    holey[0][disc(2, row=48 + 19, column=44)] = 1  # necrosis in the midst of it
    drawn = draw(holey)[0]
    assert drawn[48 + 19, 48] == 2
    assert not (disc(24) & (drawn == 0)).float().sum() > 0.05 * disc(24).sum()


def test_edges_become_smooth():
    generator = torch.Generator().manual_seed(1)
    rugged = disc(20) & (torch.rand(SIZE, SIZE, generator=generator) < 0.7)

    def edge_length(mask):
        return (mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum()

    drawn = draw(2 * rugged[None].long())[0] == 2
    assert edge_length(drawn) < 1.3 * edge_length(disc(20)) < 0.5 * edge_length(rugged)


def test_without_smoothing_and_movement_only_holes_change(target):
    assert torch.equal(draw(target, smoothing_px=0.0), target)


def test_a_small_structure_is_still_drawn():
    labels = 3 * disc(1)[None].long()
    drawn = draw(labels)[0] == 3
    centre, area = centre_and_area(drawn)
    assert 1 <= area < 60
    assert (centre - 48).abs().max() < 1


def test_nothing_is_drawn_where_there_is_no_lesion():
    assert not draw(torch.zeros(2, SIZE, SIZE, dtype=torch.long), shift_px=3.0).any()


def test_shift_scale_and_angle_stay_within_their_limits_about_the_lesion():
    labels = 2 * disc(15, row=30, column=60)[None].long().expand(200, -1, -1)
    drawn = draw(labels, shift_px=3.0, scale=0.1, turn_deg=8.0) == 2
    facts = [centre_and_area(mask) for mask in drawn]
    offsets = torch.stack([centre for centre, _ in facts]) - torch.tensor([30.0, 60.0])
    edges = torch.tensor([area for _, area in facts]).sqrt() / disc(15).sum().sqrt()
    assert 2.5 < offsets.abs().max() <= 3.2
    assert offsets.mean(dim=0).abs().max() < 0.4
    assert 0.88 < edges.min() < 0.93
    assert 1.07 < edges.max() < 1.12


def test_a_bar_is_turned_by_at_most_the_angle():
    labels = torch.zeros(100, SIZE, SIZE, dtype=torch.long)
    labels[:, 44:52, 10:86] = 1
    angles = []
    for mask in draw(labels, turn_deg=8.0) == 1:
        rows, columns = mask.nonzero().float().T
        slope = ((rows - rows.mean()) * (columns - columns.mean())).sum()
        angles.append(torch.rad2deg(torch.atan(slope / (columns - columns.mean()).square().sum())))
    assert 6.5 < torch.stack(angles).abs().max() < 8.6


def test_a_seed_repeats_a_drawing(target):
    amplitudes = {"shift_px": 3.0, "scale": 0.1, "turn_deg": 8.0}
    assert torch.equal(draw(target, 1, **amplitudes), draw(target, 1, **amplitudes))
    assert not torch.equal(draw(target, 1, **amplitudes), draw(target, 2, **amplitudes))


def test_the_settings_turn_it_on_together_with_its_weight(tmp_path, settings, config, target):
    batch = SliceBatch(torch.zeros(1, 3, SIZE, SIZE), target)
    generator = torch.Generator().manual_seed(0)
    assert build_hand_drawing(config.dataset)(batch, generator).hand_labels is None

    on = changed(settings, loss_weight={"hand_consistent": 1}, dataset={"hand_drawing": {}})
    read = read_training_config(write_settings(tmp_path / "on.json", on))
    assert read.dataset.hand_drawing == HandDrawingConfig(
        smoothing_px=2.5, shift_px=3.0, scale=0.1, turn_deg=8.0
    )
    assert build_hand_drawing(read.dataset)(batch, generator).hand_labels is not None
    for half in ({"loss_weight": {"hand_consistent": 1}}, {"dataset": {"hand_drawing": {}}}):
        with pytest.raises(ConfigError, match="need each other"):
            read_training_config(write_settings(tmp_path / "half.json", changed(settings, **half)))
