"""Label maps of a batch as a hand would draw them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator

from ModelTraining.data.batch import SliceBatch
from sbmir.hand import Hand, drawn


@dataclass(frozen=True)
class HandDrawing:
    """Adds to each label map one that a hand might have drawn instead.

    It is drawn as the simulated reader of an evaluation draws, a millisecond a map of 128 pixels.
    """

    hand: Hand

    def __call__(self, batch: SliceBatch, generator: Generator) -> SliceBatch:
        """Return the batch with ``hand_labels``; images and labels stay."""
        seed = int(torch.randint(2**63 - 1, (), generator=generator))
        random = np.random.default_rng(seed)
        label_maps = batch.labels.to("cpu", torch.uint8).numpy()
        sketches = np.stack([drawn(labels, self.hand, random) for labels in label_maps])
        return batch._replace(hand_labels=torch.from_numpy(sketches).to(batch.labels))
