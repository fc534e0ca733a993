"""How well a patient is found by a sketch of their own lesion on another patient's brain.

For every patient of a dataset type, the representative slice is the target: its segmentation is
the sketch, and the template is the lesion-free slice of the next patient (by name) whose number is
nearest to the target's. Told is the patient's rank among all patients of the database.

Usage: python benchmarks/rank_patients.py --config CFG [--dataset NAME] [--model NAME]
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from sbmir.catalogue import PatientCatalogue, list_patients, read_catalogue
from sbmir.config.application import DatasetType, ModelSettings, read_app_config
from sbmir.database import connect
from sbmir.encoding import CodeEncoder
from sbmir.keys import SliceKey
from sbmir.layout import APP_CONFIG
from sbmir.retrieval import Query, Retriever
from sbmir.search.engine import MetricKind
from sbmir.slices import SEGMENTATION_PATTERN, load_slice, load_stack


def main() -> None:
    """Print the rank of each patient, and a summary, for both metrics."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=APP_CONFIG)
    parser.add_argument("--dataset")
    parser.add_argument("--model")
    options = parser.parse_args()
    config = read_app_config(options.config)
    dataset = config.dataset_type(options.dataset)
    model = dataset.model(options.model)
    encoder = CodeEncoder.from_checkpoint(model.checkpoint, model.networks)
    with connect(config.mongodb, config.project_name) as repository:
        retrievers = {
            kind: Retriever.from_repository(repository, dataset.data_set, encoder.fingerprint, kind)
            for kind in MetricKind
        }
    settings = [(kind, weight) for kind in MetricKind for weight in (0.5, 0.8, 1.0)]
    for kind, weight in settings:
        ranks = rank_all(dataset, model, encoder, retrievers[kind], weight)
        print(f"\n{kind.value} metric, weight {weight}: {len(ranks)} patients")
        for patient, rank in ranks.items():
            print(f"  {rank:3d}  {patient}")
        found = [sum(rank <= k for rank in ranks.values()) / len(ranks) for k in (1, 5, 10)]
        reciprocal = statistics.mean(1 / rank for rank in ranks.values())
        print(
            f"  success@1 {found[0]:.2f}, @5 {found[1]:.2f}, @10 {found[2]:.2f}, "
            f"mean reciprocal rank {reciprocal:.2f}"
        )


def rank_all(
    dataset: DatasetType,
    model: ModelSettings,
    encoder: CodeEncoder,
    retriever: Retriever,
    weight: float,
) -> dict[str, int]:
    """The rank of each patient with a lesion, by name."""
    names = list_patients(dataset.slices_dir)
    catalogues = {name: read_catalogue(dataset.slices_dir, name) for name in names}
    ranks: dict[str, int] = {}
    for place, name in enumerate(names):
        target = catalogues[name].representative
        if target is None:
            continue
        template = names[(place + 1) % len(names)]
        index = nearest_normal(catalogues[template], target)
        stack = load_stack(dataset.slices_dir, template, index)
        sketch = load_slice(dataset.slices_dir, name, SEGMENTATION_PATTERN, target)
        query = Query(
            encoder.encode_template(stack),
            encoder.encode_sketch(sketch),
            template=SliceKey(dataset.data_set, template, index),
            weight=weight,
            include_template_patient=True,
        )
        order = [found.key.patient for found in retriever.search(query, len(names))]
        ranks[name] = order.index(name) + 1
    return ranks


def nearest_normal(catalogue: PatientCatalogue, index: int) -> int:
    """The lesion-free slice nearest to ``index``; of two, the lower."""
    return min(catalogue.normal_indices, key=lambda normal: (abs(normal - index), normal))


if __name__ == "__main__":
    main()
