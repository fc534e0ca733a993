"""Random bending of the contrast, as another scanner or protocol would show the tissues."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Generator

from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.resample import background_value
from ModelTraining.data.transform import uniform


@dataclass(frozen=True)
class RandomContrast:
    """Raise intensities to a power, each channel of each slice by itself.

    Intensities count from the background to the brightest pixel of the slice, and both ends
    stay. The exponent is e^u with u uniform within ±``log_gamma``.
    """

    log_gamma: float

    def __call__(self, batch: SliceBatch, generator: Generator) -> SliceBatch:
        """Return the batch with bent contrast; labels stay."""
        count, channels = batch.image.shape[:2]
        exponent = uniform(count * channels, -self.log_gamma, self.log_gamma, generator).exp()
        exponent = exponent.view(count, channels, 1, 1).to(batch.image.device)
        low = background_value(batch.image)
        # An empty slice has no range; any positive one leaves it as it is.
        span = (batch.image.amax(dim=(2, 3), keepdim=True) - low).clamp(min=1e-6)
        above = ((batch.image - low) / span).clamp(min=0)
        return batch._replace(image=low + span * above**exponent)
