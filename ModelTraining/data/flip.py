"""Random mirroring from left to right."""

from __future__ import annotations

from torch import Generator

from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.transform import coin


class RandomFlip:
    """Mirror half of the slices, with their labels."""

    def __call__(self, batch: SliceBatch, generator: Generator) -> SliceBatch:
        """Return the batch with some slices mirrored."""
        chosen = coin(len(batch.labels), generator).to(batch.labels.device)
        image, labels = batch.image.clone(), batch.labels.clone()
        image[chosen] = batch.image[chosen].flip(-1)
        labels[chosen] = batch.labels[chosen].flip(-1)
        return batch._replace(image=image, labels=labels)
