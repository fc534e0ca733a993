"""What travels from the loaders to the training step."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class SliceBatch(NamedTuple):
    """Slices and their label maps.

    A named tuple, because loaders and trainer know how to stack and move one.

    Attributes
    ----------
    image:
        (N, C, H, W) float32, z-scored over the volume's brain.
    labels:
        (N, H, W) int64 class ids.
    patient:
        (N,) int64, which patient of those that are trained on a slice is of.
    hand_labels:
        The label maps as a hand might draw them, where the settings ask for it.
    """

    image: Tensor
    labels: Tensor
    patient: Tensor
    hand_labels: Tensor | None = None


class PairedBatch(NamedTuple):
    """Half a batch of slices without a lesion, half a batch with one."""

    normal: SliceBatch
    abnormal: SliceBatch
