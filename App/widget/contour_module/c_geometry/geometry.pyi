import numpy as np
from numpy.typing import NDArray

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
def farthest_pair(
    points: NDArray[np.int64], hull: NDArray[np.int64], ends: NDArray[np.int64]
) -> None: ...
