"""What is asked of the anatomy codes themselves.

Codes are (N, width, s, s) float32 throughout; every function returns a scalar.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def consistency_loss(abnormal: Tensor, from_labels: Tensor) -> Tensor:
    """Pull the abnormal codes of an image and of its label map towards each other.

    The mean of ``|sg(a) - r| + |a - sg(r)|``: each side sees the other as fixed, so both encoders
    move, each by its own gradient.
    """
    return (abnormal.detach() - from_labels).abs().mean() + (
        abnormal - from_labels.detach()
    ).abs().mean()


MATCH_REACH = 4.0
MATCH_EXPONENT = 4.0
_NEVER = -1e9


def matching_loss(sketched: Tensor, slices: Tensor, same_patient: Tensor) -> Tensor:
    """How hard it is to tell from a sketch's code which of many slices it was drawn after.

    The cross-entropy of choosing sketch i's slice i (InfoNCE; van den Oord et al. 2018). A slice
    is chosen the more likely the nearer its code: (1 + 4 d²/v)⁻⁴, with v the total variance of all
    codes, so that their scale does not matter, and with the heavy tail of t-SNE's kernel (van der
    Maaten and Hinton 2008), so that a hopeless sketch does not outweigh all others. Distances are
    between deviations from the mean of the sketches and from that of their slices: while two
    encoders have learnt nothing yet, the offset between them would hide all else, and matching
    would hold them where they are. Bringing the means together is what consistency is for.

    Parameters
    ----------
    sketched:
        Codes of N sketches.
    slices:
        Codes of M ≥ N slices; sketch i is of slice i.
    same_patient:
        (N, M) bool. Another slice of the sketch's own patient is no wrong answer: a search would
        count it as found.
    """
    queries = (sketched - sketched.mean(dim=0)).flatten(1)
    keys = (slices - slices[: len(sketched)].mean(dim=0)).flatten(1)
    spread = torch.cat([queries, keys]).var(dim=0).sum()
    squares = torch.cdist(queries, keys, compute_mode="donot_use_mm_for_euclid_dist").square()
    likelihood = -MATCH_EXPONENT * torch.log1p(MATCH_REACH * squares / spread)
    own = torch.eye(*squares.shape, dtype=torch.bool, device=squares.device)
    likelihood = likelihood.masked_fill(same_patient & ~own, _NEVER)
    return F.cross_entropy(likelihood, torch.arange(len(queries), device=squares.device))


def standard_normal_divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL divergence from the standard normal (Kingma and Welling 2014).

    Summed over the channels, averaged over batch and positions.
    """
    return (-0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(dim=1)).mean()


def code_norm(code: Tensor) -> Tensor:
    """Euclidean norm of the whole tensor, batch included, as the published objective has it."""
    norm: Tensor = torch.linalg.vector_norm(code)
    return norm


def softmax_divergence(healthy: Tensor, normal: Tensor, abnormal: Tensor) -> Tensor:
    """How far slices with a lesion are from healthy ones: KL(p ‖ q) of softmaxes over channels.

    p = softmax(sg(healthy)), q = softmax(sg(normal) + abnormal); summed over channels and
    positions, divided by the batch size. Only the abnormal code gets a gradient.

    Parameters
    ----------
    healthy:
        Normal codes of slices without a lesion.
    normal, abnormal:
        Both codes of as many slices with a lesion.
    """
    p = F.log_softmax(healthy.detach(), dim=1)
    q = F.log_softmax(normal.detach() + abnormal, dim=1)
    return F.kl_div(q, p, reduction="batchmean", log_target=True)
