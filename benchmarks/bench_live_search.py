"""From a sketch to ranked patients at the published size, beside the plain way of doing it.

The network is of the published size with random weights; 335 patients of 155 slices have random
codes of 2,048 numbers in a private MongoDB. All ways take turns on the same sketches, because the
machine may be shared: compare within a table. What the plain way is: see `plain_search.py`.

Usage: `python benchmarks/bench_live_search.py [--home DIR] [--searches N]`; what is made is kept in
the folder for the next time, 2.1 GB. The plain way needs `pip install annoy`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from random_reference import RandomReference, Search, make_reference, random_sketches

from App.model.reference import Reference, SearchRequest
from App.model.sketch import Sketch
from App.model.template import TemplateVolume
from sbmir.codes import Precision
from sbmir.database import connect
from sbmir.encoding import CodeEncoder, describe_machine
from sbmir.keys import SliceKey
from sbmir.retrieval import Retriever
from sbmir.search.engine import MetricKind
from sbmir.search.exact import ExactEngine

N_PATIENTS = 335
TOP = 10
WARM_UP = 3
"""Searches that are not counted."""

Clock = Callable[[], float]
"""Seconds since whenever."""

PLAIN = "plain"
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")
EXACT: Precision = "float32"
"""With it the ranking is exact: agreement is counted with this one."""


@dataclass
class Measured:
    """What the searches of one way took, and whom they found."""

    times_ms: list[float] = field(default_factory=list)
    found: list[list[str]] = field(default_factory=list)

    def agreement(self, other: Measured) -> float:
        """The share of the first patients that both found."""
        pairs = zip(self.found, other.found, strict=True)
        return float(np.mean([len(set(one) & set(two)) / TOP for one, two in pairs]))


def main() -> None:
    """Print times and their ratios to the plain way, the drift of the codes, and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="keep here what is made")
    parser.add_argument("--patients", type=int, default=N_PATIENTS)
    parser.add_argument("--searches", type=int, default=40)
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="time of the processor, not of the clock: for busy machines, with OMP_NUM_THREADS=1",
    )
    options = parser.parse_args()
    with _folder(options.home) as home:
        reference = make_reference(home, options.patients)
        template = reference.load_template()
        sketches = random_sketches(template, options.searches + WARM_UP)
        encoders = {name: reference.encoder(name) for name in PRECISIONS}
        print(f"PyTorch {describe_machine()}; {options.searches} searches\n")
        clock = time.process_time if options.processor_time else time.perf_counter
        print_times(measure(reference, template, encoders, sketches, clock))
        print_drift(template, encoders, sketches)
        print(flush=True)
        program = Path(__file__).with_name("live_window.py")
        subprocess.run([sys.executable, program, home, str(options.searches)], check=True)


def measure(
    reference: RandomReference,
    template: TemplateVolume,
    encoders: Mapping[Precision, CodeEncoder],
    sketches: Sequence[Sketch],
    clock: Clock,
) -> dict[str, Measured]:
    """Let all ways search for each of the sketches in turn."""
    data_set = reference.choice.dataset.data_set
    with connect(reference.config.mongodb, reference.config.project_name) as repository:
        matrix = repository.load_codes(data_set, encoders[EXACT].fingerprint)
    retriever = Retriever(ExactEngine(matrix), MetricKind.PUBLISHED, list)
    key = SliceKey(data_set, template.patient, template.first_slice)
    ways: dict[str, Search] = {
        f"ours, sketch in {name}": our_search(
            Reference(reference.choice, encoder, retriever, N_PATIENTS), key, template.extent_mm
        )
        for name, encoder in encoders.items()
    }
    try:
        from plain_search import plain_search
    except ModuleNotFoundError as error:
        print(f"The plain way is left out, as {error.name} is not installed.\n")
        return take_turns(ways, sketches, clock)
    with plain_search(reference, matrix, key, template.extent_mm, TOP) as plain:
        return take_turns({PLAIN: plain, **ways}, sketches, clock)


def our_search(opened: Reference, key: SliceKey, extent_mm: tuple[float, float]) -> Search:
    """What the window does in the background from a sketch on: rasterise, encode, rank."""
    opened.warm_up()

    def search(sketch: Sketch) -> list[SliceKey]:
        request = SearchRequest(key, sketch, extent_mm, 0.5, TOP)
        return [result.key for result in opened.search(request, lambda: None).results]

    return search


def take_turns(
    ways: Mapping[str, Search], sketches: Sequence[Sketch], clock: Clock
) -> dict[str, Measured]:
    """Time each way on each sketch, the first few of which do not count."""
    measured = {name: Measured() for name in ways}
    names = list(ways)
    for turn, sketch in enumerate(sketches):
        # Who comes after one that waits is favoured by the system: each does in turn.
        for name in np.roll(names, turn).tolist():
            search = ways[name]
            began = clock()
            keys = search(sketch)
            ended = clock()
            if turn >= WARM_UP:
                measured[name].times_ms.append(1000 * (ended - began))
                measured[name].found.append([key.patient for key in keys])
    return measured


def print_times(measured: Mapping[str, Measured]) -> None:
    """Print a row for each way."""
    print("| sketch → patients | best ms | median | p95 | times faster | of the top 10 found |")
    print("|---|---:|---:|---:|---:|---:|")
    first_ms = np.array(next(iter(measured.values())).times_ms)
    for name, one in measured.items():
        best, median, slowest = np.percentile(one.times_ms, (0, 50, 95))
        # Sketch by sketch: a burst of another program's work strikes neighbours in time alike.
        faster = np.median(first_ms / np.array(one.times_ms))
        found = one.agreement(measured[f"ours, sketch in {EXACT}"])
        print(
            f"| {name} | {best:.0f} | {median:.0f} | {slowest:.0f} | {faster:.1f} | {found:.3f} |"
        )


def print_drift(
    template: TemplateVolume,
    encoders: Mapping[Precision, CodeEncoder],
    sketches: Sequence[Sketch],
) -> None:
    """Print how far codes of sketches in bfloat16 are from those in float32, by their length."""
    exact, rounded = encoders[EXACT], encoders["bfloat16"]
    size = exact.sizes.image_size
    drifts = []
    for sketch in sketches:
        labels = sketch.label_map((size, size), template.extent_mm)
        code = exact.encode_sketch(labels)
        drifts.append(np.linalg.norm(rounded.encode_sketch(labels) - code) / np.linalg.norm(code))
    print(
        f"\ncodes of sketches in {rounded.sketch_precision} are off by {np.median(drifts):.2%}"
        f" (median), {max(drifts):.2%} at most"
    )


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


if __name__ == "__main__":
    main()
