"""One pass of the five networks over a normal and an abnormal batch.

Both halves go through a network together wherever their gradients allow it: nothing in the
networks mixes the samples of a batch, and a longer batch keeps the processor busier.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import torch
from torch import Tensor

from ModelTraining.data.batch import PairedBatch
from ModelTraining.losses.objective import HalfOutputs, PairOutputs
from sbmir.networks.decoder import Decoder
from sbmir.networks.encoder import Encoder, LabelEncoder, Posterior


class TrainedNetworks(Protocol):
    """Whatever holds the five networks under their published names."""

    nEncoder: Encoder  # noqa: N815
    aEncoder: Encoder  # noqa: N815
    lEncoder: LabelEncoder  # noqa: N815
    iDecoder: Decoder  # noqa: N815
    lDecoder: Decoder  # noqa: N815


def forward_pair(
    networks: TrainedNetworks,
    batch: PairedBatch,
    detached: Collection[str],
    *,
    decode_labels: bool = False,
) -> PairOutputs:
    """Run the networks as a training step needs them.

    Parameters
    ----------
    detached:
        The codes, "nac" or "aac", through which the entire reconstruction sends no gradient.
    decode_labels:
        Also decode the abnormal half's label maps from their codes.
    """
    normal, abnormal = batch.normal, batch.abnormal
    count = len(normal.labels)
    images = torch.cat([normal.image, abnormal.image])
    labels = torch.cat([normal.labels, abnormal.labels])

    nac = _encode(networks.nEncoder, normal.image)
    # Nothing but the entire reconstruction would carry a gradient to the normal code here.
    with torch.set_grad_enabled(torch.is_grad_enabled() and "nac" not in detached):
        abnormal_nac = _encode(networks.nEncoder, abnormal.image)
    aac = _encode(networks.aEncoder, images)
    z, aac_z = nac.sample(), aac.sample()
    hand = abnormal.hand_labels
    drawn = labels if hand is None else torch.cat([labels, hand])
    from_labels = networks.lEncoder(drawn[:, None].to(images.dtype)).float()
    decoded = torch.cat([aac_z, from_labels[count : len(labels)]]) if decode_labels else aac_z
    logits = networks.lDecoder(decoded).float()

    base = torch.cat([z, abnormal_nac.mu])
    entire_code = _detach(base, "nac" in detached) + _detach(aac_z, "aac" in detached)
    pictures = networks.iDecoder(torch.cat([z, entire_code])).float()
    entire = pictures[count:]
    return PairOutputs(
        normal=HalfOutputs(
            image=normal.image,
            labels=normal.labels,
            nac=nac,
            z=z,
            aac=_part(aac, slice(None, count)),
            aac_z=aac_z[:count],
            from_labels=from_labels[:count],
            entire=entire[:count],
            logits=logits[:count],
        ),
        abnormal=HalfOutputs(
            image=abnormal.image,
            labels=abnormal.labels,
            nac=abnormal_nac,
            z=abnormal_nac.sample(),
            aac=_part(aac, slice(count, None)),
            aac_z=aac_z[count:],
            from_labels=from_labels[count : len(labels)],
            entire=entire[count:],
            logits=logits[count : len(images)],
        ),
        label_logits=logits[len(images) :] if decode_labels else None,
        from_hand=None if hand is None else from_labels[len(labels) :],
        normal_only=pictures[:count],
    )


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
