"""Which part of a result's pictures is shown: the head, without most of the field around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from App.model.result_pictures import ResultPicture

LEAST_EDGE = 0.75
"""Of a picture's edge; most heads fit, so that patients are seen in one size beside each other."""
MARGIN = 0.02
DARK = 20
"""Brightness of 0 to 255 up to which a pixel belongs to the field around the head."""


@dataclass(frozen=True)
class Part:
    """A part of a picture in the proportion of the whole; all in shares of the picture's edges."""

    left: float
    top: float
    edge: float


WHOLE = Part(0.0, 0.0, 1.0)


def part_with_head(pictures: Sequence[ResultPicture]) -> Part:
    """The part of pictures of one slice in which all of the head is."""
    seen = [picture.pixels[:, :, 0] > DARK for picture in pictures if picture.pixels is not None]
    columns = [_ends(np.any(one, axis=0)) for one in seen if one.any()]
    rows = [_ends(np.any(one, axis=1)) for one in seen if one.any()]
    if not columns:
        return WHOLE
    left, right = min(start for start, _ in columns), max(end for _, end in columns)
    top, bottom = min(start for start, _ in rows), max(end for _, end in rows)
    edge = min(max(right - left + 2 * MARGIN, bottom - top + 2 * MARGIN, LEAST_EDGE), 1.0)
    return Part(_start((left + right) / 2, edge), _start((top + bottom) / 2, edge), edge)


def _ends(is_seen: NDArray[np.bool_]) -> tuple[float, float]:
    places = np.flatnonzero(is_seen)
    return float(places[0] / is_seen.size), float((places[-1] + 1) / is_seen.size)


def _start(middle: float, edge: float) -> float:
    """Where a part begins that is as far around a middle as the picture allows."""
    return min(max(middle - edge / 2, 0.0), 1.0 - edge)
