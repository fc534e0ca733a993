"""`sbmir study`: find the mistakes of a reader study, and report its results."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sbmir import console
from sbmir.config.application import AppConfig, DatasetType, read_app_config
from sbmir.config.study import read_study
from sbmir.errors import ConfigError, SbmirError
from sbmir.study.checks import mistakes_of_cases, mistakes_of_study
from sbmir.study.files import read_results
from sbmir.study.report import write_report

DEFAULT_OUT = Path("study_report")


def run(options: argparse.Namespace) -> int:
    """Run the part that was asked for."""
    if options.part == "check":
        return check(options)
    return report(options.results, options.out)


def report(results_dir: Path, out_dir: Path | None) -> int:
    """Write the report; 1 where answers had to be left out, which are told one by one."""
    answers, failed = read_results(results_dir)
    for folder, error in failed.items():
        console.say(f"Left out {folder.relative_to(results_dir)}:\n{error}")
    for path in write_report(out_dir or DEFAULT_OUT, answers, failed):
        sys.stdout.write(f"{path}\n")
    return 1 if failed else 0


def check(options: argparse.Namespace) -> int:
    """Look for mistakes in all studies of the settings; 2 where there are any."""
    config = read_app_config(options.config_file)
    named = options.dataset is not None
    datasets = [config.dataset_type(options.dataset)] if named else list(config.dataset_types)
    with_study = [dataset for dataset in datasets if dataset.study is not None]
    if not with_study:
        raise ConfigError(
            "The settings name no reader study.",
            remedy="Name the file of its questions as `study` of the dataset type.",
        )
    is_well = True
    for dataset in with_study:
        mistakes = mistakes_of(config, dataset, options.model if named else None)
        is_well = is_well and not mistakes
        sys.stdout.write(f"{dataset.name}: {_summary(mistakes)}\n")
        sys.stdout.writelines(f"  - {mistake}\n" for mistake in mistakes)
    return 0 if is_well else 2


def mistakes_of(config: AppConfig, dataset: DatasetType, model: str | None = None) -> list[str]:
    """Every mistake of a dataset type's study; what cannot be looked at is one as well."""
    if dataset.study is None:
        return []
    try:
        study = read_study(dataset.study)
    except SbmirError as error:
        return [str(error)]
    mistakes = mistakes_of_study(study, dataset.template_patients)
    stored: set[str] | None = None
    try:
        stored = _patients_in_database(config, dataset, model)
    except SbmirError as error:
        mistakes.append(f"the reference database cannot be looked at: {error}")
    try:
        mistakes += mistakes_of_cases(study, dataset.slices_dir, dataset.template_patients, stored)
    except SbmirError as error:
        mistakes.append(f"the slices cannot be looked at: {error}")
    return mistakes


def _patients_in_database(config: AppConfig, dataset: DatasetType, model: str | None) -> set[str]:
    from sbmir.database import connect
    from sbmir.encoding import CodeEncoder

    chosen = dataset.model(model)
    encoder = CodeEncoder.from_checkpoint(chosen.checkpoint, chosen.networks)
    with connect(config.mongodb, config.project_name) as repository:
        records = repository.patients(dataset.data_set, encoder.fingerprint)
    return {record.patient for record in records}


def _summary(mistakes: list[str]) -> str:
    if not mistakes:
        return "no mistake found"
    return "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
