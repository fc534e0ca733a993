"""The published training objective: nine weighted terms of a normal and an abnormal batch.

Three more, ``label_seg_loss``, ``hand_consistent_loss`` and ``match_loss``, are optional.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ModelTraining.config import LossConfig, LossWeights
from ModelTraining.losses.codes import (
    code_norm,
    consistency_loss,
    matching_loss,
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
    image, labels, patient:
        (N, C, H, W) float32, (N, H, W) int64 and (N,) int64.
    nac, aac:
        What the normal and the abnormal encoder say about the codes.
    z:
        The sampled normal code (N, width, s, s).
    aac_z:
        The abnormal code that reconstruction, segmentation and consistency use: sampled where the
        abnormal encoder is variational.
    from_labels:
        The abnormal code of the label map; None where nothing is asked of it.
    logits:
        The segmentation (N, classes, H, W); None where nothing is asked of it.
    """

    image: Tensor
    labels: Tensor
    patient: Tensor
    nac: Posterior
    z: Tensor
    aac: Posterior
    aac_z: Tensor
    from_labels: Tensor | None
    logits: Tensor | None


@dataclass(frozen=True)
class Reconstructions:
    """Slices (N, C, H, W) drawn again: normal ones from z alone, and all from both codes."""

    normal_only: Tensor
    normal: Tensor
    abnormal: Tensor


@dataclass(frozen=True)
class Drawings:
    """Label maps of the abnormal half, and what was made of them.

    Attributes
    ----------
    labels:
        (N, H, W) int64: as a hand might draw them where the batch has that, else the experts'.
    codes:
        Their abnormal codes.
    empty:
        The abnormal code (1, width, s, s) of a map without lesion.
    logits:
        The segmentation (N, classes, H, W) that is decoded from ``codes``; None where nothing is
        asked of it.
    """

    labels: Tensor
    codes: Tensor
    empty: Tensor
    logits: Tensor | None = None


@dataclass(frozen=True)
class PairOutputs:
    """Both halves, and what belongs to one alone.

    Attributes
    ----------
    pictures:
        Reconstructions, where anything is asked of the normal codes.
    drawings:
        Of the abnormal half, where anything is asked of them.
    """

    normal: HalfOutputs
    abnormal: HalfOutputs
    pictures: Reconstructions | None
    drawings: Drawings | None = None


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
            "consistent_loss": weights.consistent * (_consistency(normal) + _consistency(abnormal)),
            "h_nac_vae_loss": weights.h_nac_vae * observed["h_nac_vae"],
            "h_aac_vae_loss": weights.h_aac_vae * observed["h_aac_vae"],
            "h_aac_norm_loss": weights.h_aac_norm * observed["h_aac_norm"],
            "d_aac_vae_loss": weights.d_aac_vae * observed["d_aac_vae"],
            "d_aac_margin_loss": self._margin_loss(observed["d_aac_margin"]),
        }
        if outputs.drawings is not None:
            weighted |= self._of_drawings(outputs.drawings, normal, abnormal)
        return LossTerms(weighted, observed)

    def _of_drawings(
        self, drawings: Drawings, normal: HalfOutputs, abnormal: HalfOutputs
    ) -> dict[str, Tensor]:
        """The optional terms, those with a weight."""
        weights = self._weights
        terms = {}
        if weights.label_seg:
            terms["label_seg_loss"] = weights.label_seg * self._segmentation(
                drawings.logits, drawings.labels
            )
        if weights.hand_consistent:
            terms["hand_consistent_loss"] = weights.hand_consistent * (
                consistency_loss(abnormal.aac_z, drawings.codes)
                + consistency_loss(normal.aac_z, drawings.empty.expand_as(normal.aac_z))
            )
        if weights.match:
            patients = torch.cat([abnormal.patient, normal.patient])
            terms["match_loss"] = weights.match * matching_loss(
                drawings.codes,
                torch.cat([abnormal.aac_z, normal.aac_z]),
                abnormal.patient[:, None] == patients,
            )
        return terms

    def _reconstructions(self, outputs: PairOutputs) -> tuple[Tensor, Tensor]:
        """R of the normal reconstruction, and the sum of R of both entire ones."""
        normal, abnormal, pictures = outputs.normal, outputs.abnormal, outputs.pictures
        if pictures is None:
            nothing = normal.image.new_zeros(())
            return nothing, nothing
        target = self._reconstruction.target(normal.image)
        normal_rec = self._reconstruction.compare(pictures.normal_only, target).mean()
        entire_normal = self._reconstruction.compare(pictures.normal, target).mean()

        target = self._reconstruction.target(abnormal.image)
        comparison = self._reconstruction.compare(pictures.abnormal, target)
        entire_abnormal = comparison.mean()
        lesion = abnormal.labels > 0
        if self._losses.use_emphasis and bool(lesion.any()):
            entire_abnormal = entire_abnormal + comparison.emphasis(lesion)
        return normal_rec, entire_normal + entire_abnormal

    def _segmentation(self, logits: Tensor | None, labels: Tensor) -> Tensor:
        if logits is None:
            return torch.zeros((), device=labels.device)
        settings = self._losses.dice_loss
        dice = soft_dice_loss(logits, labels, settings.ignore_index, per_class=settings.per_class)
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


def _consistency(half: HalfOutputs) -> Tensor:
    if half.from_labels is None:
        return half.aac_z.new_zeros(())
    return consistency_loss(half.aac_z, half.from_labels)


def _divergence(posterior: Posterior) -> Tensor:
    if posterior.logvar is None:
        return posterior.mu.new_zeros(())
    return standard_normal_divergence(posterior.mu, posterior.logvar)
