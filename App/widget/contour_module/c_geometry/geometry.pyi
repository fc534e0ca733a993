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
def sweep_disc(
    path: NDArray[np.int64], disc: NDArray[np.int64], ring: NDArray[np.int64]
) -> int: ...
def thin(
    points: NDArray[np.int64],
    tolerance: float,
    stack: NDArray[np.int64],
    keep: NDArray[np.uint8],
) -> None: ...
def locate(ring: NDArray[np.int64], x: int, y: int) -> int: ...
def relate_segments(
    a: NDArray[np.int64], b: NDArray[np.int64], points: NDArray[np.int64]
) -> int: ...
def flip_rows(
    ring: NDArray[np.float64],
    pixel_height: float,
    pixel_width: float,
    flips: NDArray[np.uint8],
) -> None: ...
