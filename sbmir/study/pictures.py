"""Pictures of a study's answers: the slice that was sketched on, the sketch, and both."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sbmir.labels import TissueClass

SKETCH_COLORS: Mapping[TissueClass, tuple[int, int, int]] = {
    TissueClass.ED: (242, 208, 36),
    TissueClass.ET: (165, 96, 44),
    TissueClass.NET: (37, 195, 216),
}
"""Of the classes in ``sketch_image.png``; on black."""

SKETCH_OPACITY = 0.7
"""Of a sketch that is laid over its slice."""

BRIGHTEST = 99.5
"""Percentile of a slice's values that is white."""


def template_picture(template: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Paint the channels of a slice (channels, rows, columns) side by side, in grey levels."""
    return np.concatenate([_grey(channel) for channel in template], axis=1)


def sketch_picture(sketch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Paint class ids (rows, columns): (rows, columns, 3) uint8."""
    picture = np.zeros((*sketch.shape, 3), np.uint8)
    for tissue, color in SKETCH_COLORS.items():
        picture[sketch == tissue] = color
    return picture


def drawn_picture(template: NDArray[np.float32], sketch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay a sketch over the first channel of its slice: (rows, columns, 3) uint8."""
    picture = np.repeat(_grey(template[0])[:, :, np.newaxis], 3, axis=2)
    is_drawn = sketch > 0
    above, below = sketch_picture(sketch)[is_drawn], picture[is_drawn]
    mixed = SKETCH_OPACITY * above + (1 - SKETCH_OPACITY) * below
    picture[is_drawn] = np.round(mixed).astype(np.uint8)
    return picture


def _grey(channel: NDArray[np.float32]) -> NDArray[np.uint8]:
    """From the lowest value, which is that of the air, to the brightest but for a few."""
    low, high = float(channel.min()), float(np.percentile(channel, BRIGHTEST))
    levels: NDArray[np.uint8] = np.round(
        np.clip((channel - low) / max(high - low, 1e-6), 0, 1) * 255
    ).astype(np.uint8)
    return levels
