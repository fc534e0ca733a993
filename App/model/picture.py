"""A slice as grey levels in the size in which it is shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def grey_levels(
    picture: NDArray[np.float32], window: tuple[float, float], size_rc: tuple[int, int]
) -> NDArray[np.uint8]:
    """Scale a slice picture smoothly and window it.

    It is scaled in float before it is cut into 256 levels, so that smooth tissue has no steps.

    Parameters
    ----------
    picture:
        (rows, columns) values.
    window:
        The values that become black and white.
    size_rc:
        Rows and columns of the screen's own pixels.

    Returns
    -------
    ``size_rc`` uint8, C-ordered.
    """
    rows, columns = size_rc
    image = Image.fromarray(np.ascontiguousarray(picture, np.float32))
    scaled = np.asarray(image.resize((columns, rows), Image.Resampling.BICUBIC))
    low, high = window
    levels = (scaled - low) * (255.0 / (high - low)) + 0.5
    return np.clip(levels, 0, 255).astype(np.uint8)
