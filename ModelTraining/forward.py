"""One pass of the five networks over a normal and an abnormal batch.

Both halves go through a network together wherever their gradients allow it: nothing in the
networks mixes the samples of a batch, and a longer batch keeps the processor busier.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from ModelTraining.config import TrainingConfig
from ModelTraining.data.batch import PairedBatch, SliceBatch
from ModelTraining.losses.objective import Drawings, HalfOutputs, PairOutputs, Reconstructions
from sbmir.networks.decoder import Decoder
from sbmir.networks.encoder import Encoder, LabelEncoder, Posterior


class TrainedNetworks(Protocol):
    """Whatever holds the five networks under their published names."""

    nEncoder: Encoder  # noqa: N815
    aEncoder: Encoder  # noqa: N815
    lEncoder: LabelEncoder  # noqa: N815
    iDecoder: Decoder  # noqa: N815
    lDecoder: Decoder  # noqa: N815


@dataclass(frozen=True)
class Wanted:
    """What of a forward pass an objective looks at; all else is not computed.

    Attributes
    ----------
    detached:
        The codes, "nac" or "aac", through which the entire reconstruction sends no gradient.
    normal_path:
        Whether normal codes and reconstructions are.
    segmentation:
        Whether the label maps that are decoded from slices' codes are.
    expert_codes:
        Whether the codes of all slices' label maps are.
    sampled:
        Whether normal codes are drawn from what `nEncoder` says; a frozen one gives its mean, as in
        a search.
    decoded_drawings:
        Whether the label maps that are decoded from drawings' codes are.
    """

    detached: frozenset[str]
    normal_path: bool = True
    segmentation: bool = True
    expert_codes: bool = True
    sampled: bool = True
    decoded_drawings: bool = False

    @classmethod
    def by(cls, config: TrainingConfig) -> Wanted:
        """What the objective of these settings looks at."""
        weights = config.loss_weight
        margin = config.losses.d_aac_margin_loss_type == "kldiv" and weights.d_aac_margin > 0
        return cls(
            detached=frozenset(config.losses.detach_at_e_rec),
            normal_path=weights.recon > 0 or weights.h_nac_vae > 0 or margin,
            segmentation=weights.seg > 0,
            expert_codes=weights.consistent > 0
            or (weights.label_seg > 0 and config.dataset.hand_drawing is None),
            sampled="nEncoder" not in config.run.frozen,
            decoded_drawings=weights.label_seg > 0,
        )


def forward_pair(networks: TrainedNetworks, batch: PairedBatch, wanted: Wanted) -> PairOutputs:
    """Run the networks as a training step needs them."""
    normal, abnormal = batch.normal, batch.abnormal
    count = len(normal.labels)
    images = torch.cat([normal.image, abnormal.image])
    labels = torch.cat([normal.labels, abnormal.labels])

    aac = _encode(networks.aEncoder, images)
    nac = abnormal_nac = Posterior(torch.zeros_like(aac.mu[:count]))
    if wanted.normal_path:
        nac = _encode(networks.nEncoder, normal.image)
        # Nothing but the entire reconstruction would carry a gradient to the normal code here.
        with torch.set_grad_enabled(torch.is_grad_enabled() and "nac" not in wanted.detached):
            abnormal_nac = _encode(networks.nEncoder, abnormal.image)
    if not wanted.sampled:
        nac, abnormal_nac = Posterior(nac.mu), Posterior(abnormal_nac.mu)
    z, aac_z = nac.sample(), aac.sample()
    experts, drawn = _encode_maps(networks.lEncoder, labels, abnormal, images.dtype, wanted)
    logits, drawn_logits = _decode_maps(networks.lDecoder, aac_z, drawn, wanted)

    pictures = None
    if wanted.normal_path:
        base = _detach(torch.cat([z, abnormal_nac.mu]), "nac" in wanted.detached)
        entire = base + _detach(aac_z, "aac" in wanted.detached)
        decoded = networks.iDecoder(torch.cat([z, entire])).float()
        pictures = Reconstructions(
            normal_only=decoded[:count],
            normal=decoded[count : count + len(z)],
            abnormal=decoded[count + len(z) :],
        )
    return PairOutputs(
        normal=HalfOutputs(
            image=normal.image,
            labels=normal.labels,
            patient=normal.patient,
            nac=nac,
            z=z,
            aac=_part(aac, slice(None, count)),
            aac_z=aac_z[:count],
            from_labels=None if experts is None else experts[:count],
            logits=None if logits is None else logits[:count],
        ),
        abnormal=HalfOutputs(
            image=abnormal.image,
            labels=abnormal.labels,
            patient=abnormal.patient,
            nac=abnormal_nac,
            z=abnormal_nac.sample(),
            aac=_part(aac, slice(count, None)),
            aac_z=aac_z[count:],
            from_labels=None if experts is None else experts[count:],
            logits=None if logits is None else logits[count:],
        ),
        pictures=pictures,
        drawings=drawn and replace(drawn, logits=drawn_logits),
    )


def _decode_maps(
    decoder: Decoder, aac: Tensor, drawn: Drawings | None, wanted: Wanted
) -> tuple[Tensor | None, Tensor | None]:
    """The segmentations of the slices and of the drawings, where anything is asked of them."""
    codes = [aac] if wanted.segmentation else []
    if wanted.decoded_drawings and drawn is not None:
        codes.append(drawn.codes)
    if not codes:
        return None, None
    logits = decoder(torch.cat(codes)).float()
    slices = len(aac) if wanted.segmentation else 0
    return logits[:slices] if slices else None, logits[slices:] if len(logits) > slices else None


def _encode_maps(
    encoder: LabelEncoder,
    labels: Tensor,
    abnormal: SliceBatch,
    dtype: torch.dtype,
    wanted: Wanted,
) -> tuple[Tensor | None, Drawings | None]:
    """Encode the experts' label maps of all slices, and drawings after those with a lesion."""
    hand = abnormal.hand_labels
    maps = [labels] if wanted.expert_codes else []
    if hand is not None:
        maps += [hand, torch.zeros_like(hand[:1])]
    if not maps:
        return None, None
    codes = encoder(torch.cat(maps)[:, None].to(dtype)).float()
    experts = codes[: len(labels)] if wanted.expert_codes else None
    if hand is not None:
        return experts, Drawings(hand, codes[-len(hand) - 1 : -1], codes[-1:])
    if not wanted.decoded_drawings:
        return experts, None
    # The other half has no lesion: each of its label maps is empty.
    return experts, Drawings(abnormal.labels, codes[-len(abnormal.labels) :], codes[:1])


def _encode(encoder: Encoder, images: Tensor) -> Posterior:
    """What the encoder says, in float32: a log-variance is not safe in less."""
    posterior = encoder.distribution(images)
    logvar = None if posterior.logvar is None else posterior.logvar.float()
    return Posterior(posterior.mu.float(), logvar)


def _part(posterior: Posterior, rows: slice) -> Posterior:
    logvar = None if posterior.logvar is None else posterior.logvar[rows]
    return Posterior(posterior.mu[rows], logvar)


def _detach(code: Tensor, detached: bool) -> Tensor:
    return code.detach() if detached else code
