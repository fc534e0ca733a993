"""How well a predicted segmentation overlaps with the true one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST_DENOMINATOR = 1e-5


def dice_per_class(predicted: Tensor, labels: Tensor, n_classes: int) -> Tensor:
    """Dice overlap of every class, averaged over the batch.

    2·|A∩B| / max(|A|+|B|, 1e-5) of each slice; a class that neither map of a slice holds counts
    as 0 there, as in the published log.

    Parameters
    ----------
    predicted, labels:
        (N, H, W) int64 class ids.

    Returns
    -------
    Tensor
        (n_classes,) float32.
    """
    pixels = (1, 2)
    a = F.one_hot(predicted, n_classes)
    b = F.one_hot(labels, n_classes)
    overlap = (a * b).sum(pixels).float()
    total = (a.sum(pixels) + b.sum(pixels)).float()
    return (2 * overlap / torch.clamp(total, min=SMALLEST_DENOMINATOR)).mean(dim=0)
