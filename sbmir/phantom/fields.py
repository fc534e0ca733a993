"""Smooth random fields and B-spline upsampling, in single precision.

Elementwise arithmetic only: a matrix product would give other last bits with another number of
threads, and a patient has to be the same whoever makes it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.float32]
Shape: TypeAlias = tuple[int, int, int]

_TAPS = 4
# Mean over one cell of the sum of squared weights: what a spline keeps of white noise's variance.
_VARIANCE_KEPT = 151.0 / 315.0


def control_shape(shape: Shape, spacing: float) -> Shape:
    """Number of control points along each axis that a spline over ``shape`` voxels needs."""
    x, y, z = (int((n - 1) / spacing) + _TAPS for n in shape)
    return x, y, z


def upsample(control: Field, shape: Shape, spacing: float) -> Field:
    """Evaluate a uniform cubic B-spline at every voxel of a grid.

    Parameters
    ----------
    control:
        Coefficients, of shape ``control_shape(shape, spacing)``. Coefficient (i, j, k) lies at
        voxel ((i - 1) * spacing, ...); a linear function of the position is reproduced exactly.
    shape, spacing:
        Of the result; voxels between control points.
    """
    values = control
    for axis in (2, 1, 0):  # the first axis goes last: there whole planes are contiguous
        values = _upsample_axis(values, axis, shape[axis], spacing)
    return values


def _upsample_axis(values: Field, axis: int, size: int, spacing: float) -> Field:
    position = np.arange(size) / spacing
    first = position.astype(np.intp)
    t = position - first
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    ).astype(np.float32) / np.float32(6)
    moved = np.moveaxis(values, axis, 0)
    if axis == 0:
        result = np.empty((size, *moved.shape[1:]), np.float32)
        for i, start in enumerate(first):
            plane = weights[0, i] * moved[start]
            for tap in range(1, _TAPS):
                plane += weights[tap, i] * moved[start + tap]
            result[i] = plane
        return result
    total = weights[0, :, None, None] * moved[first]
    for tap in range(1, _TAPS):
        total += weights[tap, :, None, None] * moved[first + tap]
    return np.ascontiguousarray(np.moveaxis(total, 0, axis))


def smooth_noise(rng: np.random.Generator, shape: Shape, spacing: float) -> Field:
    """Draw a smooth Gaussian field of mean 0 and variance about 1.

    ``spacing`` is the distance of the spline's control points in voxels: structures are about
    two to three times as large.
    """
    control = rng.standard_normal(control_shape(shape, spacing), dtype=np.float32)
    return upsample(control / np.float32(_VARIANCE_KEPT**1.5), shape, spacing)


def fine_noise(rng: np.random.Generator, shape: Shape) -> Field:
    """Draw Gaussian noise of variance about 1 whose grain is some two voxels wide."""
    noise = rng.standard_normal(shape, dtype=np.float32)
    return blur(noise, (0.25, 0.25, 0.25)) / np.float32(0.375**1.5)


def blur(values: Field, weights: tuple[float, float, float]) -> Field:
    """Smooth with the kernel (w, 1 - 2w, w) along each axis; the border is repeated."""
    for axis, weight in enumerate(weights):
        if weight == 0:
            continue
        moved = np.moveaxis(values, axis, 0)
        result = moved * np.float32(1 - 2 * weight)
        w = np.float32(weight)
        result[1:] += w * moved[:-1]
        result[:-1] += w * moved[1:]
        result[0] += w * moved[0]
        result[-1] += w * moved[-1]
        values = np.moveaxis(result, 0, axis)
    return values


def smoothstep(values: Field, low: float, high: float) -> Field:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``; ``low`` may be the larger one."""
    t = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    result: Field = t * t * (3 - 2 * t)
    return result
