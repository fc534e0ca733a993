"""Exact search over 335 patients of 155 slices with 2,048 numbers a code, and the plain way.

The codes are random numbers: the time hardly depends on what they are. The ways take turns in one
run, because the machine may be shared. Usage: `python benchmarks/bench_search.py [patients]`
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sbmir.database.repository import CodeMatrix
from sbmir.keys import SliceKey
from sbmir.search.engine import Metric
from sbmir.search.exact import ExactEngine

N_PATIENTS = 335
N_SLICES = 155
LENGTH = 2048
TOP = 10
REPEATS = 11
PLAIN = "plain: numpy.linalg.norm(codes - query)"
FIXED = "published metric, fixed weight"

Codes = NDArray[np.float32]


def main() -> None:
    """Print a table of times, and their ratios to the plain way."""
    n_patients = int(sys.argv[1]) if len(sys.argv) > 1 else N_PATIENTS
    matrix = random_codes(n_patients)
    entire = matrix.nac + matrix.aac
    began = time.perf_counter()
    engine = ExactEngine(matrix)
    built_s = time.perf_counter() - began
    queries = np.random.default_rng(1).standard_normal((REPEATS, 2, LENGTH), dtype=np.float32)

    def search(turn: int, metric: Metric) -> list[SliceKey]:
        nac, aac = queries[turn]
        return [hit.key for hit in engine.rank(nac, aac, metric, top=TOP)]

    balanced = Metric.balanced(0.8, engine.scales)
    ways: dict[str, Callable[[int], object]] = {
        PLAIN: lambda turn: plain(entire, matrix.keys, queries[turn]),
        "one product of codes and query, alone": lambda turn: entire @ queries[turn, 0],
        FIXED: lambda turn: search(turn, Metric.published(0.5)),
        "published metric, another weight": lambda turn: search(turn, Metric.published(turn / 99)),
        "balanced metric": lambda turn: search(turn, balanced),
    }
    search(0, Metric.published(0.5)), search(1, Metric.published(0.5))  # then the sum is kept
    times_ms, found = measure(ways)
    print(f"{len(matrix.keys):,} slices, {LENGTH} numbers; engine ready in {built_s:.1f} s\n")
    print("| search | median ms | times faster |\n|---|---|---|")
    for name, taken_ms in times_ms.items():
        print(f"| {name} | {taken_ms:.1f} | {times_ms[PLAIN] / taken_ms:.1f} |")
    same = sum(one == other for one, other in zip(found[PLAIN], found[FIXED], strict=True))
    print(f"\nthe same {TOP} patients as the plain way: {same} of {REPEATS} queries")


def random_codes(n_patients: int) -> CodeMatrix:
    """Make normally distributed codes."""
    keys = tuple(
        SliceKey("random", f"{patient:06d}", index)
        for patient in range(n_patients)
        for index in range(N_SLICES)
    )
    random = np.random.default_rng(0)
    nac, aac = (random.standard_normal((len(keys), LENGTH), dtype=np.float32) for _ in range(2))
    return CodeMatrix(keys, nac, aac)


def plain(entire: Codes, keys: tuple[SliceKey, ...], query: Codes) -> list[SliceKey]:
    """Rank patients as one would without thinking of time."""
    distances = np.linalg.norm(entire - query.sum(axis=0), axis=1)
    best: dict[str, SliceKey] = {}
    for row in np.argsort(distances, kind="stable"):
        best.setdefault(keys[row].patient, keys[row])
        if len(best) == TOP:
            break
    return list(best.values())


def measure(
    ways: dict[str, Callable[[int], object]],
) -> tuple[dict[str, float], dict[str, list[object]]]:
    """Return each way's median time in milliseconds and what it found; the ways take turns."""
    times_ms: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, list[object]] = {name: [] for name in ways}
    for turn in range(REPEATS):
        for name, way in ways.items():
            began = time.perf_counter()
            result = way(turn)
            times_ms[name].append(1000 * (time.perf_counter() - began))
            found[name].append(result)
    return {name: statistics.median(times) for name, times in times_ms.items()}, found


if __name__ == "__main__":
    main()
