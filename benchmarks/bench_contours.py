"""Stroke → contour on screen: p95 ≤ 16 ms with 10 contours of 500 points, painting included.

``python benchmarks/bench_contours.py [REPEATS]`` times what one move of the pointer costs the
contour geometry, beside shapely (GEOS, in C++) doing the same work in the same run.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from shapely import LineString, Polygon, unary_union

from App.widget.contour_module.boolean import difference, union
from App.widget.contour_module.contour import Contour
from App.widget.contour_module.rasterise import mask
from App.widget.contour_module.stroke import stroke_region

RADIUS_MM = 3.0


def drawn_contours() -> tuple[Contour, ...]:
    """Ten wavy contours that keep 500 points or more, side by side."""
    angles = np.arange(620) * (2 * math.pi / 620)
    radius = 20 + 1.5 * np.sin(5 * angles) + 0.2 * np.sin(150 * angles)
    ring = np.stack((radius * np.cos(angles), radius * np.sin(angles)), axis=1)
    centres = [(30 + 46 * (i % 5), 60 + 60 * (i // 5)) for i in range(10)]
    return union([Contour(ring + centre) for centre in centres])


def milliseconds(tasks: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Median and 95th percentile of each task's time, the tasks taking turns."""
    times: list[list[float]] = [[] for _ in tasks]
    for _ in range(repeats):
        for task, own_times in zip(tasks, times, strict=True):
            start = time.perf_counter()
            task()
            own_times.append((time.perf_counter() - start) * 1e3)
    return [float(figure) for own in times for figure in np.percentile(own, (50, 95))]


def polygon(contour: Contour) -> Polygon:
    """The same region in shapely."""
    return Polygon(contour.outer, contour.holes)


def pointer_path(points: int, seed: int = 0) -> NDArray[np.float64]:
    """A pointer that wanders over the edge of the first contour, 0.5 mm from event to event."""
    headings = np.cumsum(np.random.default_rng(seed).normal(0, 0.2, points))
    steps = 0.5 * np.stack((np.cos(headings), np.sin(headings)), axis=1)
    path: NDArray[np.float64] = np.cumsum(steps, axis=0) + np.array([45, 55])
    return path


def main(repeats: int) -> None:
    """Print the table."""
    contours = drawn_contours()
    polygons = [polygon(contour) for contour in contours]
    region = unary_union(polygons)
    path = pointer_path(200)
    move = path[:2]
    capsule = stroke_region(move, RADIUS_MM)
    stroke = stroke_region(path, RADIUS_MM)
    covered = polygon(stroke[0])
    rows: list[tuple[str, Callable[[], object], Callable[[], object] | None]] = [
        (
            "brush, one move",
            lambda: stroke_region(move, RADIUS_MM),
            lambda: LineString(move).buffer(RADIUS_MM),
        ),
        (
            "brush, 200 moves at once",
            lambda: stroke_region(path, RADIUS_MM),
            lambda: LineString(path).buffer(RADIUS_MM),
        ),
        (
            "move added to 1 contour",
            lambda: union([contours[0], *capsule]),
            lambda: polygons[0] | polygon(capsule[0]),
        ),
        (
            "move added to 10 contours",
            lambda: union([*contours, *capsule]),
            lambda: unary_union([*polygons, polygon(capsule[0])]),
        ),
        (
            "stroke added to 10 contours",
            lambda: union([*contours, *stroke]),
            lambda: unary_union([*polygons, covered]),
        ),
        (
            "stroke erased from 10 contours",
            lambda: difference(contours, stroke),
            lambda: region - covered,
        ),
        (
            "mask of 10 contours, 240 x 240",
            lambda: mask(contours, (240, 240), (240.0, 240.0)),
            None,
        ),
    ]
    print(f"10 contours of {min(map(len, (c.outer for c in contours)))} points or more, ms:")
    print("| task | median | p95 | shapely median | p95 |")
    print("|---|---:|---:|---:|---:|")
    for name, ours, theirs in rows:
        figures = milliseconds([ours] if theirs is None else [ours, theirs], repeats)
        print(f"| {name} | " + " | ".join(f"{figure:.2f}" for figure in figures) + " |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
