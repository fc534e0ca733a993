"""What rounding sketches to bfloat16 does to a ranking, on the patients of a filled database.

Lesions of each patient are looked for on the next patient's brain, with codes of both precisions,
and the first ten of what each finds are compared. So that a small database is hard enough, every
five neighbouring slices of a patient count as a patient of their own.

Usage: python benchmarks/compare_precisions.py --config CFG [--dataset NAME] [--model NAME]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbmir.catalogue import list_patients, read_catalogue
from sbmir.config.application import DatasetType, read_app_config
from sbmir.database import connect
from sbmir.database.repository import CodeMatrix
from sbmir.encoding import CodeEncoder
from sbmir.evaluation.reader import nearest_normal
from sbmir.keys import SliceKey
from sbmir.layout import APP_CONFIG
from sbmir.search.engine import Metric
from sbmir.search.exact import ExactEngine
from sbmir.slices import SEGMENTATION_PATTERN, load_slice, load_stack

SLICES_TOGETHER = 5
LESIONS_PER_PATIENT = 8
TOP = 10
WEIGHTS = (0.5, 0.8, 1.0)

Code = NDArray[np.float32]


def main() -> None:
    """Print the drift of the codes, and for each metric how many of the first ten are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=APP_CONFIG)
    parser.add_argument("--dataset")
    parser.add_argument("--model")
    options = parser.parse_args()
    config = read_app_config(options.config)
    dataset = config.dataset_type(options.dataset)
    model = dataset.model(options.model)
    exact, rounded = (
        CodeEncoder.from_checkpoint(model.checkpoint, model.networks, sketch_precision=precision)
        for precision in ("float32", "bfloat16")
    )
    with connect(config.mongodb, config.project_name) as repository:
        engine = ExactEngine(_in_groups(repository.load_codes(dataset.data_set, exact.fingerprint)))
    metrics = {f"published, weight {weight}": Metric.published(weight) for weight in WEIGHTS}
    metrics |= {f"balanced, weight {w}": Metric.balanced(w, engine.scales) for w in WEIGHTS}
    drifts: list[float] = []
    shares: dict[str, list[float]] = {name: [] for name in metrics}
    for stack, sketch in _queries(dataset):
        nac = exact.encode_template(stack)
        codes = exact.encode_sketch(sketch), rounded.encode_sketch(sketch)
        drifts.append(float(np.linalg.norm(codes[1] - codes[0]) / np.linalg.norm(codes[0])))
        for name, metric in metrics.items():
            one, two = (_first(engine, nac, code, metric) for code in codes)
            shares[name].append(len(one & two) / TOP)
    print(f"{len(drifts)} sketches, in {rounded.sketch_precision}; their codes are off by ", end="")
    print(f"{np.median(drifts):.2%} (median), {max(drifts):.2%} at most")
    for name, values in shares.items():
        print(f"{name}: {np.mean(values):.4f} of the first {TOP} are the same")


def _in_groups(matrix: CodeMatrix) -> CodeMatrix:
    keys = tuple(
        SliceKey(key.dataset, f"{key.patient}_{key.index // SLICES_TOGETHER:04d}", key.index)
        for key in matrix.keys
    )
    return CodeMatrix(keys, matrix.nac, matrix.aac)


def _queries(dataset: DatasetType) -> Iterator[tuple[Code, NDArray[np.uint8]]]:
    """Slices without a lesion, and the lesion of another patient for each."""
    random = np.random.default_rng(0)
    names = list_patients(dataset.slices_dir)
    catalogues = {name: read_catalogue(dataset.slices_dir, name) for name in names}
    for place, name in enumerate(names):
        other = names[(place + 1) % len(names)]
        abnormal = catalogues[name].abnormal_indices
        for index in random.permutation(abnormal)[:LESIONS_PER_PATIENT]:
            normal = nearest_normal(catalogues[other], int(index))
            stack = load_stack(dataset.slices_dir, other, normal)
            yield stack, load_slice(dataset.slices_dir, name, SEGMENTATION_PATTERN, int(index))


def _first(engine: ExactEngine, nac: Code, aac: Code, metric: Metric) -> set[str]:
    return {hit.key.patient for hit in engine.rank(nac, aac, metric, top=TOP)}


if __name__ == "__main__":
    main()
