"""Encoders: a slice or a label map to an anatomy code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from sbmir.networks.blocks import ConvBlock, DownBlock, PointwiseBlock, conv3x3, initialise


@dataclass(frozen=True)
class Posterior:
    """What an encoder says about a code: a diagonal Gaussian, or a point where ``logvar`` is None.

    ``mu`` and ``logvar`` are ``(batch, width, s, s)``.
    """

    mu: Tensor
    logvar: Tensor | None = None

    def sample(self) -> Tensor:
        """Draw z = mu + exp(logvar / 2) · noise (Kingma and Welling 2014); a point gives mu."""
        if self.logvar is None:
            return self.mu
        return self.mu + torch.exp(0.5 * self.logvar) * torch.randn_like(self.mu)


class Encoder(nn.Module):
    """Halve the input once per filter step and end at a code.

    Parameters
    ----------
    in_channels:
        3 for a slice (t1, t1ce, flair).
    filters:
        f0…fn: n halvings.
    width:
        Channels of the code.
    """

    def __init__(self, in_channels: int, filters: Sequence[int], width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv3x3(in_channels, filters[0])]
        for step, (before, after) in enumerate(pairwise(filters)):
            if step > 0:
                layers.append(ConvBlock(before, before))
            layers.append(DownBlock(before, after))
        last = filters[-1]
        self.module_list = nn.Sequential(*layers, ConvBlock(last, last), ConvBlock(last, width))
        initialise(self)

    def distribution(self, x: Tensor) -> Posterior:
        """Encode ``(batch, in_channels, h, w)``, with the uncertainty where there is one."""
        return Posterior(self.module_list(x))

    def forward(self, x: Tensor) -> Tensor:
        """Encode ``(batch, in_channels, h, w)`` to ``(batch, width, h / 2ⁿ, w / 2ⁿ)``."""
        return self.distribution(x).mu


class LabelEncoder(Encoder):
    """An encoder of label maps.

    Parameters
    ----------
    channels:
        1 takes class ids as numbers, as published; more take one channel of zeros and ones for
        each class from 0, the background, on.
    """

    def __init__(self, channels: int, filters: Sequence[int], width: int) -> None:
        super().__init__(channels, filters, width)
        self._channels = channels

    def planes(self, labels: Tensor) -> Tensor:
        """Turn ids ``(batch, 1, h, w)`` into what the first layer takes: ``(batch, channels, …)``.

        The dtype stays.
        """
        if self._channels == 1:
            return labels
        ids = torch.arange(self._channels, device=labels.device).view(1, -1, 1, 1)
        return (labels == ids).to(labels.dtype)

    def distribution(self, x: Tensor) -> Posterior:
        """Encode class ids ``(batch, 1, h, w)``, in the dtype of the weights."""
        return super().distribution(self.planes(x))


class VariationalEncoder(Encoder):
    """An encoder with a mean and a log-variance for every number of the code."""

    def __init__(self, in_channels: int, filters: Sequence[int], width: int) -> None:
        super().__init__(in_channels, filters, filters[-1])
        self.final_conv1 = PointwiseBlock(filters[-1], width)
        self.final_conv2 = PointwiseBlock(filters[-1], width)
        initialise(self.final_conv1)
        initialise(self.final_conv2)

    def distribution(self, x: Tensor) -> Posterior:
        """Encode ``(batch, in_channels, h, w)`` to a Gaussian over codes."""
        features = self.module_list(x)
        return Posterior(self.final_conv1(features), self.final_conv2(features))

    def forward(self, x: Tensor) -> Tensor:
        """Return the code: a sample z in training mode, the mean in evaluation mode."""
        if self.training:
            return self.distribution(x).sample()
        mean: Tensor = self.final_conv1(self.module_list(x))
        return mean
