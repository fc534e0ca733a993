"""Label maps as a hand would draw them, from an expert's.

An expert labels voxels; a hand draws outlines, one within the other, and fills them. Evaluation
searches with such drawings, and training can learn from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass as plain_dataclass
from typing import Annotated, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass
from scipy import ndimage

from sbmir.config.reader import STRICT
from sbmir.labels import TissueClass

REFERENCE_SIZE_PX = 128
"""The edge of the slices for which a hand's pixels are told; they grow with larger slices."""

_GAUSSIAN_REACH = 4.0
"""Standard deviations at which the Gaussian that rounds a contour is cut off."""

_NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Fraction = Annotated[float, Field(ge=0, lt=1)]
_Mask: TypeAlias = NDArray[np.bool_]
_Box: TypeAlias = tuple[slice, slice]
"""Of rows and of columns."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Hand:
    """How unlike a label map a sketch is; every length and amount may be 0.

    Attributes
    ----------
    smoothing_px:
        Standard deviation of the Gaussian that rounds the contours.
    shift_px:
        The farthest that the lesion is drawn from its place.
    scale, turn_deg:
        The largest change of its edge, as a share, and the largest turn to either side.
    """

    smoothing_px: _NotNegative = 2.5
    shift_px: _NotNegative = 3.0
    scale: _Fraction = 0.1
    turn_deg: _NotNegative = 8.0


def drawn(labels: NDArray[np.uint8], hand: Hand, random: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a segmentation as a hand would: closed, rounded contours, a little off their place.

    The outline of the whole lesion holds that of the core (enhancing tumour and necrosis), which
    holds that of the necrosis; each is filled. A region keeps its area, but for the change of
    scale, so that a small lesion does not vanish where its contour is rounded.

    Parameters
    ----------
    labels:
        (rows, columns) uint8 class ids; they stay as they are.
    random:
        Where there is a lesion, four numbers are drawn from it.

    Returns
    -------
    ndarray
        (rows, columns) uint8 class ids.
    """
    sketch = np.zeros_like(labels)
    if not labels.any():
        return sketch
    unit = labels.shape[0] / REFERENCE_SIZE_PX
    sigma_px = hand.smoothing_px * unit
    # All that follows happens near the lesion, where it takes a twentieth of the time; its numbers
    # are those of the whole slice, to the last bit.
    lesion = _box_around(labels > 0)
    placement = _draw_placement(labels[lesion] > 0, _corner(lesion), hand, unit, random)
    reach = int(_GAUSSIAN_REACH * sigma_px + 0.5) + 1  # and a ring of zeros
    source = _grown(lesion, reach, labels.shape)
    target = placement.box_of(source, labels.shape)
    coordinates = placement.coordinates(target, _corner(source))
    outer = np.ones(coordinates.shape[1:], np.bool_)
    for tissue, region in _nested_regions(labels[source]):
        if not region.any():
            continue
        rounded = ndimage.gaussian_filter(
            region.astype(np.float64), sigma_px, truncate=_GAUSSIAN_REACH
        )
        placed = ndimage.map_coordinates(rounded, coordinates, order=1)
        outer &= _largest(placed, round(np.count_nonzero(region) * placement.growth))
        sketch[target][outer] = tissue
    return sketch


@plain_dataclass(frozen=True, eq=False)
class _Placement:
    """A turn and a scale about the lesion's centroid, and a shift.

    Attributes
    ----------
    matrix, offset:
        From a pixel (row, column) of the sketch to that of the label map.
    growth:
        By how much an area grows.
    """

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]
    growth: float

    def coordinates(self, target: _Box, origin: NDArray[np.intp]) -> NDArray[np.float64]:
        """Where the sketch's pixels come from, (2, rows, columns), counted from ``origin``."""
        rows, columns = np.ogrid[target]
        # Subtracting whole numbers last loses nothing: fractions stay those of the whole slice.
        return np.stack(
            [
                (rows * by_row + columns * by_column + offset) - first
                for (by_row, by_column), offset, first in zip(
                    self.matrix, self.offset, origin, strict=True
                )
            ]
        )

    def box_of(self, source: _Box, shape: tuple[int, ...]) -> _Box:
        """The part of the sketch that what lies in ``source`` may reach; a pixel at least."""
        corners = [(row, column) for row in _ends(source[0]) for column in _ends(source[1])]
        reached = np.linalg.solve(self.matrix, (np.array(corners) - self.offset).T)
        low, high = np.floor(reached.min(axis=1)), np.ceil(reached.max(axis=1)) + 1
        rows, columns = (
            slice(min(max(int(first), 0), size - 1), min(max(int(end), 1), size))
            for first, end, size in zip(low, high, shape, strict=True)
        )
        return rows, columns


def _draw_placement(
    lesion: _Mask,
    origin: NDArray[np.intp],
    hand: Hand,
    unit: float,
    random: np.random.Generator,
) -> _Placement:
    """Draw one, with a shift within a disc; ``origin`` is the place of the lesion's first pixel."""
    turn = np.deg2rad(random.uniform(-hand.turn_deg, hand.turn_deg))
    scale = random.uniform(1 - hand.scale, 1 + hand.scale)
    length, direction = (
        hand.shift_px * unit * np.sqrt(random.uniform()),
        random.uniform(0, 2 * np.pi),
    )
    shift = length * np.array([np.sin(direction), np.cos(direction)])
    cosine, sine = np.cos(turn), np.sin(turn)
    matrix = np.array([[cosine, -sine], [sine, cosine]]) / scale
    centre = (np.argwhere(lesion) + origin).mean(axis=0)
    return _Placement(matrix, centre - matrix @ (centre + shift), float(scale * scale))


def _nested_regions(labels: NDArray[np.uint8]) -> Iterator[tuple[TissueClass, _Mask]]:
    """Yield what a hand outlines, from the outermost; a region lies within the one before it."""
    enhancing = labels == TissueClass.ET
    necrosis = _filled(labels == TissueClass.NET)
    core = _filled(enhancing | necrosis)
    yield TissueClass.ED, _filled((labels > 0) | core)
    if enhancing.any():  # else there is no such contour
        yield TissueClass.ET, core
    yield TissueClass.NET, necrosis


def _filled(region: _Mask) -> _Mask:
    if not region.any():
        return region
    filled = region.copy()
    box = _box_around(region)  # holes lie within
    filled[box] = ndimage.binary_fill_holes(region[box])
    return filled


def _largest(values: NDArray[np.float64], count: int) -> _Mask:
    """Tell where the ``count`` largest values are, those as large as the last of them included.

    Zeros are never among them; ``count`` is taken to be 1 at least.
    """
    reached: _Mask = values > 0
    smaller = np.count_nonzero(reached) - max(count, 1)
    if smaller > 0:
        reached = values >= np.partition(values[reached], smaller)[smaller]
    return reached


def _box_around(region: _Mask) -> _Box:
    """The smallest box that holds the region, which is not empty."""
    rows, columns = (
        slice(int(places[0]), int(places[-1]) + 1)
        for places in (np.flatnonzero(region.any(axis=axis)) for axis in (1, 0))
    )
    return rows, columns


def _grown(box: _Box, margin: int, shape: tuple[int, ...]) -> _Box:
    rows, columns = (
        slice(max(side.start - margin, 0), min(side.stop + margin, size))
        for side, size in zip(box, shape, strict=True)
    )
    return rows, columns


def _corner(box: _Box) -> NDArray[np.intp]:
    return np.array([side.start for side in box])


def _ends(side: slice) -> tuple[int, int]:
    return side.start, side.stop - 1
