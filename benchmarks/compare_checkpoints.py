"""How well trained encoders find patients by their lesions: a line for each checkpoint.

For what `sbmir evaluate` would be too much: to compare trainings with one another. Slices are
encoded in memory, no database is filled, and lesions alone are compared (the balanced metric at
weight 1), whatever `nEncoder` has learnt. The reader's sketches, the search and the figures are
those of `sbmir evaluate`.

Usage: `python benchmarks/compare_checkpoints.py --settings TRAINING.json --slices DIR
--templates A,B [--patients A,B,…] [--sketches N] CHECKPOINT …`
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from ModelTraining.config import read_training_config
from sbmir.catalogue import list_patients, read_catalogue
from sbmir.codes import AnatomyCodes
from sbmir.database.repository import CodeMatrix
from sbmir.evaluation.measures import outcome_of
from sbmir.evaluation.ranking import BySketch
from sbmir.evaluation.reader import ReaderQuery, SimulatedReader
from sbmir.evaluation.reference import ReferenceSlices
from sbmir.evaluation.summary import summarise
from sbmir.keys import SliceKey
from sbmir.networks.checkpoint import load_networks
from sbmir.networks.model import AnatomyNetworks
from sbmir.networks.sizes import NetworkSizes
from sbmir.retrieval import Retriever
from sbmir.search.engine import MetricKind
from sbmir.search.exact import ExactEngine
from sbmir.slices import load_stack

BATCH = 31
LESION_ALONE = 1.0
SEED = 0
SHOWN = ("success_at_1", "success_at_5", "reciprocal_rank")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", nargs="+", type=Path)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--slices", type=Path, required=True)
    parser.add_argument("--templates", type=_names, required=True)
    parser.add_argument("--patients", type=_names, help="who is looked for; by default all")
    parser.add_argument("--sketches", type=int, default=8, help="of each patient")
    options = parser.parse_args()
    sizes = read_training_config(options.settings).models
    reference = ReferenceSlices(options.slices, _keys(options.slices))
    queries = _queries(reference, options)
    sys.stdout.write(f"{len(queries)} sketches, {len(reference.by_patient)} patients\n\n")
    sys.stdout.write("| checkpoint | first | among five | reciprocal rank | lesion Dice |\n")
    sys.stdout.write("|---|---:|---:|---:|---:|\n")
    for checkpoint in options.checkpoints:
        figures = _figures(checkpoint, sizes, reference, queries)
        cells = " | ".join(f"{value:.2f}" for value in figures)
        sys.stdout.write(f"| {checkpoint.name} | {cells} |\n")
        sys.stdout.flush()


def _names(text: str) -> list[str]:
    return text.split(",")


def _keys(slices_dir: Path) -> list[SliceKey]:
    return [
        SliceKey("compared", patient, index)
        for patient in list_patients(slices_dir)
        for index in range(read_catalogue(slices_dir, patient).n_slices)
    ]


def _queries(reference: ReferenceSlices, options: argparse.Namespace) -> list[ReaderQuery]:
    templates = {name: reference.catalogue(name) for name in options.templates}
    reader = SimulatedReader(SEED, templates)
    targets = [reference.representative(one) for one in options.patients or reference.by_patient]
    return [
        reader.query(target, reference.labels(target), number)
        for target in targets
        if target is not None
        for number in range(options.sketches)
    ]


@torch.no_grad()
def _figures(
    checkpoint: Path, sizes: NetworkSizes, reference: ReferenceSlices, queries: list[ReaderQuery]
) -> list[float]:
    networks = load_networks(checkpoint, sizes, ["aEncoder", "lEncoder", "lDecoder"])
    matrix = _matrix(networks, reference)
    retriever = Retriever(ExactEngine(matrix), MetricKind.BALANCED, list)
    codes = [_codes(networks, query) for query in queries]
    ranker = BySketch(retriever, LESION_ALONE, codes, len(reference.by_patient))
    outcomes = [
        outcome_of(query, found, reference)
        for query, found in zip(queries, ranker.rank(queries), strict=True)
    ]
    summary = summarise(outcomes, SEED)
    targets = dict.fromkeys(query.target for query in queries)
    seen = np.mean([_lesion_dice(networks, reference, target) for target in targets])
    return [*(summary[name].value for name in SHOWN), float(seen)]


def _matrix(networks: AnatomyNetworks, reference: ReferenceSlices) -> CodeMatrix:
    keys = tuple(key for own in reference.by_patient.values() for key in own)
    parts = [
        networks.aEncoder(torch.stack([_image(reference, key) for key in keys[at : at + BATCH]]))
        for at in range(0, len(keys), BATCH)
    ]
    abnormal = torch.cat(parts).flatten(1).numpy()
    return CodeMatrix(keys, np.zeros_like(abnormal), abnormal)


def _codes(networks: AnatomyNetworks, query: ReaderQuery) -> AnatomyCodes:
    sketch = torch.from_numpy(query.sketch)[None, None].float()
    abnormal = networks.lEncoder(sketch)[0].numpy()
    return AnatomyCodes(np.zeros_like(abnormal), abnormal)


def _lesion_dice(networks: AnatomyNetworks, reference: ReferenceSlices, target: SliceKey) -> float:
    """Overlap of the whole lesion that is seen in the target's slice with the expert's."""
    logits = networks.lDecoder(networks.aEncoder(_image(reference, target)[None]))
    seen = (logits.argmax(dim=1)[0] > 0).numpy()
    lesion = reference.labels(target) > 0
    return float(2 * (seen & lesion).sum() / (seen.sum() + lesion.sum()))


def _image(reference: ReferenceSlices, key: SliceKey) -> torch.Tensor:
    return torch.from_numpy(load_stack(reference.slices_dir, key.patient, key.index))


if __name__ == "__main__":
    main()
