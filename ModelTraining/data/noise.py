"""Random noise, as a faster or older scan shows it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator

from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.transform import uniform


@dataclass(frozen=True)
class RandomNoise:
    """Add Gaussian noise, of its own strength in each channel of each slice; labels stay.

    ``largest`` is in standard deviations of the brain's intensities.
    """

    largest: float

    def __call__(self, batch: SliceBatch, generator: Generator) -> SliceBatch:
        """Return the batch with noisy images."""
        count, channels = batch.image.shape[:2]
        strength = uniform(count * channels, 0, self.largest, generator)
        noise = torch.randn(batch.image.shape, generator=generator)
        noise = noise * strength.view(count, channels, 1, 1)
        return batch._replace(image=batch.image + noise.to(batch.image.device))
