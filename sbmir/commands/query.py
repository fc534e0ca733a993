"""`sbmir query`: find the patients that are most similar to a sketch or to an example."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sbmir.catalogue import Side
from sbmir.commands.asking import Answer, Question, ask
from sbmir.config.application import AppConfig, DatasetType, read_app_config
from sbmir.errors import ConfigError
from sbmir.filters import Filters
from sbmir.keys import SliceKey
from sbmir.retrieval import RankedPatient
from sbmir.search.engine import MetricKind

DEFAULT_TOP = 10


def run(options: argparse.Namespace) -> int:
    """Search once and print the ranked patients; 1 where a repeated search finds others."""
    config = read_app_config(options.config)
    if options.repeat is not None:
        return _repeat(options, config)
    question = _question(options, config)
    _print(options, question, ask(config, question), {})
    return 0


def _repeat(options: argparse.Namespace, config: AppConfig) -> int:
    from sbmir.commands import repeating

    question, search = repeating.question_of(options, config)
    answer = ask(config, question)
    repetition = repeating.compare(search, answer)
    _print(options, question, answer, {"same": asdict(repetition)})
    repetition.tell()
    return 0 if repetition.ranking else 1


def _question(options: argparse.Namespace, config: AppConfig) -> Question:
    if options.sketch and not options.template:
        raise ConfigError(
            "--sketch needs --template PATIENT:SLICE.",
            why="A sketch says what is looked for; the template slice says where.",
        )
    dataset = config.dataset_type(options.dataset)
    model = dataset.model(options.model)
    low, high = options.lesion_cm2 or (None, None)
    return Question(
        dataset=dataset,
        model=model,
        metric=MetricKind(model.metric),
        key=_slice_key(options.example or options.template, dataset),
        sketch=options.sketch,
        weight=model.weight if options.weight is None else options.weight,
        mirror=options.mirror,
        filters=Filters(
            side=Side(options.side) if options.side else None,
            enhancing=options.enhancing,
            min_lesion_cm2=low,
            max_lesion_cm2=high,
        ),
        include_template_patient=options.include_template_patient,
        top=options.top or DEFAULT_TOP,
    )


def _slice_key(text: str, dataset: DatasetType) -> SliceKey:
    patient, colon, number = text.rpartition(":")
    if not colon or not patient or not number.isdigit():
        raise ConfigError(
            f"{text!r} does not name a slice.", remedy="Write PATIENT:SLICE, such as SYN_0001:90."
        )
    return SliceKey(dataset.data_set, patient, int(number))


def _print(
    options: argparse.Namespace, question: Question, answer: Answer, more: Mapping[str, Any]
) -> None:
    if not options.json:
        for result in answer.results:
            key = result.key
            sys.stdout.write(
                f"{result.rank:4d}  {key.patient}  slice {key.index}  {result.distance:.4f}\n"
            )
        return
    asked = {
        "template": f"{question.key.patient}:{question.key.index}",
        "sketch": str(question.sketch) if question.sketch else None,
        "weight": question.weight,
        "mirror": question.mirror,
        "filters": question.filters.as_json(),
        "model": question.model.name,
        "database": answer.database,
    }
    document = {
        "query": asked,
        "results": [_as_json(result) for result in answer.results],
        "timings_ms": answer.timings_ms,
        **more,
    }
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def _as_json(result: RankedPatient) -> dict[str, Any]:
    return {
        "rank": result.rank,
        "dataset": result.key.dataset,
        "patient_id": result.key.patient,
        "slice_num": result.key.index,
        "distance": result.distance,
    }
