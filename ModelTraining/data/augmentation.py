"""Which random changes a training makes, as its settings ask."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Generator

from ModelTraining.config import DatasetConfig
from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.blur import RandomBlur
from ModelTraining.data.brightness import RandomBrightness
from ModelTraining.data.contrast import RandomContrast
from ModelTraining.data.flip import RandomFlip
from ModelTraining.data.hand_drawing import HandDrawing
from ModelTraining.data.noise import RandomNoise
from ModelTraining.data.resample import RandomResampling
from ModelTraining.data.rotation import RandomRotation
from ModelTraining.data.scale_shift import RandomScaleShift
from ModelTraining.data.transform import BatchTransform, RandomPlacement


class Augmentation:
    """Several transforms, one after the other."""

    def __init__(self, transforms: Sequence[BatchTransform]) -> None:
        self._transforms = tuple(transforms)

    def __call__(self, batch: SliceBatch, generator: Generator) -> SliceBatch:
        """Return the changed batch."""
        for transform in self._transforms:
            batch = transform(batch, generator)
        return batch


def build_hand_drawing(dataset: DatasetConfig) -> Augmentation:
    """What redraws the label maps of the slices with a lesion; nothing where it is off."""
    hand = dataset.hand_drawing
    return Augmentation(()) if hand is None else Augmentation([HandDrawing(hand)])


def build_augmentation(dataset: DatasetConfig) -> Augmentation:
    """The published flip and rotation, then whatever the settings add; nothing where it is off."""
    if not dataset.use_augmentation:
        return Augmentation(())
    placements: list[RandomPlacement] = [RandomRotation()]
    intensities: list[BatchTransform] = []
    extra = dataset.extra_augmentation
    if extra is not None:
        if extra.scale or extra.shift:
            placements.append(RandomScaleShift(extra.scale, extra.shift))
        if extra.log_gamma:
            intensities.append(RandomContrast(extra.log_gamma))
        if extra.gain or extra.bias:
            intensities.append(RandomBrightness(extra.gain, extra.bias))
        if extra.blur_px:
            intensities.append(RandomBlur(extra.blur_px))
        if extra.noise:  # last: what blurs a picture comes before what makes its noise
            intensities.append(RandomNoise(extra.noise))
    return Augmentation([RandomFlip(), RandomResampling(placements), *intensities])
