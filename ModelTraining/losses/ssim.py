"""Structural similarity (Wang et al. 2004) as a map, differentiable in one of the two images."""

from __future__ import annotations

import torch
from torch import Tensor

WINDOW = 11
SIGMA = 1.5
C1 = 0.01**2
C2 = 0.03**2


def ssim_map(image: Tensor, target: Tensor) -> Tensor:
    """Structural similarity at every pixel, each channel by itself.

    An 11×11 Gaussian window (σ 1.5), zero padding, biased Gaussian-weighted variances, and the
    constants for a data range of 1.

    Parameters
    ----------
    image, target:
        (N, C, H, W) float32.

    Returns
    -------
    Tensor
        (N, C, H, W) float32, at most 1.
    """
    # Only the sum of the two variances enters the formula: four filterings do, instead of five.
    planes = torch.cat([image, target, image.square() + target.square(), image * target])
    mean_x, mean_y, squares, product = _smooth(planes).chunk(4)
    means_product = mean_x * mean_y
    means_squares = mean_x.square() + mean_y.square()
    covariance = product - means_product
    variances = squares - means_squares
    return ((2 * means_product + C1) * (2 * covariance + C2)) / (
        (means_squares + C1) * (variances + C2)
    )


def _smooth(planes: Tensor) -> Tensor:
    """Gaussian filtering of (N, C, H, W) as two matrix products, which are faster than a filter.

    The rows of a banded matrix hold the window; where it reaches over the border its weights are
    simply missing, which is what padding with zeros means.
    """
    height, width = planes.shape[-2:]
    return _band(height, planes) @ planes @ _band(width, planes)


def _band(length: int, like: Tensor) -> Tensor:
    """The (length, length) matrix whose row i holds the Gaussian window around pixel i."""
    pixel = torch.arange(length, dtype=like.dtype, device=like.device)
    offset = pixel[:, None] - pixel
    reach = torch.arange(WINDOW, dtype=like.dtype, device=like.device) - WINDOW // 2
    total = torch.exp(-reach.square() / (2 * SIGMA**2)).sum()
    window = torch.exp(-offset.square() / (2 * SIGMA**2)) / total
    return window.where(offset.abs() <= WINDOW // 2, window.new_zeros(()))
