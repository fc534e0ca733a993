"""Random changes keep image and labels together, and leave what they should."""

import math

import pytest
import torch
from scipy import ndimage

from ModelTraining.config import ExtraAugmentationConfig
from ModelTraining.data.augmentation import build_augmentation
from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.blur import RandomBlur, smoothed
from ModelTraining.data.brightness import RandomBrightness
from ModelTraining.data.contrast import RandomContrast
from ModelTraining.data.flip import RandomFlip
from ModelTraining.data.noise import RandomNoise
from ModelTraining.data.resample import RandomResampling
from ModelTraining.data.rotation import RandomRotation
from ModelTraining.data.scale_shift import RandomScaleShift

BACKGROUND = (-1.5, -2.0, -0.7)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def batch():
    """64 slices whose every channel shows the label map over its own background."""
    labels = torch.zeros(64, 40, 40, dtype=torch.long)
    labels[:, 14:22, 24:33], labels[:, 16:20, 26:30] = 2, 3
    low = torch.tensor(BACKGROUND).view(1, 3, 1, 1)
    return SliceBatch(low + labels[:, None].float(), labels, torch.arange(64))


def test_about_half_of_the_slices_are_mirrored_exactly_and_with_their_labels(batch):
    flipped = RandomFlip()(batch, generator())
    chosen = (flipped.labels != batch.labels).flatten(1).any(dim=1)
    assert 16 < int(chosen.sum()) < 48
    assert torch.equal(flipped.image[chosen], batch.image[chosen].flip(-1))
    assert torch.equal(flipped.labels[chosen], batch.labels[chosen].flip(-1))
    assert torch.equal(flipped.image[~chosen], batch.image[~chosen])


def test_rotation_moves_labels_with_the_image_and_fills_with_background(batch):
    rotated = RandomResampling([RandomRotation()])(batch, generator())
    chosen = (rotated.image != batch.image).flatten(1).any(dim=1)
    assert 16 < int(chosen.sum()) < 48
    assert torch.equal(rotated.labels[~chosen], batch.labels[~chosen])
    assert set(rotated.labels.unique().tolist()) == {0, 2, 3}
    low = torch.tensor(BACKGROUND).view(1, 3, 1, 1)
    # What is shown is the label map itself: nearest differs from bilinear by less than a step.
    shown = rotated.image - low
    assert float((shown - rotated.labels[:, None]).abs().mean()) < 0.05
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert rotated.image[:, :, *corner].flatten().tolist() == pytest.approx(
            list(BACKGROUND) * 64
        )


def test_angles_are_uniform_within_ten_degrees():
    matrices = RandomRotation().draw(4000, generator())
    degrees = torch.atan2(matrices[:, 1, 0], matrices[:, 0, 0]) * 180 / math.pi
    turned = degrees[degrees != 0]
    assert len(turned) == pytest.approx(2000, abs=150)
    assert float(turned.abs().max()) <= 10.001
    assert float(turned.std()) == pytest.approx(20 / math.sqrt(12), rel=0.05)


def test_a_rotation_keeps_the_lesions_area_and_distance_from_the_centre(batch):
    rotated = RandomResampling([RandomRotation()])(batch, generator(1))

    def radius(labels):
        rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(40.0), indexing="ij")
        mask = (labels > 0).float()
        area = mask.sum(dim=(1, 2))
        row = (mask * (rows - 19.5)).sum(dim=(1, 2)) / area
        column = (mask * (columns - 19.5)).sum(dim=(1, 2)) / area
        return area, torch.hypot(row, column)

    area, distance = radius(rotated.labels)
    expected_area, expected_distance = radius(batch.labels)
    assert float((area / expected_area - 1).abs().max()) < 0.15
    assert float((distance - expected_distance).abs().max()) < 0.5


def test_scale_and_shift_stay_within_their_limits(batch):
    moved = RandomResampling([RandomScaleShift(scale=0.2, shift=0.1)])(batch, generator())
    area = (moved.labels > 0).sum(dim=(1, 2)) / (batch.labels > 0).sum(dim=(1, 2))
    assert 0.8**2 - 0.1 < float(area.min()) < 0.9
    assert 1.1 < float(area.max()) < 1.2**2 + 0.1
    rows = torch.arange(40.0).view(1, 40, 1)
    centre = ((moved.labels > 0) * rows).sum(dim=(1, 2)) / (moved.labels > 0).sum(dim=(1, 2))
    # 4 pixels of shift, and the scaling of a centre that lies 2 rows off the middle.
    assert 2 < float((centre - 17.5).abs().max()) < 5


def test_contrast_keeps_both_ends_of_the_range(batch):
    bent = RandomContrast(0.5)(batch, generator())
    assert torch.equal(bent.labels, batch.labels)
    assert bent.image.amin(dim=(2, 3)).numpy() == pytest.approx(
        batch.image.amin(dim=(2, 3)).numpy(), abs=1e-5
    )
    assert bent.image.amax(dim=(2, 3)).numpy() == pytest.approx(
        batch.image.amax(dim=(2, 3)).numpy(), abs=1e-5
    )
    middle = bent.image[:, 0][batch.labels == 2]
    assert float(middle.std()) > 0.1


def test_blank_slices_stay_blank(batch):
    blank = SliceBatch(
        torch.full((4, 3, 40, 40), -1.2), torch.zeros(4, 40, 40, dtype=torch.long), torch.arange(4)
    )
    for transform in (RandomContrast(0.5), RandomResampling([RandomRotation()])):
        assert transform(blank, generator()).image.numpy() == pytest.approx(-1.2, abs=1e-5)


def test_brightness_changes_each_channel_by_itself(batch):
    changed = RandomBrightness(gain=0.2, bias=0.3)(batch, generator())
    span = changed.image.amax(dim=(2, 3)) - changed.image.amin(dim=(2, 3))
    gain = span / (batch.image.amax(dim=(2, 3)) - batch.image.amin(dim=(2, 3)))
    assert 0.79 < float(gain.min()) < 0.85
    assert 1.15 < float(gain.max()) < 1.21
    assert not torch.allclose(gain[:, 0], gain[:, 1])


def test_about_half_of_the_slices_are_blurred_each_by_its_own_gaussian(batch):
    blurred = RandomBlur(1.5)(batch, generator())
    assert torch.equal(blurred.labels, batch.labels)
    moved = (blurred.image != batch.image).flatten(1).any(dim=1)
    assert 20 < int(moved.sum()) < 44
    roughness = blurred.image.diff(dim=-1).square().mean(dim=(1, 2, 3))
    assert len(roughness[moved].unique()) == int(moved.sum())
    assert roughness[moved].max() < roughness[~moved].min()
    # Background and mean brightness stay, to the edges.
    torch.testing.assert_close(blurred.image[:, :, 0, 0], batch.image[:, :, 0, 0])
    assert (blurred.image.mean((2, 3)) - batch.image.mean((2, 3))).abs().max() < 0.02


def test_blur_is_the_gaussian_of_its_width():
    images = torch.randn(2, 3, 24, 20, generator=generator(4))
    blurred = smoothed(images, torch.tensor([0.7, 2.0]))
    for picture, expected, sigma in zip(blurred, images, (0.7, 2.0), strict=True):
        reach = math.ceil(3 * 2.0)
        for plane, source in zip(picture, expected, strict=True):
            slow = ndimage.gaussian_filter(source.numpy(), sigma, mode="nearest", radius=reach)
            assert plane.numpy() == pytest.approx(slow, abs=1e-5)


def test_noise_is_of_another_strength_in_each_channel(batch):
    noisy = RandomNoise(0.4)(batch, generator())
    strength = (noisy.image - batch.image).std(dim=(2, 3))
    assert 0 <= strength.min() < 0.03
    assert 0.36 < strength.max() < 0.44
    assert (noisy.image - batch.image).mean().abs() < 0.01
    assert torch.equal(noisy.labels, batch.labels)


def test_the_settings_choose_what_is_changed_and_a_seed_repeats_it(config, batch):
    from dataclasses import replace

    dataset = config.dataset
    off = build_augmentation(replace(dataset, use_augmentation=False))
    assert torch.equal(off(batch, generator()).image, batch.image)
    published = build_augmentation(dataset)
    assert torch.equal(published(batch, generator(3)).image, published(batch, generator(3)).image)
    extra = ExtraAugmentationConfig(
        scale=0.1, shift=0.05, log_gamma=0.3, gain=0.1, bias=0.1, noise=0.2, blur_px=1.0
    )
    more = build_augmentation(replace(dataset, extra_augmentation=extra))
    before = batch.image.clone()
    changed = more(batch, generator(3)).image
    assert (changed != batch.image).flatten(1).any(dim=1).all()
    assert torch.equal(before, batch.image)
