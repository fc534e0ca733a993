"""Training learns from label maps as a hand would draw them."""

import numpy as np
import pytest
import torch
from training_samples import changed, write_settings

from ModelTraining.config import read_training_config
from ModelTraining.data.augmentation import build_hand_drawing
from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.hand_drawing import HandDrawing
from sbmir.errors import ConfigError
from sbmir.hand import Hand, drawn

SIZE = 96
AS_EVALUATED = Hand()


@pytest.fixture
def target():
    """Oedema around a ring around a necrotic core."""
    rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    distance = torch.hypot(rows - 48.0, columns - 48.0)
    labels = torch.zeros(1, SIZE, SIZE, dtype=torch.long)
    for tissue, radius in ((2, 24), (3, 14), (1, 9)):
        labels[0][distance <= radius] = tissue
    return labels


def draw(labels, hand=AS_EVALUATED, seed=0):
    batch = SliceBatch(torch.zeros(len(labels), 3, SIZE, SIZE), labels, torch.arange(len(labels)))
    redrawn = HandDrawing(hand)(batch, torch.Generator().manual_seed(seed))
    assert redrawn.labels is labels
    assert redrawn.image is batch.image
    assert redrawn.hand_labels.dtype == labels.dtype
    return redrawn.hand_labels


def test_it_is_the_hand_that_searches_in_an_evaluation(target):
    still = Hand(shift_px=0, scale=0, turn_deg=0)
    sketch = drawn(target[0].numpy().astype(np.uint8), still, np.random.default_rng(0))
    assert torch.equal(draw(target, still)[0], torch.from_numpy(sketch).long())


def test_each_slice_is_drawn_by_chance_of_its_own(target):
    labels = target.repeat(4, 1, 1)
    labels[2] = 0
    one, two, none, three = draw(labels)
    assert not none.any()
    assert not torch.equal(one, two)
    assert not torch.equal(two, three)


def test_a_seed_repeats_a_drawing(target):
    assert torch.equal(draw(target, seed=1), draw(target, seed=1))
    assert not torch.equal(draw(target, seed=1), draw(target, seed=2))


def test_the_settings_turn_it_on_together_with_its_weight(tmp_path, settings, config, target):
    batch = SliceBatch(torch.zeros(1, 3, SIZE, SIZE), target, torch.arange(1))
    generator = torch.Generator().manual_seed(0)
    assert build_hand_drawing(config.dataset)(batch, generator).hand_labels is None

    on = changed(settings, loss_weight={"hand_consistent": 1}, dataset={"hand_drawing": {}})
    read = read_training_config(write_settings(tmp_path / "on.json", on))
    assert read.dataset.hand_drawing == Hand()
    assert build_hand_drawing(read.dataset)(batch, generator).hand_labels is not None
    for half in ({"loss_weight": {"hand_consistent": 1}}, {"dataset": {"hand_drawing": {}}}):
        with pytest.raises(ConfigError, match="they need it"):
            read_training_config(write_settings(tmp_path / "half.json", changed(settings, **half)))
