"""How well a reconstruction R fits its image: with VGG19 features, or with SSIM.

The target's side is prepared once (``target``) and compared with each of its reconstructions; a
comparison keeps its error maps, so that the emphasis on lesions costs no second pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from ModelTraining.losses.ssim import ssim_map
from sbmir.networks.perceptual import PerceptualFeatures

LESION_MARGIN_PX = 7
"""How far beyond the lesion its features are still emphasised."""


class Comparison(Protocol):
    """The difference between one batch of images and its reconstruction."""

    def mean(self) -> Tensor:
        """R itself, a scalar."""

    def emphasis(self, lesion: Tensor) -> Tensor:
        """R once more, inside the lesion (N, H, W) bool, which has at least one pixel."""


class ReconstructionLoss(Protocol):
    """R of the objective; ``target`` comes first, then ``compare`` as often as needed."""

    def target(self, image: Tensor) -> Target:
        """Prepare images (N, C, H, W); nothing of it carries a gradient."""

    def compare(self, reconstruction: Tensor, target: Target) -> Comparison:
        """Compare a reconstruction (N, C, H, W) with its prepared target."""


@dataclass(frozen=True)
class Target:
    """An image (N, C, H, W) and, where R needs them, its features (N, F, h, w)."""

    image: Tensor
    features: Tensor | None = None


@dataclass(frozen=True)
class PerceptualComparison:
    """Squared differences of pixels (N, C, H, W) and of features (N, F, H/2, W/2)."""

    squared_error: Tensor
    feature_error: Tensor

    def mean(self) -> Tensor:
        """Mean squared error of the pixels plus that of the features."""
        return self.squared_error.mean() + self.feature_error.mean()

    def emphasis(self, lesion: Tensor) -> Tensor:
        """Both errors inside the lesion; that of features in a margin around it, too."""
        mask = lesion[:, None].to(self.squared_error.dtype)
        side = 2 * LESION_MARGIN_PX + 1
        dilated = F.max_pool2d(mask, side, stride=1, padding=LESION_MARGIN_PX)
        return _mean_inside(self.squared_error, mask) + _mean_inside(
            self.feature_error, F.max_pool2d(dilated, 2)
        )


@dataclass(frozen=True)
class StructuralComparison:
    """Squared differences and SSIM of every pixel, both (N, C, H, W)."""

    squared_error: Tensor
    similarity: Tensor

    def mean(self) -> Tensor:
        """Mean squared error + 1 - mean SSIM."""
        return self.squared_error.mean() + 1 - self.similarity.mean()

    def emphasis(self, lesion: Tensor) -> Tensor:
        """Errors summed over the lesion, divided by the elements of the whole image."""
        mask = lesion[:, None].to(self.squared_error.dtype)
        inside = mask.sum() * self.squared_error.shape[1]
        unlike = (1 - _mean_inside(self.similarity, mask)) * inside
        return ((self.squared_error * mask).sum() + unlike) / self.squared_error.numel()


class PerceptualReconstruction:
    """R with ``use_perceptual``.

    The feature network belongs to the training module, which moves and saves it.
    """

    def __init__(self, network: PerceptualFeatures) -> None:
        self._network = network

    def target(self, image: Tensor) -> Target:
        """Prepare images (N, 3, H, W)."""
        with torch.no_grad():
            return Target(image, self._network(image).float())

    def compare(self, reconstruction: Tensor, target: Target) -> PerceptualComparison:
        """Compare pixels and features, in float32 whatever the networks compute in."""
        if target.features is None:
            raise ValueError("the target was prepared by another reconstruction loss")
        return PerceptualComparison(
            squared_error=(reconstruction.float() - target.image).square(),
            feature_error=(self._network(reconstruction).float() - target.features).square(),
        )


class StructuralReconstruction:
    """R without ``use_perceptual``."""

    def target(self, image: Tensor) -> Target:
        """Prepare images (N, C, H, W)."""
        return Target(image)

    def compare(self, reconstruction: Tensor, target: Target) -> StructuralComparison:
        """Compare pixels and their neighbourhoods, in float32 whatever the networks compute in."""
        with torch.autocast(reconstruction.device.type, enabled=False):
            image = reconstruction.float()
            return StructuralComparison(
                squared_error=(image - target.image).square(),
                similarity=ssim_map(image, target.image),
            )


def _mean_inside(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the elements (N, C, h, w) where the mask (N, 1, h, w) of zeros and ones is one."""
    return (values * mask).sum() / (mask.sum() * values.shape[1])
