"""Asking the reference database: what `sbmir query` does, wherever its question comes from."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbmir.catalogue import read_catalogue
from sbmir.codes import AnatomyCodes
from sbmir.config.application import AppConfig, DatasetType, ModelSettings
from sbmir.database import connect
from sbmir.encoding import CodeEncoder
from sbmir.errors import ConfigError, NotFoundError
from sbmir.filters import Filters
from sbmir.keys import SliceKey
from sbmir.retrieval import Query, RankedPatient, Retriever
from sbmir.search.engine import MetricKind
from sbmir.sketch_file import read_sketch
from sbmir.slices import load_stack


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is looked for, and how.

    Attributes
    ----------
    key:
        The template slice; without a sketch, the example.
    sketch:
        A file; None where ``key`` is an example.
    """

    dataset: DatasetType
    model: ModelSettings
    metric: MetricKind
    key: SliceKey
    sketch: Path | None
    weight: float
    mirror: bool
    filters: Filters
    include_template_patient: bool
    top: int


@dataclass(frozen=True)
class Answer:
    """The ranked patients, and what they were found with.

    Attributes
    ----------
    database:
        Which database was asked, in a line.
    model_fingerprint:
        Names the model.
    retriever:
        What was searched.
    """

    results: list[RankedPatient]
    timings_ms: Mapping[str, float]
    database: str
    model_fingerprint: str
    retriever: Retriever


def ask(config: AppConfig, question: Question) -> Answer:
    """Search once.

    Raises
    ------
    SbmirError
        Where a file or the database is not there, is damaged, or does not fit.
    """
    model = question.model
    encoder = CodeEncoder.from_checkpoint(
        model.checkpoint, model.networks, sketch_precision=model.sketch_precision
    )
    with connect(config.mongodb, config.project_name) as repository:
        retriever = Retriever.from_repository(
            repository, question.dataset.data_set, encoder.fingerprint, question.metric
        )
        if not question.filters.is_off:
            retriever.prepare()  # while the database is there
        database = repository.describe()
    started = time.perf_counter()
    codes = _encoded(question, encoder, retriever)
    encoded = time.perf_counter()
    query = Query(
        codes.normal,
        codes.abnormal,
        template=question.key,
        weight=question.weight,
        include_template_patient=question.include_template_patient,
        filters=question.filters,
    )
    results = retriever.search(query, question.top)
    done = time.perf_counter()
    timings_ms = {
        "encode": round(1000 * (encoded - started), 2),
        "search": round(1000 * (done - encoded), 2),
        "total": round(1000 * (done - started), 2),
    }
    return Answer(results, timings_ms, database, encoder.fingerprint, retriever)


def _encoded(question: Question, encoder: CodeEncoder, retriever: Retriever) -> AnatomyCodes:
    key, dataset, mirror = question.key, question.dataset, question.mirror
    if question.sketch is None:
        if not mirror:
            try:
                return retriever.codes_of(key)
            except NotFoundError:
                pass  # any preprocessed slice can be an example
        stack = _mirrored(load_stack(dataset.slices_dir, key.patient, key.index), mirror)
        return encoder.encode_images(stack[None])[0]
    sketch = _sketch(question.sketch, key, dataset, encoder.sizes.image_size)
    stack = _mirrored(load_stack(dataset.slices_dir, key.patient, key.index), mirror)
    return AnatomyCodes(
        encoder.encode_template(stack), encoder.encode_sketch(_mirrored(sketch, mirror))
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
