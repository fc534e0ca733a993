"""Gliomas: where they start, how large they grow, and what they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sbmir.labels import BRATS_ENHANCING, TissueClass
from sbmir.phantom.anatomy import BOX_SHAPE, Anatomy, Mass, Placement
from sbmir.phantom.fields import Field, Shape, smooth_noise
from sbmir.phantom.material import Material
from sbmir.phantom.oedema import oedema_arrival

MIN_SIZE_MM = 5.0
MAX_SIZE_MM = 90.0
"""Longest side of the box around one focus."""

_MIN_CORE_RADIUS_MM = 2.4


class LesionKind(Enum):
    """What the tumour core looks like; the value is how often it occurs."""

    RING = 0.45
    SOLID = 0.22
    LOW_GRADE = 0.33


@dataclass(frozen=True)
class Focus:
    """One core with its oedema; ``centre`` in voxels of the box that is computed."""

    centre: tuple[float, float, float]
    core_radius_mm: float
    oedema_mm: float


@dataclass(frozen=True)
class LesionPlan:
    """What is known of a lesion before it grows; the first focus is the largest."""

    kind: LesionKind
    foci: tuple[Focus, ...]
    masses: tuple[Mass, ...]


@dataclass(frozen=True, eq=False)
class Lesion:
    """A grown lesion.

    Attributes
    ----------
    labels:
        (X, Y, Z) uint8 in the computed box, numbered as BraTS does: 0, 1, 2, 4.
    margin:
        0 where oedema meets the core, 1 at its outer border; only valid inside oedema.
    """

    labels: NDArray[np.uint8]
    margin: Field


def plan_lesion(rng: np.random.Generator, material: Material, placement: Placement) -> LesionPlan:
    """Draw kind, number, place and size of the foci."""
    kinds = list(LesionKind)
    kind = kinds[int(rng.choice(len(kinds), p=[k.value for k in kinds]))]
    site = material.sites[rng.integers(len(material.sites))].astype(float)
    foci = [_draw_focus(rng, kind, placement.to_box(site))]
    if rng.random() < 0.18:
        second_site = _second_site(rng, material, site, foci[0].core_radius_mm)
        second = _draw_focus(rng, kind, placement.to_box(second_site))
        radius_mm = max(_MIN_CORE_RADIUS_MM, foci[0].core_radius_mm * rng.uniform(0.25, 0.7))
        foci.append(Focus(second.centre, radius_mm, 0.7 * second.oedema_mm))
    masses = tuple(
        Mass(
            focus.centre,
            radius_mm=max(focus.core_radius_mm, 4.0),
            push_mm=focus.core_radius_mm * rng.uniform(0.05, 0.42),
            reach_mm=rng.uniform(12, 26),
        )
        for focus in foci
    )
    return LesionPlan(kind, tuple(foci), masses)


def _draw_focus(rng: np.random.Generator, kind: LesionKind, centre: NDArray[np.float64]) -> Focus:
    # One in eight is small, found early.
    small = rng.random() < 0.12
    radius_mm = rng.uniform(_MIN_CORE_RADIUS_MM, 8) if small else 4 + 27 * rng.beta(1.9, 1.5)
    if kind is LesionKind.LOW_GRADE:
        oedema_mm = rng.uniform(0, 7) if rng.random() < 0.6 else rng.uniform(6, 18)
    else:
        oedema_mm = 2 + 24 * rng.beta(1.8, 1.3)
    x, y, z = centre
    return Focus((float(x), float(y), float(z)), float(radius_mm), float(oedema_mm))


def _second_site(
    rng: np.random.Generator,
    material: Material,
    first_site: NDArray[np.float64],
    first_radius_mm: float,
) -> NDArray[np.float64]:
    """Draw a site that is mostly near the first, sometimes anywhere."""
    distances_mm = np.linalg.norm(material.sites - first_site, axis=1)
    near = np.flatnonzero(
        (distances_mm > 1.2 * first_radius_mm + 4) & (distances_mm < 2.2 * first_radius_mm + 14)
    )
    chosen = near if len(near) and rng.random() < 0.75 else np.arange(len(material.sites))
    site: NDArray[np.float64] = material.sites[rng.choice(chosen)].astype(np.float64)
    return site


def grow(rng: np.random.Generator, plan: LesionPlan, anatomy: Anatomy) -> Lesion:
    """Grow the foci in an anatomy that has already been pushed aside."""
    labels = np.zeros(BOX_SHAPE, np.uint8)
    margin = np.ones(BOX_SHAPE, np.float32)
    for focus in plan.foci:
        box = _box_around(focus)
        grown, grown_margin = _grow_focus(rng, plan.kind, focus, anatomy, box)
        # Where foci meet, core goes before oedema.
        target = labels[box]
        wins = (grown > 0) & ((target == 0) | (grown != TissueClass.ED))
        target[wins] = grown[wins]
        margin[box] = np.minimum(margin[box], grown_margin)
    return Lesion(labels, margin)


def _box_around(focus: Focus) -> tuple[slice, slice, slice]:
    half = min(1.6 * focus.core_radius_mm + focus.oedema_mm + 4, MAX_SIZE_MM / 2)
    x, y, z = (
        slice(max(round(c - half), 0), min(round(c + half), n))
        for c, n in zip(focus.centre, BOX_SHAPE, strict=True)
    )
    return x, y, z


def _grow_focus(
    rng: np.random.Generator,
    kind: LesionKind,
    focus: Focus,
    anatomy: Anatomy,
    box: tuple[slice, slice, slice],
) -> tuple[NDArray[np.uint8], Field]:
    core = _grow_core(rng, focus, anatomy, box)
    arrival_mm = oedema_arrival(rng, core, anatomy, box, focus.oedema_mm)
    # A ball rather than a box limits the size.
    centre = [c - part.start for c, part in zip(focus.centre, box, strict=True)]
    near = _distance_mm(core.shape, centre) < MAX_SIZE_MM / 2
    oedema = (arrival_mm < focus.oedema_mm) & ~core & near & (anatomy.fluid[box] < 0.5)
    # The cortex swells last.
    oedema &= (anatomy.grey[box] < 0.75) | (arrival_mm < 0.45 * focus.oedema_mm)
    oedema = _tidy(oedema | core, core) & ~core & anatomy.brain[box] & near
    labels = np.zeros(core.shape, np.uint8)
    labels[oedema] = TissueClass.ED
    labels[core] = TissueClass.NET
    labels[core & _enhancing(rng, kind, focus, core)] = BRATS_ENHANCING
    return labels, np.clip(arrival_mm / max(focus.oedema_mm, 1e-3), 0, 1)


def _distance_mm(shape: Shape, centre: Sequence[float]) -> Field:
    x, y, z = (
        (np.arange(n, dtype=np.float32) - np.float32(c)) ** 2
        for n, c in zip(shape, centre, strict=True)
    )
    distance: Field = np.sqrt(x[:, None, None] + y[None, :, None] + z[None, None, :])
    return distance


def _tidy(lesion: NDArray[np.bool_], core: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Smooth the border as a drawn segmentation is, and drop what hangs together with nothing."""
    counts = ndimage.uniform_filter(lesion.astype(np.float32), 3)
    labelled, _ = ndimage.label((counts > 0.45) | core)
    sizes = np.bincount(labelled.ravel(), weights=core.ravel())
    kept: NDArray[np.bool_] = (sizes > 0)[labelled] & (labelled > 0)
    return kept


def _grow_core(
    rng: np.random.Generator,
    focus: Focus,
    anatomy: Anatomy,
    box: tuple[slice, slice, slice],
) -> NDArray[np.bool_]:
    """Merge perturbed blobs to the wanted volume, on one side, outside the ventricles."""
    radius_mm = focus.core_radius_mm
    wished = [c - part.start for c, part in zip(focus.centre, box, strict=True)]
    allowed = _room(anatomy, box, wished)
    centre, seed = _nearest_seed(allowed, wished)
    shape: Shape = allowed.shape
    level = _merged_blobs(rng, shape, centre, radius_mm)
    level += np.float32(0.22 * radius_mm) * smooth_noise(rng, shape, max(0.45 * radius_mm, 3))
    level += np.float32(min(0.07 * radius_mm, 0.9)) * smooth_noise(rng, shape, 2.5)
    level[~allowed] = np.inf
    wanted = min(int(4 / 3 * np.pi * radius_mm**3), level.size - 1)
    # What has no room on one side must not reach out without end on the other.
    threshold = min(float(np.partition(level.ravel(), wanted)[wanted]), 0.35 * radius_mm)
    labelled, _ = ndimage.label((level < threshold) | seed)
    x, y, z = centre
    connected: NDArray[np.bool_] = labelled == labelled[x, y, z]
    return connected


def _room(
    anatomy: Anatomy, box: tuple[slice, slice, slice], centre: Sequence[float]
) -> NDArray[np.bool_]:
    """Where a core may grow: inside its hemisphere, outside the ventricles."""
    side_mm = anatomy.side_mm[box]
    x, y, z = (int(np.clip(round(c), 0, n - 1)) for c, n in zip(centre, side_mm.shape, strict=True))
    sign = 1 if side_mm[x, y, z] >= 0 else -1
    ventricle = (anatomy.ventricle_mm[box] < 3) & (anatomy.fluid[box] > 0.45)
    room: NDArray[np.bool_] = (
        anatomy.brain[box]
        & ~ventricle
        & (anatomy.depth_mm[box] > 1)
        & (side_mm * sign > 1)
        & ~anatomy.hindbrain[box]
        & (_distance_mm(side_mm.shape, centre) < MAX_SIZE_MM / 2)
    )
    return room


def _nearest_seed(
    room: NDArray[np.bool_], wished: Sequence[float]
) -> tuple[tuple[int, int, int], NDArray[np.bool_]]:
    """Find where the smallest possible core, `MIN_SIZE_MM` wide, fits: its centre and itself."""
    reach = int(MIN_SIZE_MM) // 2
    fitting = np.argwhere(ndimage.binary_erosion(room, iterations=reach))
    nearest = fitting[((fitting - np.array(wished)) ** 2).sum(1).argmin()]
    seed = np.zeros(room.shape, bool)
    seed[tuple(nearest)] = True
    x, y, z = (int(c) for c in nearest)
    return (x, y, z), ndimage.binary_dilation(seed, iterations=reach)


def _merged_blobs(
    rng: np.random.Generator, shape: Shape, centre: tuple[int, int, int], radius_mm: float
) -> Field:
    """Signed distance, roughly, from two to five balls; negative inside."""
    merged = np.full(shape, np.inf, np.float32)
    for index in range(int(rng.integers(2, 6))):
        size_mm = radius_mm * (rng.uniform(0.6, 0.85) if index == 0 else rng.uniform(0.35, 0.7))
        way = rng.normal(0, 1, 3)
        way *= 0 if index == 0 else rng.uniform(0.3, 0.75) * radius_mm / np.linalg.norm(way)
        ball = _distance_mm(shape, list(np.array(centre) + way)) - np.float32(size_mm)
        merged = np.minimum(merged, ball)
    return merged


def _enhancing(
    rng: np.random.Generator, kind: LesionKind, focus: Focus, core: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which part of a core takes up contrast medium."""
    shape: Shape = core.shape
    mottled = smooth_noise(rng, shape, rng.uniform(2.5, 5.5))
    if kind is LesionKind.LOW_GRADE:
        # A fifth of them with a few spots, as real ones have.
        spots = 2.4 if rng.random() < 0.2 else np.inf
        return mottled > spots
    if kind is LesionKind.SOLID:
        result: NDArray[np.bool_] = mottled > rng.uniform(-1.8, -0.3)
        return result
    inner_mm = ndimage.distance_transform_edt(core).astype(np.float32)
    wall_mm = rng.uniform(1.3, 2.5) + rng.uniform(0, 0.22) * focus.core_radius_mm
    lopsided = _lopsided(rng, shape) * np.float32(rng.uniform(0, 0.8))
    wall = wall_mm * (
        1 + np.float32(rng.uniform(0.2, 0.6)) * smooth_noise(rng, shape, 7) + lopsided
    )
    outer_mm = np.float32(rng.uniform(-0.5, 1.2)) * np.maximum(smooth_noise(rng, shape, 6), 0)
    ring = (inner_mm <= np.maximum(wall, 0.9)) & (inner_mm > outer_mm)
    islands = mottled > rng.uniform(1.6, 3.0)
    wall_and_islands: NDArray[np.bool_] = ring | islands
    return wall_and_islands


def _lopsided(rng: np.random.Generator, shape: Shape) -> Field:
    """Slope from -1 to 1 across the box, in a random direction."""
    way = rng.normal(0, 1, 3)
    way /= np.linalg.norm(way)
    x, y, z = (
        np.linspace(-1, 1, n, dtype=np.float32) * np.float32(w)
        for n, w in zip(shape, way, strict=True)
    )
    slope: Field = x[:, None, None] + y[None, :, None] + z[None, None, :]
    return slope
