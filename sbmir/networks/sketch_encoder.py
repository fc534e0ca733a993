"""Encoding a sketch without computing its background over and over.

Most of a sketch is background. Far enough from what is drawn and from the picture's edges, every
row of an activation equals the row above it, because convolutions look only a few pixels around;
the same holds for columns. So of each run of equal rows some are left out, as many as leave the
rest its surroundings, and group normalisation counts those that stand for others as often as they
occur. The outcome is that of the whole picture but for rounding; only the time differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from sbmir.networks.blocks import LEAKY_SLOPE, ConvBlock, DownBlock
from sbmir.networks.encoder import LabelEncoder

Indices: TypeAlias = "NDArray[np.intp]"
_Layer: TypeAlias = nn.Conv2d | ConvBlock | DownBlock
_Shares: TypeAlias = tuple[Tensor, Tensor]
"""Of rows and of columns."""

_FEW_PIXELS = 16
"""Up to so many, a matrix product reads the weights faster than a convolution does."""


@dataclass(frozen=True)
class _Axis:
    """Where the rows (or columns) of an activation differ from their neighbours, along one axis.

    They do at both ends, to the depth ``edge``, because of the padding, and from ``start`` to
    ``stop`` because of what is drawn.
    """

    size: int
    edge: int
    start: int
    stop: int

    @classmethod
    def of(cls, drawn: NDArray[np.bool_]) -> _Axis:
        places = np.flatnonzero(drawn)
        return cls(drawn.size, 0, int(places[0]), int(places[-1]) + 1)

    def kept(self, reach: int) -> Indices:
        """The rows that have to be computed where each looks ``reach`` rows around itself.

        Cuts begin and end at even rows, so that a stride of two meets the same rows as before; the
        last two rows before a cut stand for those left out.
        """
        kept = np.ones(self.size, np.bool_)
        for low, high in ((self.edge, self.start), (self.stop, self.size - self.edge)):
            first, last = low + reach + 2, high - reach
            kept[first + first % 2 : max(last - last % 2, 0)] = False
        return np.flatnonzero(kept)

    def halved(self, reach: int) -> _Axis:
        """What comes out of convolutions of that reach, of which the last has a stride of two."""
        return _Axis(
            self.size // 2,
            -(-(self.edge + reach) // 2),
            max((self.start - reach) // 2, 0),
            min(-(-(self.stop + reach) // 2), self.size // 2),
        )


@dataclass(frozen=True, eq=False)
class _Picture:
    """An activation less its repeated rows and columns.

    Attributes
    ----------
    pixels:
        float32, (rows · columns, channels): a convolution with the channels last takes them so.
    rows, columns:
        For each row and column of the whole activation, where its equal lies in ``pixels``.
    """

    pixels: Tensor
    rows: Indices
    columns: Indices

    def select(self, rows: Indices, columns: Indices) -> Tensor:
        """The pixels at these rows and columns of the whole activation."""
        n_columns = self.columns.max() + 1
        places = self.rows[rows][:, None] * n_columns + self.columns[columns]
        return self.pixels.index_select(0, torch.from_numpy(places.ravel()))


class SketchEncoder(nn.Module):
    """Gives the codes of a ``LabelEncoder``, one label map at a time and on the CPU, but sooner.

    Parameters
    ----------
    encoder:
        Its convolutions are changed to ``dtype`` and to channels last.
    image_size:
        Edge of the square label maps.
    dtype:
        What is multiplied in convolutions: float32 or bfloat16; all else is float32.
    """

    def __init__(
        self, encoder: LabelEncoder, image_size: int, dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        # Where nothing is drawn, the first channels are constant, and to normalise them leaves
        # little but rounding; what is published for it only comes from the very same steps.
        self._nothing_drawn = encoder(torch.zeros(1, 1, image_size, image_size))
        self._planes = encoder.planes
        self.module_list = encoder.module_list
        self._dtype = dtype
        for layer in _convolutions(self):
            layer.to(dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, label_map: Tensor) -> Tensor:
        """Encode ``(1, 1, h, w)`` to ``(1, width, h / 2ⁿ, w / 2ⁿ)``, float32."""
        drawn = label_map[0, 0].numpy() != 0
        if not drawn.any():
            nothing: Tensor = self._nothing_drawn.clone()
            return nothing
        down, across = _Axis.of(drawn.any(axis=1)), _Axis.of(drawn.any(axis=0))
        planes = self._planes(label_map.float()).permute(0, 2, 3, 1)
        pixels = planes.reshape(-1, planes.shape[-1])
        picture = _Picture(pixels, np.arange(down.size), np.arange(across.size))
        for layers in self._stages():
            reach = sum(_reach(layer) for layer in layers)
            rows, columns = down.kept(reach), across.kept(reach)
            pixels = picture.select(rows, columns)
            equal_row, equal_column = _equals(rows, down.size), _equals(columns, across.size)
            shares = _shares(equal_row), _shares(equal_column)
            for layer in layers:
                pixels = self._compute(layer, pixels, shares)
            if isinstance(layers[-1], DownBlock):
                equal_row, equal_column = equal_row[::2] // 2, equal_column[::2] // 2
                down, across = down.halved(reach), across.halved(reach)
            picture = _Picture(pixels, equal_row, equal_column)
        code = picture.select(np.arange(down.size), np.arange(across.size))
        return code.T.reshape(1, -1, down.size, across.size)

    def _stages(self) -> Iterator[list[_Layer]]:
        """The layers at one resolution, up to the one that halves it."""
        stage: list[_Layer] = []
        for layer in cast("Iterator[_Layer]", iter(self.module_list)):
            stage.append(layer)
            if isinstance(layer, DownBlock):
                yield stage
                stage = []
        yield stage

    def _compute(self, layer: _Layer, pixels: Tensor, shares: _Shares) -> Tensor:
        if isinstance(layer, nn.Conv2d):
            return self._convolve(layer, pixels, shares)
        out = pixels
        norms = [part for part in layer.modules() if isinstance(part, nn.GroupNorm)]
        for norm, convolution in zip(norms, _convolutions(layer.conv), strict=True):
            out = self._convolve(convolution, _activated(norm, out, shares), shares)
        if isinstance(layer, ConvBlock):
            for shortcut in _convolutions(layer.downsample):
                pixels = self._convolve(shortcut, pixels, shares)
            out = out + pixels
        return out

    def _convolve(self, layer: nn.Conv2d, pixels: Tensor, shares: _Shares) -> Tensor:
        n_rows, n_columns = (len(share) for share in shares)
        image = pixels.to(self._dtype).view(1, n_rows, n_columns, -1).permute(0, 3, 1, 2)
        if n_rows * n_columns <= _FEW_PIXELS * layer.stride[0] ** 2:
            return _product(layer, image).float()
        out: Tensor = layer(image).permute(0, 2, 3, 1)
        return out.reshape(-1, layer.out_channels).float()


def _reach(layer: nn.Module) -> int:
    """How many rows around itself a row of the layer's output depends on."""
    return sum(_padding(part) for part in _convolutions(layer))


def _padding(layer: nn.Conv2d) -> int:
    return layer.kernel_size[0] // 2  # what every convolution here keeps the size with


def _convolutions(layer: nn.Module) -> list[nn.Conv2d]:
    return [part for part in layer.modules() if isinstance(part, nn.Conv2d)]


def _equals(kept: Indices, size: int) -> Indices:
    """For each of ``size`` rows, the place among the kept ones of the row that is equal to it."""
    return np.searchsorted(kept, np.arange(size), side="right") - 1


def _shares(equals: Indices) -> Tensor:
    """The share of all rows that each kept row stands for."""
    counts = np.bincount(equals)
    return torch.from_numpy((counts / equals.size).astype(np.float32))


def _activated(norm: nn.GroupNorm, pixels: Tensor, shares: _Shares) -> Tensor:
    """Normalise, each pixel counting as often as it occurs, and activate; float32."""
    rows, columns = shares

    def mean(values: Tensor) -> Tensor:
        # Row by row, then column by column: single precision would lose more in one long sum.
        of_columns = (rows @ values.view(len(rows), -1)).view(len(columns), -1)
        of_groups = (columns @ of_columns).view(norm.num_groups, -1).mean(1, keepdim=True)
        return of_groups.expand(-1, norm.num_channels // norm.num_groups).reshape(-1)

    centred = pixels - mean(pixels)
    scale = norm.weight * torch.rsqrt(mean(centred * centred) + norm.eps)
    return F.leaky_relu_(torch.addcmul(norm.bias, centred, scale), LEAKY_SLOPE)


def _product(layer: nn.Conv2d, image: Tensor) -> Tensor:
    """A convolution as a product with what each output pixel sees: (pixels, channels)."""
    size, stride = layer.kernel_size[0], layer.stride[0]
    padded = F.pad(image, [_padding(layer)] * 4)[0].permute(1, 2, 0)
    seen = padded.unfold(0, size, stride).unfold(1, size, stride).permute(0, 1, 3, 4, 2)
    weight = layer.weight.permute(0, 2, 3, 1).reshape(layer.out_channels, -1)
    product = (weight @ seen.reshape(-1, weight.shape[1]).T).T.contiguous()
    return product if layer.bias is None else product + layer.bias
