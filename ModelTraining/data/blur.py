"""Random blur, as thicker slices or another reconstruction show a brain."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.transform import coin, uniform


@dataclass(frozen=True)
class RandomBlur:
    """Blur half of the slices, each by a Gaussian of at most ``largest_px``; labels stay."""

    largest_px: float

    def __call__(self, batch: SliceBatch, generator: Generator) -> SliceBatch:
        """Return the batch with some slices blurred."""
        count = len(batch.labels)
        sigma_px = uniform(count, 0, self.largest_px, generator)
        chosen = coin(count, generator) & (sigma_px > 0)
        if not bool(chosen.any()):
            return batch
        places = chosen.to(batch.image.device)
        image = batch.image.clone()
        image[places] = smoothed(batch.image[places], sigma_px[chosen])
        return batch._replace(image=image)


def smoothed(images: Tensor, sigma_px: Tensor) -> Tensor:
    """Gaussian filtering of (N, C, H, W), each by its own positive standard deviation (N,).

    Beyond the edge, the pixels at the edge go on.
    """
    count, channels = images.shape[:2]
    reach = math.ceil(3 * float(sigma_px.max()))
    offset = torch.arange(-reach, reach + 1, dtype=images.dtype)
    windows = torch.exp(-offset.square() / (2 * sigma_px.to(images.dtype)[:, None].square()))
    windows = (windows / windows.sum(dim=1, keepdim=True)).to(images.device)
    # As many groups as pictures: each is filtered by its own window.
    weight = windows.repeat_interleave(channels, dim=0)[:, None, None, :]
    planes = images.reshape(1, count * channels, *images.shape[2:])
    for axis_weight, padding in (
        (weight, (reach, reach, 0, 0)),
        (weight.transpose(2, 3), (0, 0, reach, reach)),
    ):
        padded = F.pad(planes, padding, mode="replicate")
        planes = F.conv2d(padded, axis_weight, groups=count * channels)
    return planes.view(images.shape)
