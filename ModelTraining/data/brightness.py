"""Random gain and offset of the intensities."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Generator

from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.transform import uniform


@dataclass(frozen=True)
class RandomBrightness:
    """Scale and offset each channel of each slice by itself, background included.

    After z-scoring, the mean and spread of a brain depend on how much lesion is in it; this
    teaches the networks not to rely on them.
    """

    gain: float
    bias: float

    def __call__(self, batch: SliceBatch, generator: Generator) -> SliceBatch:
        """Return the batch with other intensities; labels stay."""
        count, channels = batch.image.shape[:2]
        shape, device = (count, channels, 1, 1), batch.image.device
        factor = 1 + uniform(count * channels, -self.gain, self.gain, generator)
        offset = uniform(count * channels, -self.bias, self.bias, generator)
        image = batch.image * factor.view(shape).to(device) + offset.view(shape).to(device)
        return batch._replace(image=image)
