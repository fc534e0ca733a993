"""An evaluation as `report.json` and `queries.csv`."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sbmir.encoding import describe_machine
from sbmir.estimates import INTERVAL, RESAMPLES, Estimate
from sbmir.evaluation.measures import Outcome
from sbmir.evaluation.run import Evaluation, SearchSetting
from sbmir.evaluation.summary import summarise, summarise_strata
from sbmir.keys import SliceKey

_FORMAT = "sbmir-evaluation"
_VERSION = 1
_DIGITS = 6

RUN_FACTS = ("made", "latency")
"""Keys of the report that differ between runs; all else follows from data, model and seed."""


def as_json(evaluation: Evaluation, database: str, made_at: datetime) -> dict[str, Any]:
    """Return all figures as JSON can hold them; no path of the machine is among them."""
    seed = evaluation.plan.seed
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "setup": _setup(evaluation),
        "methods": [
            {
                "name": one.name,
                "title": one.title,
                "starts_from": one.starts_from,
                "overall": _estimates(summarise(one.outcomes, seed)),
                "strata": {
                    stratum.value: {kind: _estimates(found) for kind, found in kinds.items()}
                    for stratum, kinds in summarise_strata(
                        one.outcomes, evaluation.strata, seed
                    ).items()
                },
            }
            for one in evaluation.methods
        ],
        "settings": [
            {
                **_setting(setting),
                "shipped": place == 0,
                "overall": _estimates(summarise(outcomes, seed)),
            }
            for place, (setting, outcomes) in enumerate(evaluation.settings)
        ],
        "isolated": {
            "samples": [str(key) for key in evaluation.isolation.samples],
            "n_samples": evaluation.isolation.n_samples,
            "neighbours": evaluation.isolation.neighbours,
        },
        "left_out": {name: error.what for name, error in evaluation.left_out.items()},
        "unavailable": sorted(evaluation.unavailable),
        "latency": asdict(evaluation.latency),
        "made": {
            "at": made_at.isoformat(timespec="seconds"),
            "database": database,
            "machine": describe_machine(),
        },
    }


def _setup(evaluation: Evaluation) -> dict[str, Any]:
    plan = evaluation.plan
    targets = {query.target for query in evaluation.queries}
    return {
        "dataset": plan.dataset.name,
        "model": plan.model.name,
        "model_fingerprint": evaluation.model_fingerprint,
        "codes_fingerprint": evaluation.codes_fingerprint,
        "sketch_precision": plan.model.sketch_precision,
        **_setting(plan.settings[0]),
        "n_patients": evaluation.n_patients,
        "n_slices": evaluation.n_slices,
        "targets": [str(target) for target in sorted(targets)],
        "templates": sorted({query.template.patient for query in evaluation.queries}),
        "sketches_per_target": plan.sketches,
        "seed": plan.seed,
        "hand": asdict(plan.hand),
        "bootstrap": {"resamples": RESAMPLES, "percentiles": list(INTERVAL)},
    }


def _setting(setting: SearchSetting) -> dict[str, Any]:
    return {"metric": setting.metric.value, "weight": setting.weight}


def _estimates(summary: Mapping[str, Estimate]) -> dict[str, Any]:
    return {
        name: {
            "value": round(one.value, _DIGITS),
            "low": round(one.low, _DIGITS),
            "high": round(one.high, _DIGITS),
            "n": one.n,
        }
        for name, one in summary.items()
    }


def queries_csv(evaluation: Evaluation) -> str:
    """Return a row for each query and way of ranking; what is not known stays empty."""
    measures = list(evaluation.methods[0].outcomes[0].measures)
    strata = [stratum.value for stratum in next(iter(evaluation.strata.values()))]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        [
            *("method", "metric", "weight", "patient_id", "slice_num"),
            *("template_patient", "template_slice", "sketch"),
            *strata,
            *measures,
            "first_results",
        ]
    )
    for setting, outcomes in evaluation.settings:
        for outcome in outcomes:
            head = ["sketch", setting.metric.value, f"{setting.weight:g}"]
            writer.writerow([*head, *_row(outcome, evaluation, measures)])
    for method in evaluation.methods[1:]:
        for outcome in method.outcomes:
            writer.writerow([method.name, "", "", *_row(outcome, evaluation, measures)])
    return stream.getvalue()


def _row(outcome: Outcome, evaluation: Evaluation, measures: Sequence[str]) -> list[str | int]:
    query = outcome.query
    found = (outcome.measures[name] for name in measures)
    return [
        *(query.target.patient, query.target.index),
        *(query.template.patient, query.template.index, query.number),
        *evaluation.strata[query.target].values(),
        *("" if value is None else f"{value:.{_DIGITS}g}" for value in found),
        " ".join(_short(key) for key in outcome.first),
    ]


def _short(key: SliceKey) -> str:
    return f"{key.patient}:{key.index}"
