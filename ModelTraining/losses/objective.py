"""The published training objective: nine weighted terms of a normal and an abnormal batch.

Two more, ``label_seg_loss`` and ``hand_consistent_loss``, are optional.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ModelTraining.config import LossConfig, LossWeights
from ModelTraining.losses.codes import (
    code_norm,
    consistency_loss,
    softmax_divergence,
    standard_normal_divergence,
)
from ModelTraining.losses.reconstruction import ReconstructionLoss
from ModelTraining.losses.segmentation import focal_loss, soft_dice_loss
from sbmir.networks.encoder import Posterior


@dataclass(frozen=True)
class HalfOutputs:
    """What the networks make of one half, normal or abnormal, of a training batch.

    Attributes
    ----------
    image, labels:
        (N, C, H, W) float32 and (N, H, W) int64.
    nac, aac:
        What the normal and the abnormal encoder say about the codes.
    z:
        The sampled normal code (N, width, s, s).
    aac_z:
        The abnormal code that reconstruction, segmentation and consistency use: sampled where the
        abnormal encoder is variational.
    from_labels:
        The abnormal code of the label map.
    entire:
        The reconstruction from both codes (N, C, H, W).
    logits:
        The segmentation (N, classes, H, W).
    """

    image: Tensor
    labels: Tensor
    nac: Posterior
    z: Tensor
    aac: Posterior
    aac_z: Tensor
    from_labels: Tensor
    entire: Tensor
    logits: Tensor


@dataclass(frozen=True)
class PairOutputs:
    """Both halves, and what belongs to one alone.

    Attributes
    ----------
    normal_only:
        The reconstruction (N, C, H, W) of the normal half from its z alone.
    label_logits:
        The segmentation (N, classes, H, W) decoded from the codes of the abnormal half's label
        maps, where it is asked for.
    from_hand:
        The abnormal codes of the abnormal half's label maps as a hand might draw them, where the
        batch has them.
    """

    normal: HalfOutputs
    abnormal: HalfOutputs
    normal_only: Tensor
    label_logits: Tensor | None = None
    from_hand: Tensor | None = None


@dataclass(frozen=True)
class LossTerms:
    """Scalars by the names of the log: ``weighted`` sum up to the loss, ``observed`` do not."""

    weighted: dict[str, Tensor]
    observed: dict[str, Tensor]

    @property
    def total(self) -> Tensor:
        """The loss to minimise."""
        return torch.stack(list(self.weighted.values())).sum()

    def detached(self) -> dict[str, Tensor]:
        """Every term for the log, ``total_loss`` first, without its graph."""
        terms = {"total_loss": self.total, **self.weighted, **self.observed}
        return {name: value.detach() for name, value in terms.items()}


class TrainingObjective:
    """From the networks' outputs to the loss terms; float32 whatever the networks compute in."""

    def __init__(
        self, reconstruction: ReconstructionLoss, losses: LossConfig, weights: LossWeights
    ) -> None:
        self._reconstruction = reconstruction
        self._losses = losses
        self._weights = weights

    def __call__(self, outputs: PairOutputs) -> LossTerms:
        """Return every term of one training step."""
        normal, abnormal, weights = outputs.normal, outputs.abnormal, self._weights
        normal_rec, entire_rec = self._reconstructions(outputs)
        observed = {
            "h_nac_vae": _divergence(normal.nac),
            "h_aac_vae": _divergence(normal.aac),
            "h_aac_norm": self._norm_of_normal(normal),
            "d_aac_vae": _divergence(abnormal.aac),
            "d_aac_margin": self._margin_distance(normal, abnormal),
        }
        weighted = {
            "n_rec_loss": weights.recon * normal_rec,
            "e_rec_loss": weights.recon * entire_rec,
            "seg_loss": weights.seg
            * (
                self._segmentation(normal.logits, normal.labels)
                + self._segmentation(abnormal.logits, abnormal.labels)
            ),
            "consistent_loss": weights.consistent
            * (
                consistency_loss(normal.aac_z, normal.from_labels)
                + consistency_loss(abnormal.aac_z, abnormal.from_labels)
            ),
            "h_nac_vae_loss": weights.h_nac_vae * observed["h_nac_vae"],
            "h_aac_vae_loss": weights.h_aac_vae * observed["h_aac_vae"],
            "h_aac_norm_loss": weights.h_aac_norm * observed["h_aac_norm"],
            "d_aac_vae_loss": weights.d_aac_vae * observed["d_aac_vae"],
            "d_aac_margin_loss": self._margin_loss(observed["d_aac_margin"]),
        }
        if outputs.label_logits is not None:
            weighted["label_seg_loss"] = weights.label_seg * self._segmentation(
                outputs.label_logits, abnormal.labels
            )
        if outputs.from_hand is not None:
            weighted["hand_consistent_loss"] = weights.hand_consistent * consistency_loss(
                abnormal.aac_z, outputs.from_hand
            )
        return LossTerms(weighted, observed)

    def _reconstructions(self, outputs: PairOutputs) -> tuple[Tensor, Tensor]:
        """R of the normal reconstruction, and the sum of R of both entire ones."""
        normal, abnormal = outputs.normal, outputs.abnormal
        target = self._reconstruction.target(normal.image)
        normal_rec = self._reconstruction.compare(outputs.normal_only, target).mean()
        entire_normal = self._reconstruction.compare(normal.entire, target).mean()

        target = self._reconstruction.target(abnormal.image)
        comparison = self._reconstruction.compare(abnormal.entire, target)
        entire_abnormal = comparison.mean()
        lesion = abnormal.labels > 0
        if self._losses.use_emphasis and bool(lesion.any()):
            entire_abnormal = entire_abnormal + comparison.emphasis(lesion)
        return normal_rec, entire_normal + entire_abnormal

    def _segmentation(self, logits: Tensor, labels: Tensor) -> Tensor:
        dice = soft_dice_loss(logits, labels, self._losses.dice_loss.ignore_index)
        return dice + focal_loss(logits, labels, self._losses.focal_loss.gamma)

    def _norm_of_normal(self, normal: HalfOutputs) -> Tensor:
        if not self._losses.minimize_aac_norm:
            return normal.aac.mu.new_zeros(())
        return code_norm(normal.aac.mu)

    def _margin_distance(self, normal: HalfOutputs, abnormal: HalfOutputs) -> Tensor:
        aac = abnormal.aac.mu
        match self._losses.d_aac_margin_loss_type:
            case "norm":
                return code_norm(aac)
            case "kldiv":
                # The halves differ in length only where a loader has no whole batch.
                pairs = min(len(normal.z), len(abnormal.z))
                return softmax_divergence(normal.z[:pairs], abnormal.z[:pairs], aac[:pairs])
            case "none":
                return aac.new_zeros(())

    def _margin_loss(self, distance: Tensor) -> Tensor:
        if self._losses.d_aac_margin_loss_type == "none":
            return distance
        return self._weights.d_aac_margin * torch.relu(self._weights.margin - distance)


def _divergence(posterior: Posterior) -> Tensor:
    if posterior.logvar is None:
        return posterior.mu.new_zeros(())
    return standard_normal_divergence(posterior.mu, posterior.logvar)
