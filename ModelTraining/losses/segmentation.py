"""How well predicted logits fit a label map: soft Dice and focal loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST_DENOMINATOR = 1e-5
FOCAL_MARGIN = 1e-6


def soft_dice_loss(
    logits: Tensor, labels: Tensor, ignore_index: int, *, per_class: bool = False
) -> Tensor:
    """One minus the Dice overlap of softmax probabilities with the labels.

    Plain sums over the batch, the pixels and all classes but ``ignore_index``: no squares and no
    smoothing.

    Parameters
    ----------
    logits:
        (N, classes, H, W) float32.
    labels:
        (N, H, W) int64 class ids.
    ignore_index:
        The class left out, usually the background.
    per_class:
        The mean over the classes that the batch has, each with an overlap of its own, instead of
        one overlap of all classes together, in which small structures hardly count.

    Returns
    -------
    Tensor
        A scalar; 0, without gradient, where no pixel of the batch belongs to a class that counts.
    """
    if not bool((labels != ignore_index).any()):
        return logits.new_zeros(())
    counted = [c for c in range(logits.shape[1]) if c != ignore_index]
    probabilities = logits.softmax(dim=1)
    if per_class:
        return _mean_over_classes(probabilities, labels, counted)
    overlap = (probabilities.gather(1, labels[:, None])[:, 0] * (labels != ignore_index)).sum()
    total = probabilities[:, counted].sum() + (labels != ignore_index).sum()
    return 1 - 2 * overlap / total.clamp(min=SMALLEST_DENOMINATOR)


def _mean_over_classes(probabilities: Tensor, labels: Tensor, counted: list[int]) -> Tensor:
    losses = []
    for c in counted:
        truth = labels == c
        if bool(truth.any()):
            total = probabilities[:, c].sum() + truth.sum()
            losses.append(1 - 2 * probabilities[:, c][truth].sum() / total)
    return torch.stack(losses).mean()


def focal_loss(logits: Tensor, labels: Tensor, gamma: float) -> Tensor:
    """Cross-entropy that fades where the class is already likely (Lin et al. 2017), without alpha.

    Parameters
    ----------
    logits:
        (N, classes, H, W) float32.
    labels:
        (N, H, W) int64 class ids.

    Returns
    -------
    Tensor
        The mean over batch and pixels, a scalar.
    """
    log_likelihood = F.log_softmax(logits, dim=1).gather(1, labels[:, None])[:, 0]
    # The probability is kept off 0 and 1 so that its power has a gradient; the logarithm is not.
    likelihood = log_likelihood.exp().clamp(FOCAL_MARGIN, 1 - FOCAL_MARGIN)
    return -(torch.pow(1 - likelihood, gamma) * log_likelihood).mean()
