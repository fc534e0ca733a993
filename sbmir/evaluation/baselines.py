"""What the search by sketch is compared with, on the same queries and the same patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbmir.evaluation.features import FeatureReader
from sbmir.evaluation.ranking import (
    ByChance,
    ByComparison,
    ByExample,
    LabelOverlap,
    Ranker,
    VectorDistance,
)
from sbmir.evaluation.reference import ReferenceSlices
from sbmir.keys import SliceKey
from sbmir.search.engine import Metric, SearchEngine
from sbmir.slices import load_stack

_OWN_SLICE = "the target's own slice"


@dataclass(frozen=True)
class Baseline:
    """A way of ranking to compare with.

    Attributes
    ----------
    starts_from:
        What it is given of the target, in a few words.
    """

    name: str
    title: str
    starts_from: str
    ranker: Ranker


def baselines(
    reference: ReferenceSlices,
    engine: SearchEngine,
    metric: Metric,
    feature_folders: Mapping[str, Path],
    seed: int,
) -> list[Baseline]:
    """All that there are: by example, labels, pixels, each folder of features, and chance."""

    def pixels(key: SliceKey) -> NDArray[np.float32]:
        return load_stack(reference.slices_dir, key.patient, key.index).ravel()

    def near(name: str, title: str, read: Callable[[SliceKey], NDArray[np.float32]]) -> Baseline:
        ranker = ByComparison(reference, VectorDistance(read))
        return Baseline(name, title, _OWN_SLICE, ranker)

    example = ByExample(engine, metric, len(reference.by_patient))
    overlap = ByComparison(reference, LabelOverlap(reference))
    return [
        Baseline("example", "by example", _OWN_SLICE, example),
        Baseline("labels", "label-map Dice", "the sketch and every label map", overlap),
        near("pixels", "pixel distance", pixels),
        *(
            near(f"features:{name}", f"features {name}", FeatureReader(folder))
            for name, folder in feature_folders.items()
        ),
        Baseline("chance", "random order", "nothing", ByChance(reference, seed)),
    ]
