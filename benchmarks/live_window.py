"""The application itself at the published size, off screen: how soon it searches, what it takes.

Run by `bench_live_search.py` in a process of its own: `live_window.py HOME SEARCHES`. It opens the
real window on the database in HOME, and searches as the button does. The pictures of the results
are not there, because codes of random patients belong to no slices.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sized
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PyQt5.QtTest import QTest
from random_reference import find_reference, random_sketches

from App.application import Session
from App.desktop import make_qt_application
from App.model.reference import SearchOutcome
from App.preferences import Preferences

SECONDS_TO_WAIT = 300

# PyQt's annotations forget that its functions are static.
_qt: Any = QTest


def main(home: Path, n_searches: int) -> None:
    """Print times in seconds and memory in GB."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    reference = find_reference(home)
    preferences = Preferences(home / "window.ini")
    application = make_qt_application(reference.config, preferences)
    session = Session(reference.config, reference.choice, preferences, home / "sketches")
    outcomes: list[SearchOutcome] = []
    session.searching.found.connect(outcomes.append)
    began = time.perf_counter()
    session.open()
    wait(lambda: session.searching.is_ready and session.sketching.template is not None)
    print(f"window: searchable {time.perf_counter() - began:.1f} s after it opened")
    template = session.sketching.template
    if template is None:
        raise RuntimeError("the template is gone")
    session.sketching.go_to_slice(template.first_slice)
    waits_ms = []
    for sketch in random_sketches(template, n_searches):
        session.sketching.load_sketch(sketch, "a lesion")
        _qt.qWait(50)  # autosave and readout follow a step; nobody searches in the same moment
        outcomes_before, asked = len(outcomes), time.perf_counter()
        session.searching.search()
        wait(partial(is_longer, outcomes, outcomes_before))
        waits_ms.append(1000 * (time.perf_counter() - asked))
    middle, slowest = np.percentile(waits_ms, (50, 95))
    print(f"window: asked → found {middle:.0f} ms (median), {slowest:.0f} ms (p95)")
    inside = {
        part: np.median([outcome.timings_ms[part] for outcome in outcomes])
        for part in ("encode", "search")
    }
    print("of which", ", ".join(f"{part} {ms:.0f} ms" for part, ms in inside.items()))
    print(f"memory: {memory_gb('VmRSS'):.2f} GB now, {memory_gb('VmHWM'):.2f} GB at most")
    session.window.close()
    application.processEvents()


def is_longer(items: Sized, than: int) -> bool:
    """Whether something was added."""
    return len(items) > than


def wait(until: Callable[[], bool]) -> None:
    """Let the window work until something is so."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not until():
        if time.monotonic() > deadline:
            raise TimeoutError("the window gave no answer")
        _qt.qWait(1)


def memory_gb(kind: str) -> float:
    """What Linux counts of this process: in memory now, or at most so far."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(f"{kind}:"))
    return int(line.split()[1]) * 1024 / 1e9


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
