"""Overlay of closed rings on the integer grid: the one core of all contour operations.

All edges are cut where they meet, by snap rounding (Hobby, "Practical segment intersection with
finite precision output", 1999): every edge is led through each grid point whose grid square it
meets, after which edges share end points or nothing. A sweep then finds the winding numbers on
both sides of each piece, and the pieces between inside and outside are joined into simple rings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from App.widget.contour_module.c_geometry import arrangement as kernels
from App.widget.contour_module.grid import UNITS_PER_MM, GridPoints, doubled_area

# Nobody draws, sees or rasterises less than this, but overlays of almost equal contours leave it.
# The thickness is a mean one: area by half the length of the boundary.
SMALLEST_AREA_MM2 = 0.01
THINNEST_MM = 0.02

Integers = NDArray[np.int64]

GridPolygon = tuple[GridPoints, ...]
"""A valid polygon in grid units: a ring of positive area, then holes of negative area."""


def overlay(
    regions: Sequence[GridPoints], others: Sequence[GridPoints] = ()
) -> tuple[GridPolygon, ...]:
    """What lies inside the regions and in none of the others.

    Inside is where the winding number about all rings of an argument is not zero, so a hole is a
    ring of the opposite turn. Polygons thinner than a hair are dropped, and
    such holes filled.

    Parameters
    ----------
    regions, others:
        Closed rings, (n, 2) int64 in grid units, in any position and however often they cross.
    """
    edges, steps = _edges_of(regions, others)
    if len(edges) == 0:
        return ()
    vertices = _vertices_of(edges)
    pieces, piece_steps = _pieces_of(edges, steps, vertices)
    if len(pieces) == 0:
        return ()
    boundary, beneath = _boundary_of(vertices, pieces, piece_steps)
    return _polygons_of(vertices, boundary, beneath) if len(boundary) else ()


def _edges_of(
    regions: Sequence[GridPoints], others: Sequence[GridPoints]
) -> tuple[Integers, Integers]:
    """Edges (n, 4), by their left ends, and what crossing each adds to the two winding numbers."""
    rings = [ring for ring in (*regions, *others) if len(ring) >= 3]
    if not rings:
        return np.empty((0, 4), np.int64), np.empty((0, 2), np.int64)
    n_regions = sum(len(ring) for ring in regions if len(ring) >= 3)
    edges = np.concatenate(
        [np.hstack((ring, np.concatenate((ring[1:], ring[:1])))) for ring in rings]
    )
    steps = np.zeros((len(edges), 2), np.int64)
    steps[:n_regions, 0] = 1
    steps[n_regions:, 1] = 1
    order = np.argsort(np.minimum(edges[:, 0], edges[:, 2]), kind="stable")
    edges, steps = edges[order], steps[order]
    has_length = (edges[:, 0] != edges[:, 2]) | (edges[:, 1] != edges[:, 3])
    return edges[has_length], steps[has_length]


def _vertices_of(edges: Integers) -> Integers:
    """End points and crossings of the edges, each once, (v, 2) in order of x, then y."""
    active = np.empty(len(edges), np.int64)
    crossings = _filled(
        lambda points: kernels.crossing_points(edges, active, points), len(edges), 2
    )
    points = np.concatenate((edges[:, :2], crossings))
    # One number per point: coordinates have less than 28 bits.
    shift, offset = 29, 1 << 28
    keys = np.sort(((points[:, 0] + offset) << shift) | (points[:, 1] + offset))
    keys = keys[np.diff(keys, prepend=-1) > 0]
    return np.stack(((keys >> shift) - offset, (keys & ((1 << shift) - 1)) - offset), axis=1)


def _pieces_of(edges: Integers, steps: Integers, vertices: Integers) -> tuple[Integers, Integers]:
    """Pieces (n, 2) between vertices, each once and sorted, with the sums of their steps."""
    columns = np.ascontiguousarray(vertices[:, 0])
    first = np.searchsorted(columns, np.minimum(edges[:, 0], edges[:, 2]), "left")
    last = np.searchsorted(columns, np.maximum(edges[:, 0], edges[:, 2]), "right")
    hits = np.empty(len(vertices), np.int64)
    found = _filled(
        lambda pieces: kernels.split_edges(edges, vertices, first, last, hits, pieces),
        2 * len(edges) + len(vertices),
        4,
    )
    keys = found[:, 0] * len(vertices) + found[:, 1]
    order = np.argsort(keys)
    keys = keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    sums = np.add.reduceat((steps[found[:, 3]] * found[:, 2:3])[order], starts, axis=0)
    matters = (sums[:, 0] != 0) | (sums[:, 1] != 0)
    keys = keys[starts[matters]]
    pieces = np.stack((keys // len(vertices), keys % len(vertices)), axis=1)
    return pieces, sums[matters]


def _boundary_of(
    vertices: Integers, pieces: Integers, steps: Integers
) -> tuple[Integers, Integers]:
    """Directed edges (n, 2) with the inside on their left, sorted, and the edge beneath a vertex.

    The second array gives, for each vertex, the row in the first of the boundary straight below,
    or -1.
    """
    above = np.empty_like(steps)
    beneath = np.empty(len(vertices), np.int64)
    scratch = np.empty((2, len(pieces)), np.int64)
    starts = np.searchsorted(pieces[:, 0], np.arange(len(vertices) + 1))
    kernels.sweep(vertices, starts, pieces, steps, scratch[0], scratch[1], above, beneath)
    below = above - steps
    inside_above = (above[:, 0] != 0) & (above[:, 1] == 0)
    inside_below = (below[:, 0] != 0) & (below[:, 1] == 0)
    chosen = np.flatnonzero(inside_above != inside_below)
    boundary = pieces[chosen]
    backward = inside_below[chosen]
    boundary[backward] = boundary[backward, ::-1]
    order = np.argsort(boundary[:, 0], kind="stable")
    row_of_piece = np.full(len(pieces) + 1, -1)  # the last one answers for "nothing beneath"
    row_of_piece[chosen[order]] = np.arange(len(chosen))
    return boundary[order], row_of_piece[beneath]


def _polygons_of(
    vertices: Integers, boundary: Integers, beneath: Integers
) -> tuple[GridPolygon, ...]:
    """Rings of the boundary, holes given to the polygon around them."""
    rings, walks, walk_of_edge = _traced(vertices, boundary)
    points = [vertices[ring] for ring in rings]
    areas = [doubled_area(ring) for ring in points]

    # Each walk goes round one connected inside: either all around it, with one outer ring and the
    # holes that touch it, or around holes only, whose inside is that of the edge beneath.
    outer_of_walk = {walk: i for i, walk in enumerate(walks) if areas[i] > 0}
    leftmost = [int(ring.min()) for ring in rings]
    for i in sorted(range(len(rings)), key=leftmost.__getitem__):
        if walks[i] not in outer_of_walk:
            around = int(walk_of_edge[beneath[leftmost[i]]])
            outer_of_walk[walks[i]] = outer_of_walk[around]

    members = {i: [i] for i in range(len(rings)) if areas[i] > 0}
    for i, walk in enumerate(walks):
        if areas[i] < 0 and _matters([points[i]], areas[i]):
            members[outer_of_walk[walk]].append(i)
    return tuple(
        tuple(_without_straight_points(points[i]) for i in polygon)
        for polygon in members.values()
        if _matters([points[i] for i in polygon], sum(areas[i] for i in polygon))
    )


def _traced(vertices: Integers, boundary: Integers) -> tuple[list[Integers], list[int], Integers]:
    """Simple rings of vertex numbers, the walk of each ring, and the walk of each edge."""
    walk_of_edge = np.full(len(boundary), -1)
    members = np.empty(len(boundary), np.int64)
    rings = np.empty((len(boundary), 2), np.int64)
    n_rings = kernels.trace_rings(
        vertices,
        np.searchsorted(boundary[:, 0], np.arange(len(vertices) + 1)),
        boundary,
        walk_of_edge,
        np.full(len(vertices), -1),
        np.empty(len(boundary) + 1, np.int64),
        members,
        rings,
    )
    return (
        np.split(members, rings[: n_rings - 1, 0]),
        rings[:n_rings, 1].tolist(),
        walk_of_edge,
    )


def _matters(rings: Sequence[GridPoints], doubled: int) -> bool:
    """Whether the region between rings can be seen: it has some area, and some mean width."""
    area_mm2 = abs(doubled) / (2 * UNITS_PER_MM**2)
    steps = np.concatenate([np.diff(ring, axis=0, append=ring[:1]) for ring in rings])
    length_mm = float(np.hypot(steps[:, 0], steps[:, 1]).sum()) / (2 * UNITS_PER_MM)
    return area_mm2 >= max(SMALLEST_AREA_MM2, THINNEST_MM * length_mm)


def _without_straight_points(ring: GridPoints) -> GridPoints:
    """A simple ring without the points that lie exactly between their neighbours."""
    before = ring - np.roll(ring, 1, axis=0)
    after = np.roll(before, -1, axis=0)
    turns: NDArray[np.bool_] = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    return np.compress(turns, ring, axis=0)


def _filled(kernel: Callable[[Integers], int], room: int, columns: int) -> Integers:
    """Rows that a kernel wrote, giving it more room where the first guess was too little."""
    while True:
        rows = np.empty((room, columns), np.int64)
        found = kernel(rows)
        if found <= room:
            return rows[:found]
        room = found
