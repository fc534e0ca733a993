import numpy as np
from numpy.typing import NDArray

def crossing_points(
    edges: NDArray[np.int64], active: NDArray[np.int64], points: NDArray[np.int64]
) -> int: ...
def split_edges(
    edges: NDArray[np.int64],
    vertices: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    hits: NDArray[np.int64],
    pieces: NDArray[np.int64],
) -> int: ...
def sweep(
    vertices: NDArray[np.int64],
    starts: NDArray[np.int64],
    edges: NDArray[np.int64],
    steps: NDArray[np.int64],
    order: NDArray[np.int64],
    active: NDArray[np.int64],
    above: NDArray[np.int64],
    beneath: NDArray[np.int64],
) -> None: ...
def trace_rings(
    vertices: NDArray[np.int64],
    starts: NDArray[np.int64],
    edges: NDArray[np.int64],
    walk_of_edge: NDArray[np.int64],
    place: NDArray[np.int64],
    stack: NDArray[np.int64],
    ring_vertices: NDArray[np.int64],
    rings: NDArray[np.int64],
) -> int: ...
