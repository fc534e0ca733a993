"""`sbmir evaluate`: whether sketches find the right patients, with figures, tables and pictures."""

from __future__ import annotations

import argparse
import re
import sys
from contextlib import ExitStack
from pathlib import Path

from sbmir import console
from sbmir.config.application import AppConfig, DatasetType, ModelSettings, read_app_config
from sbmir.database import connect
from sbmir.database.repository import CodeMatrix
from sbmir.encoding import CodeEncoder
from sbmir.errors import NotFoundError
from sbmir.evaluation.markdown import FINDING
from sbmir.evaluation.report import TEXT_NAME, write_report
from sbmir.evaluation.run import Evaluation, Plan, SearchSetting, evaluate
from sbmir.evaluation.summary import summarise
from sbmir.files import sole_writer
from sbmir.layout import EVALUATIONS
from sbmir.search.engine import MetricKind

COMPARED_WEIGHTS = (0.0, 0.25, 0.5, 0.65, 0.8, 0.9, 1.0)
"""What is compared where no weights are named."""

SHOWN_MODALITY = "flair"
"""Of pictures: it shows oedema and core alike, and every model takes it."""


def run(options: argparse.Namespace) -> int:
    """Evaluate and write the report; 1 where some of it could not be done."""
    config = read_app_config(options.config)
    dataset = config.dataset_type(options.dataset)
    model = dataset.model(options.model)
    encoder = CodeEncoder.from_checkpoint(
        model.checkpoint, model.networks, sketch_precision=model.sketch_precision
    )
    matrix, database = _codes(config, dataset, encoder.fingerprint)
    plan = Plan(
        dataset=dataset,
        model=model,
        settings=_settings(options, model),
        patients=options.patients,
        seed=options.seed,
        sketches=options.sketches,
    )
    folder = options.out or _default_folder(dataset, model)
    with sole_writer(folder):  # at once: no hour's work is to be lost for a folder
        with _Bars() as bars:
            evaluation = evaluate(plan, matrix, encoder, bars)
        write_report(
            folder,
            evaluation,
            database=database,
            colors={one.tissue: one.color for one in config.structures},
            pattern=SHOWN_MODALITY,
        )
    _tell(evaluation, folder)
    return 0 if evaluation.is_whole else 1


def _codes(config: AppConfig, dataset: DatasetType, fingerprint: str) -> tuple[CodeMatrix, str]:
    with connect(config.mongodb, config.project_name) as repository:
        matrix = repository.load_codes(dataset.data_set, fingerprint)
        database = repository.describe()
    if not matrix.keys:
        raise NotFoundError(
            f"The reference database holds no codes of {dataset.data_set} under this model"
            f" ({fingerprint[:12]}…).",
            remedy="Run: sbmir ingest",
        )
    return matrix, database


def _settings(options: argparse.Namespace, model: ModelSettings) -> tuple[SearchSetting, ...]:
    """Return the shipped setting, then those to compare it with."""
    shipped = SearchSetting(MetricKind(model.metric), model.weight)
    kinds = [MetricKind(name) for name in options.metric or ()]
    weights = list(options.weight or ())
    if weights and not kinds:
        kinds = [shipped.metric]
    grid = [
        SearchSetting(kind, weight)
        for kind in kinds or list(MetricKind)
        for weight in weights or COMPARED_WEIGHTS
    ]
    return tuple(dict.fromkeys((shipped, *grid)))


def _default_folder(dataset: DatasetType, model: ModelSettings) -> Path:
    names = (re.sub(r"[/\\]|^\.+", "_", name) for name in (dataset.name, model.name))
    return EVALUATIONS.joinpath(*names)


class _Bars:
    """A progress bar for each step, one after the other."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def start(self, title: str) -> console.Progress:
        """Close the bar of the last step and open one."""
        self._stack.close()
        return self._stack.enter_context(console.progress_bar(title, ""))


def _tell(evaluation: Evaluation, folder: Path) -> None:
    for method in evaluation.methods:
        summary = summarise(method.outcomes, evaluation.plan.seed)
        figures = "  ".join(f"{title} {summary[name].value:.2f}" for name, title in FINDING.items())
        sys.stdout.write(f"{method.title:<20} {figures}\n")
    for name, error in {**evaluation.left_out, **evaluation.unavailable}.items():
        console.say(f"Left out, {name}: {error}")
    console.say(f"The report: {folder / TEXT_NAME}")
