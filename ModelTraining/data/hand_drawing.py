"""Label maps as a hand would draw them, from expert ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage
from torch import Generator, Tensor

from ModelTraining.data.batch import SliceBatch
from ModelTraining.data.blur import smoothed
from ModelTraining.data.transform import uniform
from sbmir.labels import PAINT_ORDER, TissueClass

_CONTENTS = {
    TissueClass.ED: (TissueClass.NET, TissueClass.ED, TissueClass.ET),
    TissueClass.ET: (TissueClass.NET, TissueClass.ET),
    TissueClass.NET: (TissueClass.NET,),
}
"""What lies inside the outline with which a structure is drawn."""


@dataclass(frozen=True)
class HandDrawing:
    """Adds to each label map one that a hand might have drawn instead.

    A hand draws outlines, one inside the other: oedema around all, enhancing tumour around the
    core, the necrotic core. What is inside an outline is filled, its edge is smooth, and it is a
    little off in place, size and direction. Sketches are made of such shapes, expert labels are
    not.

    Attributes
    ----------
    smoothing_px:
        Standard deviation of the Gaussian that smooths an outline; 0 leaves it as it is.
    shift_px, scale, turn_deg:
        Largest displacement along each axis, relative change of size, and angle, about the centre
        of the whole lesion.
    """

    smoothing_px: float
    shift_px: float
    scale: float
    turn_deg: float

    def __call__(self, batch: SliceBatch, generator: Generator) -> SliceBatch:
        """Return the batch with ``hand_labels``; images and labels stay."""
        outlines = _filled_outlines(batch.labels)
        placement = self._placement(outlines[:, 0], generator)
        soft = outlines.float()
        if self.smoothing_px:
            soft = smoothed(soft, torch.full((len(soft),), self.smoothing_px))
        grid = F.affine_grid(placement, list(soft.shape), align_corners=False)
        moved = F.grid_sample(soft, grid, "bilinear", align_corners=False)
        # Half of the largest value: half of 1, and less where something is too small to reach it,
        # which would be drawn nevertheless.
        inside = moved > 0.5 * moved.amax(dim=(2, 3), keepdim=True)
        drawn = torch.zeros_like(batch.labels)
        for tissue, region in zip(PAINT_ORDER, inside.unbind(1), strict=True):
            drawn[region] = int(tissue)
        return batch._replace(hand_labels=drawn)

    def _placement(self, lesion: Tensor, generator: Generator) -> Tensor:
        """Draw (N, 2, 3) matrices from output to input coordinates, as `affine_grid` has them."""
        count, height, width = lesion.shape
        turn = math.radians(self.turn_deg)
        angle = uniform(count, -turn, turn, generator)
        size = 1 + uniform(count, -self.scale, self.scale, generator)
        shift = uniform(2 * count, -self.shift_px, self.shift_px, generator).view(count, 2)
        matrix = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1)
        matrix = (matrix / size[:, None]).view(count, 2, 2).to(lesion.device)
        edges = torch.tensor([width, height], device=lesion.device)
        centre = _centre(lesion)
        goal = centre + 2 * shift.to(lesion.device) / edges
        origin = centre[:, :, None] - matrix @ goal[:, :, None]
        return torch.cat([matrix, origin], dim=2)


def _filled_outlines(labels: Tensor) -> Tensor:
    """What each outline of PAINT_ORDER encloses, (N, 3, H, W) bool, holes included."""
    ids = labels.cpu().numpy()
    regions = [np.isin(ids, _CONTENTS[tissue]) for tissue in PAINT_ORDER]
    filled = [[_fill(mask) for mask in region] for region in regions]
    return torch.from_numpy(np.stack(filled, axis=1)).to(labels.device)


def _fill(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    filled = mask.copy()
    for box in ndimage.find_objects(mask.astype(np.uint8)):  # holes lie within: sooner than all
        filled[box] = ndimage.binary_fill_holes(mask[box])
    return filled


def _centre(lesion: Tensor) -> Tensor:
    """Centre of mass (N, 2) of (N, H, W) bool as (x, y) from -1 to 1; 0 where there is none."""
    weights = lesion.float()
    amount = weights.sum(dim=(1, 2)).clamp(min=1)
    places = []
    for axis, length in ((1, lesion.shape[2]), (2, lesion.shape[1])):
        at = (2 * torch.arange(length, device=lesion.device) + 1) / length - 1
        places.append((weights.sum(dim=axis) * at).sum(dim=1) / amount)
    return torch.stack(places, dim=1)
