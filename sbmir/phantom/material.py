"""The material of synthetic anatomy: the MNI template and what is computed from it once.

It is the ICBM 152 nonlinear 2009a average (Fonov et al. 2011, NeuroImage 54:313-327): T1 and the
maps of grey and white matter, at 1 mm, as the package nilearn carries them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sbmir.phantom.fields import Field

OUTSIDE_MM = -20.0
"""Distances from a surface are cut off here."""

_MARGIN = 8


@dataclass(frozen=True, eq=False)
class Material:
    """The template's maps, with axes pointing to L, P, S as BraTS's do; all (X, Y, Z) float32.

    Attributes
    ----------
    grey, white:
        Share of the tissue in a voxel, 0 to 1.
    t1:
        Mean T1 intensity, 0 to 1.
    depth_mm:
        Distance from the surface of the brain, negative outside.
    ventricle_mm:
        Distance from the lateral and third ventricles, negative inside.
    origin_mm:
        MNI coordinates (left, posterior, superior positive) of voxel (0, 0, 0).
    sites:
        (N, 3) voxels of the hemispheres where a glioma may start.
    """

    grey: Field
    white: Field
    t1: Field
    depth_mm: Field
    ventricle_mm: Field
    origin_mm: NDArray[np.float64]
    sites: NDArray[np.int16]

    @property
    def midline(self) -> float:
        """First voxel coordinate of the plane between the hemispheres."""
        return float(-self.origin_mm[0])


@lru_cache(maxsize=1)
def load_material() -> Material:
    """Load and prepare the template; once in a process, as it takes some seconds."""
    with warnings.catch_warnings():
        # What nilearn says about its own future and dependencies is nothing a user can act on.
        warnings.simplefilter("ignore")
        from nilearn import datasets

        template = datasets.load_mni152_template(resolution=1)
        images = [
            template,
            datasets.load_mni152_gm_template(resolution=1),
            datasets.load_mni152_wm_template(resolution=1),
        ]
    # RAS to LPS; room around the brain and below it, where the template ends.
    t1, grey, white = (
        np.pad(np.asarray(image.dataobj, np.float32)[::-1, ::-1], _MARGIN) for image in images
    )
    last_mm = template.affine[:3, 3] + np.array(template.shape) - 1
    origin_mm = np.array([-last_mm[0], -last_mm[1], template.affine[2, 3]]) - _MARGIN
    brain = ndimage.binary_fill_holes(t1 > 0)
    box = tuple(
        slice(max(int(found.min()) - _MARGIN, 0), int(found.max()) + _MARGIN + 1)
        for found in np.nonzero(brain)
    )
    origin_mm = origin_mm + np.array([part.start for part in box])
    return _prepare(t1[box], grey[box], white[box], brain[box], origin_mm)


def _prepare(
    t1: Field, grey: Field, white: Field, brain: NDArray[np.bool_], origin_mm: NDArray[np.float64]
) -> Material:
    # The template is cut off below, where the spinal cord goes on: no surface there.
    bottom = int(np.nonzero(brain)[2].min())
    continued = brain.copy()
    continued[:, :, :bottom] = brain[:, :, bottom, None]
    depth_mm = _signed_distance(continued)
    fluid = brain & (grey + white < 0.45)
    ventricle_mm = _distance_around(_ventricles(fluid, depth_mm, origin_mm))
    x, y, z = (np.arange(n) + o for n, o in zip(t1.shape, origin_mm, strict=True))
    hindbrain = below_tentorium(x[:, None, None], y[None, :, None], z[None, None, :])
    supply = white + 0.3 * grey
    usable = (depth_mm > 4) & (supply > 0.25) & ~hindbrain & (np.abs(x) > 5)[:, None, None]
    sites = np.argwhere(usable)[::7].astype(np.int16)
    return Material(grey, white, t1, depth_mm, ventricle_mm, origin_mm, sites)


def _signed_distance(inside: NDArray[np.bool_]) -> Field:
    within = ndimage.distance_transform_edt(inside)
    outside = ndimage.distance_transform_edt(~inside)
    distance: Field = np.where(inside, within - 0.5, 0.5 - outside).astype(np.float32)
    return np.maximum(distance, np.float32(OUTSIDE_MM))


def _distance_around(inside: NDArray[np.bool_]) -> Field:
    """Distance from a small part of the volume, up to ``-OUTSIDE_MM``, negative inside."""
    distance = np.full(inside.shape, -OUTSIDE_MM, np.float32)
    reach = int(-OUTSIDE_MM) + 1
    near = tuple(
        slice(max(int(found.min()) - reach, 0), int(found.max()) + reach + 1)
        for found in np.nonzero(inside)
    )
    distance[near] = -_signed_distance(inside[near])
    return distance


def _ventricles(
    fluid: NDArray[np.bool_], depth_mm: Field, origin_mm: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Find the lateral and the third ventricles among the spaces filled with fluid."""
    spaces, _ = ndimage.label(fluid & (depth_mm > 14))
    found = np.zeros(fluid.shape, bool)
    for seed_mm in ((-14.0, 15.0, 15.0), (14.0, 15.0, 15.0)):  # bodies of the lateral ventricles
        i, j, k = np.round(np.array(seed_mm) - origin_mm).astype(int)
        near = spaces[i - 6 : i + 7, j - 12 : j + 13, k - 6 : k + 7]
        labels = np.unique(near[near > 0])
        found |= np.isin(spaces, labels)
    x, y, z = (np.arange(n) + o for n, o in zip(fluid.shape, origin_mm, strict=True))
    third = (
        (np.abs(x) < 5)[:, None, None]
        & ((y > -8) & (y < 28))[None, :, None]
        & ((z > -12) & (z < 10))[None, None, :]
    )
    lateral = ((np.abs(x) < 40)[:, None, None]) & ((z > -20) & (z < 40))[None, None, :]
    ventricles: NDArray[np.bool_] = (found & lateral) | (fluid & third)
    return ventricles


def below_tentorium(
    x_mm: NDArray[np.floating], y_mm: NDArray[np.floating], z_mm: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Roughly the cerebellum and the brain stem (MNI coordinates, L, P, S positive)."""
    tentorium_mm = -8 - 0.22 * np.abs(x_mm) - 0.12 * np.maximum(y_mm - 50, 0)
    cerebellum = (y_mm > 32) & (z_mm < tentorium_mm)
    stem = (np.abs(x_mm) < 18) & (y_mm > 8) & (z_mm < -6)
    result: NDArray[np.bool_] = cerebellum | stem
    return result
