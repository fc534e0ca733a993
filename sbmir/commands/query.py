"""`sbmir query`: find the patients that are most similar to a sketch or to an example."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbmir.catalogue import read_catalogue
from sbmir.config.application import AppConfig, DatasetType, ModelSettings, read_app_config
from sbmir.database import connect
from sbmir.encoding import CodeEncoder
from sbmir.errors import ConfigError
from sbmir.keys import SliceKey
from sbmir.retrieval import Query, RankedPatient, Retriever
from sbmir.search.engine import MetricKind
from sbmir.sketch_file import read_sketch
from sbmir.slices import load_stack


@dataclass(frozen=True)
class _Answer:
    results: list[RankedPatient]
    timings_ms: dict[str, float]
    database: str


def run(options: argparse.Namespace) -> int:
    """Search once and print the ranked patients."""
    if options.sketch and not options.template:
        raise ConfigError(
            "--sketch needs --template PATIENT:SLICE.",
            why="A sketch says what is looked for; the template slice says where.",
        )
    config = read_app_config(options.config)
    dataset = config.dataset_type(options.dataset)
    model = dataset.model(options.model)
    weight = model.weight if options.weight is None else options.weight
    answer = _search(options, config, dataset, model, weight)
    if options.json:
        asked = {
            "template": options.template or options.example,
            "sketch": str(options.sketch) if options.sketch else None,
            "weight": weight,
            "model": model.name,
            "database": answer.database,
        }
        document = {
            "query": asked,
            "results": [_as_json(result) for result in answer.results],
            "timings_ms": answer.timings_ms,
        }
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        for result in answer.results:
            key = result.key
            sys.stdout.write(
                f"{result.rank:4d}  {key.patient}  slice {key.index}  {result.distance:.4f}\n"
            )
    return 0


def _search(
    options: argparse.Namespace,
    config: AppConfig,
    dataset: DatasetType,
    model: ModelSettings,
    weight: float,
) -> _Answer:
    encoder = CodeEncoder.from_checkpoint(model.checkpoint, model.networks)
    with connect(config.mongodb, config.project_name) as repository:
        retriever = Retriever.from_repository(
            repository, dataset.data_set, encoder.fingerprint, MetricKind(model.metric)
        )
        database = repository.describe()
    started = time.perf_counter()
    query = _encode(options, dataset, encoder, weight)
    encoded = time.perf_counter()
    results = retriever.search(query, options.top)
    done = time.perf_counter()
    timings_ms = {
        "encode": round(1000 * (encoded - started), 2),
        "search": round(1000 * (done - encoded), 2),
        "total": round(1000 * (done - started), 2),
    }
    return _Answer(results, timings_ms, database)


def _encode(
    options: argparse.Namespace, dataset: DatasetType, encoder: CodeEncoder, weight: float
) -> Query:
    if options.example:
        key = _slice_key(options.example, dataset)
        stack = _mirrored(load_stack(dataset.slices_dir, key.patient, key.index), options.mirror)
        codes = encoder.encode_images(stack[None])[0]
        nac, aac = codes.normal, codes.abnormal
    else:
        key = _slice_key(options.template, dataset)
        sketch = _sketch(options.sketch, key, dataset, encoder.sizes.image_size)
        stack = _mirrored(load_stack(dataset.slices_dir, key.patient, key.index), options.mirror)
        nac = encoder.encode_template(stack)
        aac = encoder.encode_sketch(_mirrored(sketch, options.mirror))
    return Query(
        nac,
        aac,
        template=key,
        weight=weight,
        include_template_patient=options.include_template_patient,
    )


def _sketch(path: Path, key: SliceKey, dataset: DatasetType, size: int) -> NDArray[np.uint8]:
    catalogue = read_catalogue(dataset.slices_dir, key.patient)
    if not 0 <= key.index < catalogue.n_slices:
        raise ConfigError(
            f"{key.patient} has no slice {key.index}.",
            remedy=f"Its slices are numbered from 0 to {catalogue.n_slices - 1}.",
        )
    if catalogue.slices[key.index].abnormal:
        raise ConfigError(
            f"Slice {key.index} of {key.patient} cannot be a template: it shows a lesion.",
            remedy="Choose a slice without lesion, or search with --example.",
        )
    return read_sketch(path, size)


def _mirrored(array: NDArray[Any], mirror: bool) -> NDArray[Any]:
    # The columns of a slice run from the patient's left to the right.
    return np.ascontiguousarray(array[..., ::-1]) if mirror else array


def _slice_key(text: str, dataset: DatasetType) -> SliceKey:
    patient, colon, number = text.rpartition(":")
    if not colon or not patient or not number.isdigit():
        raise ConfigError(
            f"{text!r} does not name a slice.", remedy="Write PATIENT:SLICE, such as SYN_0001:90."
        )
    return SliceKey(dataset.data_set, patient, int(number))


def _as_json(result: RankedPatient) -> dict[str, Any]:
    return {
        "rank": result.rank,
        "dataset": result.key.dataset,
        "patient_id": result.key.patient,
        "slice_num": result.key.index,
        "distance": result.distance,
    }
