"""Healthy anatomy of a synthetic patient: the MNI template, bent into another person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sbmir.phantom.fields import Field, Shape, control_shape, smooth_noise, smoothstep, upsample
from sbmir.phantom.material import OUTSIDE_MM, Material, below_tentorium

BRATS_SHAPE: Shape = (240, 240, 155)
BOX = (slice(40, 198), slice(32, 222), slice(0, 150))
"""Part of BraTS's grid that a brain may fill; everything is computed in it alone."""
BOX_SHAPE: Shape = (158, 190, 150)

_CONTROL_SPACING = 6.0

# Where the middle of the template lies in BraTS's grid, and how much smaller a brain is there
# (BraTS follows the SRI24 atlas); means over brains of the collection.
_CENTRE_IN_BRATS = np.array([118.5, 129.0, 69.0])
_SCALE = np.array([0.945, 0.93, 0.90])


@dataclass(frozen=True, eq=False)
class Placement:
    """Affine map from voxels of `BOX` to voxels of the material."""

    matrix: NDArray[np.float64]
    offset: NDArray[np.float64]

    def to_box(self, voxel: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where a voxel of the material comes to lie in `BOX`."""
        return np.asarray(np.linalg.solve(self.matrix, voxel - self.offset), np.float64)


def draw_placement(rng: np.random.Generator, material: Material) -> Placement:
    """Draw size, tilt and position of a head, as they vary in BraTS's registered volumes."""
    pitch, roll, yaw = np.deg2rad(rng.normal(0, [4.0, 2.5, 2.5]))
    cp, sp, cr, sr, cy, sy = (f(angle) for angle in (pitch, roll, yaw) for f in (np.cos, np.sin))
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_y = np.array([[cr, 0, sr], [0, 1, 0], [-sr, 0, cr]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    shear = np.eye(3) + np.triu(rng.normal(0, 0.02, (3, 3)), 1)
    scale = _SCALE * rng.normal(1, 0.025) * rng.normal(1, 0.02, 3)
    matrix = about_x @ about_y @ about_z @ shear @ np.diag(1 / scale)
    middle = np.array([-material.origin_mm[0], 17.0 - material.origin_mm[1], 0.0])
    middle[2] = 5.0 - material.origin_mm[2]
    corner = np.array([part.start for part in BOX])
    centre = _CENTRE_IN_BRATS - corner + rng.normal(0, [1.0, 2.0, 3.0])
    return Placement(matrix, middle - matrix @ centre)


@dataclass(frozen=True)
class Mass:
    """A growing lesion that pushes the anatomy aside.

    ``centre`` in voxels of `BOX`; the tissue at ``radius_mm`` from it has come from
    ``push_mm`` further inside; the push fades over ``reach_mm``.
    """

    centre: tuple[float, float, float]
    radius_mm: float
    push_mm: float
    reach_mm: float


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Healthy tissue of one patient; (X, Y, Z) float32 in `BOX`, 0 outside the brain.

    Attributes
    ----------
    brain:
        What is left after skull stripping, bool.
    fluid, grey, white:
        Shares of a voxel, together 1 inside the brain.
    detail:
        How much brighter than its tissues the template's T1 is, in units of its white matter.
    depth_mm, ventricle_mm:
        As in `Material`.
    edge_mm:
        Distance from where skull stripping has cut.
    side_mm:
        Distance from the midline, positive to the left.
    hindbrain:
        Roughly the cerebellum and the brain stem, bool.
    """

    brain: NDArray[np.bool_]
    fluid: Field
    grey: Field
    white: Field
    detail: Field
    depth_mm: Field
    edge_mm: Field
    ventricle_mm: Field
    side_mm: Field
    hindbrain: NDArray[np.bool_]


def make_anatomy(
    rng: np.random.Generator, material: Material, placement: Placement, masses: list[Mass]
) -> Anatomy:
    """Bend the material into one person's brain."""
    coordinates = _bend(rng, material, placement, masses)
    depth_mm = _sample(material.depth_mm, coordinates, OUTSIDE_MM)
    # Skull stripping leaves more or less of the fluid around the brain.
    stripping_mm = rng.uniform(-1.6, 0.8) + 0.9 * smooth_noise(rng, BOX_SHAPE, 14)
    brain = depth_mm > stripping_mm
    inside = np.nonzero(brain)
    at = coordinates[:, inside[0], inside[1], inside[2]]
    grey, white, t1 = (_sample(m, at, 0.0) for m in (material.grey, material.white, material.t1))
    fluid, grey, white = _individual_tissue(rng, grey, white, _creases(rng)[inside])
    detail = (t1 - (0.33 * fluid + 0.65 * grey + 0.87 * white)) / np.float32(0.87)
    detail *= depth_mm[inside] > 1.5
    at_mm = at + material.origin_mm.astype(np.float32)[:, None]

    def spread(values: Field) -> Field:
        volume = np.zeros(BOX_SHAPE, np.float32)
        volume[inside] = values
        return volume

    hindbrain = np.zeros(BOX_SHAPE, bool)
    hindbrain[inside] = below_tentorium(*at_mm)
    return Anatomy(
        brain=brain,
        fluid=spread(fluid),
        grey=spread(grey),
        white=spread(white),
        detail=spread(detail),
        depth_mm=depth_mm,
        edge_mm=depth_mm - stripping_mm,
        ventricle_mm=spread(_sample(material.ventricle_mm, at, 99.0)),
        side_mm=spread(at_mm[0]),
        hindbrain=hindbrain,
    )


def _sample(volume: Field, coordinates: Field, outside: float) -> Field:
    result: Field = ndimage.map_coordinates(
        volume, coordinates, order=1, mode="constant", cval=outside, output=np.float32
    )
    return result


def _individual_tissue(
    rng: np.random.Generator, grey: Field, white: Field, crease: Field
) -> tuple[Field, Field, Field]:
    """Sharpen an average of many brains to the tissues of one, with more or less atrophy.

    ``crease`` (0 to 1) is where this brain has sulci that the average has lost.
    """
    fluid = np.clip(1 - grey - white, 0, 1)
    atrophy = np.float32(np.exp(rng.normal(0.9, 0.5)))
    fluid = fluid * fluid * atrophy + crease * smoothstep(grey, 0.55, 0.95)
    grey, white = grey * grey, white * white
    total = fluid + grey + white + np.float32(1e-6)
    return fluid / total, grey / total, white / total


def _creases(rng: np.random.Generator) -> Field:
    """Draw winding sheets, thin and mostly faint: the surfaces on which a smooth field is 0."""
    sheet = np.abs(smooth_noise(rng, BOX_SHAPE, 5.0))
    strength = np.clip(0.5 + 0.5 * smooth_noise(rng, BOX_SHAPE, 12.0), 0, 1)
    creases: Field = smoothstep(sheet, rng.uniform(0.15, 0.35), 0.0) * strength
    return creases


def _bend(
    rng: np.random.Generator, material: Material, placement: Placement, masses: list[Mass]
) -> Field:
    """Where in the material each voxel of `BOX` comes from; (3, X, Y, Z) in voxels."""
    shape = control_shape(BOX_SHAPE, _CONTROL_SPACING)
    points = (np.indices(shape, dtype=np.float32) - 1) * np.float32(_CONTROL_SPACING)
    plain = np.einsum("ij,jxyz->ixyz", placement.matrix, points.astype(np.float64))
    control = (plain + placement.offset[:, None, None, None]).astype(np.float32)
    depth_mm = _sample(material.depth_mm, control, OUTSIDE_MM)
    shift = np.zeros_like(control)
    for mass in masses:
        # The skull does not give way.
        shift -= _push(points, mass) * np.clip(depth_mm / 14, 0, 1)
    # Folds vary more than the outline of the head does.
    give = np.clip(depth_mm / 12, 0.35, 1)
    for axis in range(3):
        shift[axis] += np.float32(2.2) * smooth_noise(rng, shape, 10.0)
        shift[axis] += np.float32(2.2) * smooth_noise(rng, shape, 4.0) * give
        shift[axis] += rng.standard_normal(shape, dtype=np.float32) * np.float32(1.2) * give
    shift += _widen_ventricles(rng, material, control + shift)
    control += shift
    return np.stack([upsample(part, BOX_SHAPE, _CONTROL_SPACING) for part in control])


def _push(points: Field, mass: Mass) -> Field:
    away = points - np.array(mass.centre, np.float32)[:, None, None, None]
    distance_mm = np.sqrt((away**2).sum(0)) + np.float32(1e-3)
    outside = np.exp(-np.maximum(distance_mm - mass.radius_mm, 0) / mass.reach_mm)
    length_mm = mass.push_mm * np.minimum(distance_mm / mass.radius_mm, outside)
    result: Field = (away * (length_mm / distance_mm)).astype(np.float32)
    return result


def _widen_ventricles(rng: np.random.Generator, material: Material, control: Field) -> Field:
    """Draw tissue away from the ventricles, or towards them, each side by its own amount."""
    ventricle_mm = ndimage.gaussian_filter(material.ventricle_mm[::3, ::3, ::3], 1.0)
    at = control / np.float32(3)
    slopes = np.stack(
        [
            ndimage.map_coordinates(slope, at, order=1, mode="nearest", output=np.float32)
            for slope in np.gradient(ventricle_mm)
        ]
    ) / np.float32(3)
    near_mm = ndimage.map_coordinates(ventricle_mm, at, order=1, mode="nearest", output=np.float32)
    both_mm = np.clip(rng.gamma(1.6, 2.0) - 1.0, -1.2, 7.0)
    left_mm, right_mm = both_mm * rng.uniform(0.75, 1.25, 2)
    left = np.clip((control[0] - material.midline) / 16 + 0.5, 0, 1)
    amount_mm = left_mm * left + right_mm * (1 - left)
    fading = np.exp(-np.maximum(near_mm, 0) / 14)
    result: Field = (-slopes * amount_mm * fading).astype(np.float32)
    return result
