"""Pairs of batches: what an epoch is, and what validation looks at."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from training_samples import write_slices

from ModelTraining.data.dataset import SliceDataset, take_inventory
from ModelTraining.data.loaders import PairedSlices
from ModelTraining.data.mapped_slices import map_slice
from ModelTraining.data.sampling import EpochShuffle, validation_batches
from sbmir.errors import DataError, NotFoundError

# Lightning's own use of torch.
pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning")


def test_slices_are_sorted_into_kinds(slices_dir):
    inventory = take_inventory([slices_dir])
    assert len(inventory.normal) == 7
    assert [(file.patient, file.index) for file in inventory.abnormal] == [
        ("anna", 1),
        ("anna", 2),
        ("bert", 1),
        ("bert", 2),
    ]
    only = take_inventory([slices_dir], ["bert"])
    assert {file.patient for file in (*only.normal, *only.abnormal)} == {"bert"}


def test_what_is_not_there_is_named(slices_dir, tmp_path):
    with pytest.raises(NotFoundError, match="nowhere"):
        take_inventory([slices_dir, tmp_path / "nowhere"])
    with pytest.raises(NotFoundError, match="carl"):
        take_inventory([slices_dir], ["anna", "carl"])
    write_slices(tmp_path / "healthy", "dora", [False, False])
    with pytest.raises(DataError, match="with a lesion"):
        take_inventory([tmp_path / "healthy"])


def test_slices_of_another_size_are_refused(slices_dir):
    files = take_inventory([slices_dir]).normal
    with pytest.raises(DataError, match=r"32 x 32 pixels.*64 x 64"):
        SliceDataset(files, ("t1", "t1ce", "flair"), 64)[0]


def test_an_epoch_is_one_pass_over_the_longer_kind(config, slices_dir):
    data = PairedSlices(config, take_inventory([slices_dir]), workers=0, channels_last=False)
    pairs = [batch for batch, _, _ in data.train_dataloader()]
    assert len(pairs) == 3  # 7 normal slices, two a batch, the last one dropped
    for pair in pairs:
        assert pair.normal.image.shape == pair.abnormal.image.shape == (2, 3, 32, 32)
        assert not pair.normal.labels.any()
        assert pair.abnormal.labels.flatten(1).any(dim=1).all()
    seen = Counter(image.numpy().tobytes() for pair in pairs for image in pair.normal.image)
    assert len(seen) == 6


def test_the_shorter_kind_starts_again_in_another_order():
    sampler = EpochShuffle(50, seed=1)
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    sampler.set_epoch(1)
    assert list(sampler) not in (first, second)
    sampler.set_epoch(0)
    assert list(sampler) == first


def test_a_kind_without_a_whole_batch_still_trains(config, tmp_path):
    write_slices(tmp_path / "few", "emil", [False, False, False, False, True])
    data = PairedSlices(config, take_inventory([tmp_path / "few"]), 0, channels_last=False)
    sizes = [
        (len(pair.normal.labels), len(pair.abnormal.labels))
        for pair, _, _ in data.train_dataloader()
    ]
    assert sizes == [(2, 1), (2, 1)]


def test_validation_is_the_same_every_time_and_joins_both_kinds(config, slices_dir):
    inventory = take_inventory([slices_dir])

    def batches(seed):
        changed = replace(config, run=replace(config.run, seed=seed))
        return list(PairedSlices(changed, inventory, 0, channels_last=False).val_dataloader())

    first, again, other = batches(1), batches(1), batches(2)
    assert len(first) == 2
    assert all(torch.equal(a.image, b.image) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a.image, b.image) for a, b in zip(first, other, strict=True))
    for batch in first:
        assert batch.labels.flatten(1).any(dim=1).tolist() == [False, False, True, True]


def test_validation_batches_use_each_slice_before_any_returns():
    batches = validation_batches(normal=10, abnormal=4, half=2, limit=10, seed=3)
    assert len(batches) == 5
    normal = [index for batch in batches for index in batch[:2]]
    abnormal = [index for batch in batches for index in batch[2:]]
    assert sorted(normal) == list(range(10))
    assert sorted(abnormal[:4]) == list(range(10, 14))
    assert abnormal[4:8] == abnormal[:4]


def test_a_mapped_slice_is_the_loaded_one_and_nobody_can_change_it(slices_dir):
    mapped = map_slice(slices_dir, "anna", "t1ce", 1)
    assert np.array_equal(mapped, np.load(slices_dir / "anna" / "anna_t1ce_0001.npy"))
    assert not mapped.flags.writeable


@pytest.mark.parametrize("damage", ["absent", "empty", "cut", "text", "long"])
def test_a_damaged_slice_is_explained_as_ever(slices_dir, damage):
    path = slices_dir / "anna" / "anna_t1_0000.npy"
    content = path.read_bytes()
    replacement = {"empty": b"", "cut": content[:-8], "text": b"no slice", "long": content + b"12"}
    path.unlink()
    if damage == "long":  # readable, and what the last bytes are nobody asks
        path.write_bytes(replacement[damage])
        assert map_slice(slices_dir, "anna", "t1", 0).shape == (32, 32)
        return
    if damage != "absent":
        path.write_bytes(replacement[damage])
    with pytest.raises((DataError, NotFoundError), match="anna_t1_0000"):
        map_slice(slices_dir, "anna", "t1", 0)


@pytest.mark.parametrize("array", [np.zeros((32, 32)), np.zeros((32, 32, 1), np.float32)])
def test_an_array_that_is_no_slice_is_explained(slices_dir, array):
    np.save(slices_dir / "anna" / "anna_t1_0000.npy", array)
    with pytest.raises(DataError, match="does not hold a slice"):
        map_slice(slices_dir, "anna", "t1", 0)


def test_a_slice_of_another_layout_in_memory_is_read_too(slices_dir):
    picture = np.arange(32 * 32, dtype=np.float32).reshape(32, 32)
    np.save(slices_dir / "anna" / "anna_t1_0000.npy", np.asfortranarray(picture))
    assert np.array_equal(map_slice(slices_dir, "anna", "t1", 0), picture)


def test_images_are_read_as_saved(slices_dir):
    files = take_inventory([slices_dir]).abnormal
    image, labels, number = SliceDataset(files, ("t1", "t1ce", "flair"), 32)[0]
    folder = slices_dir / "anna"
    assert np.array_equal(image[2], np.load(folder / "anna_flair_0001.npy"))
    assert np.array_equal(labels, np.load(folder / "anna_seg_0001.npy"))
    assert number == 0
