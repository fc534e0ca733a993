"""Decoders: an anatomy code back to a slice or to segmentation logits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from sbmir.networks.blocks import ConvBlock, PointwiseBlock, UpBlock, conv3x3, initialise


class Decoder(nn.Module):
    """Double the code once per filter step and end at an image.

    Parameters
    ----------
    out_channels:
        3 for a slice, the number of tissue classes for logits.
    filters:
        g0…gn: n doublings. g0 and g1 are equal (``NetworkSizes`` sees to it): the block after
        the first convolution has g0 channels and feeds a block that expects g1.
    width:
        Channels of the code.
    """

    def __init__(self, out_channels: int, filters: Sequence[int], width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv3x3(width, filters[0]), ConvBlock(filters[0], filters[0])]
        for before, after in pairwise(filters[1:]):
            layers += [UpBlock(before, after), ConvBlock(after, after)]
        last = filters[-1]
        self.module_list = nn.Sequential(
            *layers, UpBlock(last, last), PointwiseBlock(last, out_channels)
        )
        initialise(self)

    def forward(self, code: Tensor) -> Tensor:
        """Decode ``(batch, width, s, s)`` to ``(batch, out_channels, s · 2ⁿ, s · 2ⁿ)``."""
        out: Tensor = self.module_list(code)
        return out
