"""The building blocks that encoders and decoders share.

Attribute names and positions give the parameters the names of the published state dict, such as
``conv.3.norm.weight``; a block may not be rearranged without breaking the published weights.
Every tensor here is ``(batch, channels, rows, columns)``.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

NORM_GROUPS = 8
LEAKY_SLOPE = 0.2


class Norm(nn.Module):
    """Group normalisation with 8 groups, one level down, as the published names have it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(NORM_GROUPS, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise; the shape stays."""
        normalised: Tensor = self.norm(x)
        return normalised


def _activation() -> nn.LeakyReLU:
    # In place is safe after a norm, whose backward pass does not need its own output.
    return nn.LeakyReLU(LEAKY_SLOPE, inplace=True)


def conv3x3(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """Return a biased 3×3 convolution that keeps the size, or halves it with stride 2."""
    return nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1)


def conv1x1(in_channels: int, out_channels: int) -> nn.Conv2d:
    """Return a biased 1×1 convolution."""
    return nn.Conv2d(in_channels, out_channels, kernel_size=1)


class ConvBlock(nn.Module):
    """Residual block of two pre-activated 3×3 convolutions; the size stays."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            Norm(in_channels),
            _activation(),
            conv3x3(in_channels, out_channels),
            Norm(out_channels),
            _activation(),
            conv3x3(out_channels, out_channels),
        )
        # Empty where the channels stay, so that such a block has no parameters of this name.
        self.downsample = nn.Sequential()
        if in_channels != out_channels:
            self.downsample.append(conv1x1(in_channels, out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``in_channels`` to ``out_channels``."""
        out: Tensor = self.downsample(x) + self.conv(x)
        return out


class DownBlock(nn.Module):
    """Halve rows and columns with a strided 3×3 convolution."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            Norm(in_channels), _activation(), conv3x3(in_channels, out_channels, stride=2)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map to ``out_channels`` at half the size."""
        out: Tensor = self.conv(x)
        return out


class UpBlock(nn.Module):
    """Double rows and columns: a 1×1 convolution, then bilinear interpolation."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.up = nn.Sequential(
            Norm(in_channels),
            _activation(),
            conv1x1(in_channels, out_channels),
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map to ``out_channels`` at twice the size."""
        out: Tensor = self.up(x)
        return out


class PointwiseBlock(nn.Module):
    """A pre-activated 1×1 convolution; the size stays."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            Norm(in_channels), _activation(), conv1x1(in_channels, out_channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``in_channels`` to ``out_channels``."""
        out: Tensor = self.conv(x)
        return out


def initialise(network: nn.Module) -> None:
    """Draw the weights of every convolution from Kaiming's normal distribution.

    Fan-in, gain √2 (He et al. 2015, as for a plain ReLU); biases and norms stay as PyTorch makes
    them.
    """
    for module in network.modules():
        # A network on the meta device is built for its shapes; there, drawing numbers does nothing
        # but make PyTorch load its compiler, which takes seconds.
        if isinstance(module, nn.Conv2d) and not module.weight.is_meta:
            fan_in = module.in_channels * math.prod(module.kernel_size)
            nn.init.normal_(module.weight, std=math.sqrt(2.0 / fan_in))
