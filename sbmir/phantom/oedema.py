"""How oedema spreads from a tumour core: shortest ways through the tissue."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from sbmir.phantom.anatomy import Anatomy
from sbmir.phantom.fields import Field, Shape, smooth_noise

_COARSE = 2  # voxels between the nodes on which oedema spreads
_HALF_OF_NEIGHBOURS = [step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0)]


def oedema_arrival(
    rng: np.random.Generator,
    core: NDArray[np.bool_],
    anatomy: Anatomy,
    box: tuple[slice, slice, slice],
    reach_mm: float,
) -> Field:
    """Way from the core in millimetres of white matter; grey matter is slower, fluid is closed.

    Shortest ways on a coarse grid. The midline is open only where white matter crosses it.
    """
    step = (slice(None, None, _COARSE),) * 3
    white, fluid = anatomy.white[box][step], anatomy.fluid[box][step]
    side_mm, brain = anatomy.side_mm[box][step], anatomy.brain[box][step]
    shape: Shape = white.shape
    seeds = ndimage.uniform_filter(core.astype(np.float32), _COARSE)[step] > 0.3
    slow = np.exp(np.float32(0.45) * smooth_noise(rng, shape, 4)) / (0.22 + 0.78 * white)
    is_open = seeds | (brain & (fluid < 0.5))
    is_open &= seeds | (np.abs(side_mm) > 1.5) | (white > 0.75)
    far_mm = 2 * reach_mm + 2 * _COARSE
    if not seeds.any():
        return np.full(core.shape, far_mm, np.float32)
    graph = _neighbour_graph(slow, is_open, np.sign(side_mm), white > 0.75)
    arrival = sparse.csgraph.dijkstra(
        graph, indices=np.flatnonzero(seeds), min_only=True, limit=far_mm
    )
    coarse_mm = np.minimum(arrival, far_mm).astype(np.float32).reshape(shape)
    at = [np.arange(n, dtype=np.float32) / _COARSE for n in core.shape]
    result: Field = ndimage.map_coordinates(
        coarse_mm, np.stack(np.meshgrid(*at, indexing="ij")), order=1, mode="nearest"
    )
    return result


def _neighbour_graph(
    slow: Field, is_open: NDArray[np.bool_], side: Field, crossing: NDArray[np.bool_]
) -> sparse.csr_matrix:
    """Join each node with its neighbours; the length is the way times the mean slowness."""
    number = np.arange(slow.size).reshape(slow.shape)
    starts, ends, lengths = [], [], []
    for step in _HALF_OF_NEIGHBOURS:
        here = tuple(
            slice(max(-d, 0), n + min(-d, 0)) for d, n in zip(step, slow.shape, strict=True)
        )
        there = tuple(
            slice(max(d, 0), n + min(d, 0)) for d, n in zip(step, slow.shape, strict=True)
        )
        joined = is_open[here] & is_open[there]
        joined &= (side[here] == side[there]) | (crossing[here] & crossing[there])
        way_mm = np.float32(_COARSE * np.linalg.norm(step))
        starts.append(number[here][joined])
        ends.append(number[there][joined])
        lengths.append((way_mm * 0.5 * (slow[here] + slow[there]))[joined])
    start, end, length = (np.concatenate(parts) for parts in (starts, ends, lengths))
    both = (np.concatenate([start, end]), np.concatenate([end, start]))
    return sparse.csr_matrix((np.concatenate([length, length]), both), shape=(slow.size,) * 2)
