"""How long a search takes, from the sketch to the ranked patients."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbmir.encoding import CodeEncoder
from sbmir.evaluation.reader import ReaderQuery
from sbmir.keys import SliceKey
from sbmir.retrieval import Query, Retriever

TIMED = 50
"""At most so many queries are timed."""

PATIENTS_FOUND = 10


@dataclass(frozen=True)
class Latency:
    """Milliseconds: ``template`` once for each template, ``sketch`` and ``search`` each time."""

    median_ms: Mapping[str, float]
    p95_ms: Mapping[str, float]
    n: int


def measure_latency(
    encoder: CodeEncoder,
    retriever: Retriever,
    weight: float,
    queries: Sequence[ReaderQuery],
    templates: Mapping[SliceKey, NDArray[np.float32]],
) -> Latency:
    """Time the search as the application does it, one query after the other.

    Parameters
    ----------
    templates:
        The image of each template slice, (3, rows, columns).
    """
    timed = queries[:TIMED]
    laps: dict[str, list[float]] = {"template": [], "sketch": [], "search": []}
    for round_ in (timed[:2], timed):  # the first ones build networks and the sum of the codes
        for part in laps.values():
            part.clear()
        for query in round_:
            stack = templates[query.template]
            times = [time.perf_counter()]
            nac = encoder.encode_template(stack)
            times.append(time.perf_counter())
            aac = encoder.encode_sketch(query.sketch)
            times.append(time.perf_counter())
            asked = Query(nac, aac, template=query.template, weight=weight)
            retriever.search(asked, PATIENTS_FOUND)
            times.append(time.perf_counter())
            for part, lap in zip(laps.values(), np.diff(times), strict=True):
                part.append(1000 * float(lap))
    return Latency(
        {name: float(np.median(part)) for name, part in laps.items()},
        {name: float(np.percentile(part, 95)) for name, part in laps.items()},
        len(timed),
    )
