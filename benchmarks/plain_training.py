"""The plain way of training: the published objective written down term by term.

Each half of a batch goes through each network by itself; what is compared with a reconstruction is
prepared for each comparison; SSIM filters with its 11 × 11 window, as its usual implementations do;
Adam is PyTorch's own, as it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ModelTraining.config import TrainingConfig
from ModelTraining.data.batch import PairedBatch, SliceBatch
from sbmir.networks.encoder import Posterior
from sbmir.networks.model import AnatomyNetworks
from sbmir.networks.perceptual import PerceptualFeatures

WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2


class PlainTraining:
    """Trains networks of which only ``nEncoder`` is variational, with the published terms."""

    def __init__(
        self,
        config: TrainingConfig,
        networks: AnatomyNetworks,
        perceptual: PerceptualFeatures | None,
    ) -> None:
        self._config = config
        self._networks = networks
        self._reconstruction: Callable[[Tensor, Tensor], Tensor] = (
            structural_loss if perceptual is None else PerceptualLoss(perceptual)
        )
        optimizer = config.optimizer
        self._optimizer = torch.optim.Adam(
            networks.parameters(),
            lr=optimizer.g_lr,
            betas=optimizer.betas,
            weight_decay=optimizer.weight_decay,
        )

    def step(self, batch: PairedBatch) -> Tensor:
        """Make one step; return the loss before it."""
        self._optimizer.zero_grad()
        loss = self.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return loss.detach()

    def loss(self, batch: PairedBatch) -> Tensor:
        """The sum of the published terms."""
        networks, weights = self._networks, self._config.loss_weight

        image = batch.normal.image
        posterior = networks.nEncoder.distribution(image)
        z = posterior.sample()
        aac = networks.aEncoder(image)
        loss: Tensor = weights.recon * self._reconstruction(networks.iDecoder(z), image)
        loss = loss + self._terms_of_a_half(batch.normal, z, aac)
        loss = loss + weights.h_nac_vae * divergence(posterior)
        loss = loss + weights.h_aac_norm * torch.linalg.vector_norm(aac)

        image = batch.abnormal.image
        posterior = networks.nEncoder.distribution(image)
        aac = networks.aEncoder(image)
        loss = loss + self._terms_of_a_half(batch.abnormal, posterior.mu, aac)
        p = z.detach().softmax(dim=1)
        q = (posterior.sample().detach() + aac).log_softmax(dim=1)
        distance = F.kl_div(q, p, reduction="batchmean")
        return loss + weights.d_aac_margin * F.relu(weights.margin - distance)

    def _terms_of_a_half(self, half: SliceBatch, nac: Tensor, aac: Tensor) -> Tensor:
        """The entire reconstruction, the segmentation, and the code of the label map."""
        networks, weights = self._networks, self._config.loss_weight
        entire = networks.iDecoder(nac.detach() + aac)
        from_labels = networks.lEncoder(half.labels[:, None].float())
        consistency = (aac.detach() - from_labels).abs().mean()
        consistency = consistency + (aac - from_labels.detach()).abs().mean()
        logits = networks.lDecoder(aac)
        gamma = self._config.losses.focal_loss.gamma
        segmentation = dice_loss(logits, half.labels) + focal_loss(logits, half.labels, gamma)
        loss: Tensor = weights.recon * self._reconstruction(entire, half.image)
        loss = loss + weights.consistent * consistency
        loss = loss + weights.seg * segmentation
        return loss


@dataclass(frozen=True)
class PerceptualLoss:
    """Mean squared error of pixels and of VGG19's features."""

    features: PerceptualFeatures

    def __call__(self, reconstruction: Tensor, image: Tensor) -> Tensor:
        """Compare (N, 3, H, W) with (N, 3, H, W)."""
        perceptual = F.mse_loss(self.features(reconstruction), self.features(image))
        return F.mse_loss(reconstruction, image) + perceptual


def structural_loss(reconstruction: Tensor, image: Tensor) -> Tensor:
    """Mean squared error + 1 - SSIM (Wang et al. 2004), of (N, C, H, W) both."""
    channels = image.shape[1]
    offset = torch.arange(WINDOW) - WINDOW // 2
    line = torch.exp(-offset.square() / (2 * SIGMA**2))
    line = line / line.sum()
    window = (line[:, None] * line).expand(channels, 1, WINDOW, WINDOW).contiguous()

    def smooth(picture: Tensor) -> Tensor:
        return F.conv2d(picture, window, padding=WINDOW // 2, groups=channels)

    x, y = smooth(reconstruction), smooth(image)
    variance_x = smooth(reconstruction * reconstruction) - x * x
    variance_y = smooth(image * image) - y * y
    covariance = smooth(reconstruction * image) - x * y
    similarity = ((2 * x * y + C1) * (2 * covariance + C2)) / (
        (x * x + y * y + C1) * (variance_x + variance_y + C2)
    )
    return F.mse_loss(reconstruction, image) + 1 - similarity.mean()


def divergence(posterior: Posterior) -> Tensor:
    """KL divergence from the standard normal, summed over channels."""
    mu, logvar = posterior.mu, posterior.logvar
    if logvar is None:
        raise ValueError("nEncoder is not variational")
    return (-0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1)).mean()


def dice_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """1 - Dice of the softmax and the labels, over all classes but the background."""
    if not labels.any():
        return logits.new_zeros(())
    p = logits.softmax(dim=1)[:, 1:]
    t = F.one_hot(labels, logits.shape[1]).permute(0, 3, 1, 2)[:, 1:].float()
    return 1 - 2 * (p * t).sum() / (p.sum() + t.sum()).clamp(min=1e-5)


def focal_loss(logits: Tensor, labels: Tensor, gamma: float) -> Tensor:
    """Cross-entropy that fades where the class is already likely (Lin et al. 2017)."""
    t = F.one_hot(labels, logits.shape[1]).permute(0, 3, 1, 2).float()
    p = logits.softmax(dim=1).clamp(1e-6, 1 - 1e-6)
    return (-t * (1 - p) ** gamma * logits.log_softmax(dim=1)).sum(dim=1).mean()
