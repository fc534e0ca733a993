"""`sbmir study`: find the mistakes of a reader study, and report its results."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sbmir import console
from sbmir.config.application import AppConfig, DatasetType, read_app_config
from sbmir.errors import ConfigError, SbmirError
from sbmir.study.checks import (
    Findings,
    Placed,
    examine_cases,
    examine_study,
    mistakes_of_questions,
    mistakes_of_results_dir,
)
from sbmir.study.files import read_results

DEFAULT_OUT = Path("study_report")


def run(options: argparse.Namespace) -> int:
    """Run the part that was asked for."""
    if options.part == "check":
        return check(options)
    return report(options.results, options.out)


def report(results_dir: Path, out_dir: Path | None) -> int:
    """Write the report; 1 where answers had to be left out, which are told one by one."""
    from sbmir.study.report import write_report  # it loads matplotlib

    results_dir = results_dir.resolve()  # also "." has a name then
    answers, failed = read_results(results_dir)
    for folder, error in failed.items():
        console.say(f"Left out {folder.relative_to(results_dir)}:\n{error}")
    written, notes = write_report(out_dir or DEFAULT_OUT, answers, failed)
    for note in notes:
        console.say(note)
    for path in written:
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
        findings = examine(config, dataset, options.model if named else None)
        is_well = is_well and not findings.mistakes
        sys.stdout.write(f"{dataset.name}: {_summary(findings)} in {dataset.study}\n")
        sys.stdout.writelines(f"  - {mistake}\n" for mistake in findings.mistakes)
        sys.stdout.writelines(f"  - warning: {warning}\n" for warning in findings.warnings)
    return 0 if is_well else 2


def examine(config: AppConfig, dataset: DatasetType, model: str | None) -> Findings:
    """Everything that is wrong with a study; what cannot be looked at is a mistake as well."""
    findings = Findings(mistakes_of_results_dir(config.paths.save_result_path))
    placed: list[Placed] = []
    stored: set[str] | None = None
    try:
        placed, mistakes = examine_study(dataset.study or Path())
        findings.mistakes += mistakes
    except SbmirError as error:
        findings.mistakes.append(str(error))
    findings.mistakes += mistakes_of_questions(placed, dataset.template_patients)
    try:
        stored = _patients_in_database(config, dataset, model)
    except SbmirError as error:
        findings.mistakes.append(f"the reference database cannot be looked at: {error}")
    else:
        findings.mistakes += mistakes_of_store(config)
    try:
        of_cases = examine_cases(placed, dataset, stored)
    except SbmirError as error:
        findings.mistakes.append(f"the slices cannot be looked at: {error}")
    else:
        findings.mistakes += of_cases.mistakes
        findings.warnings += of_cases.warnings
    return findings


def mistakes_of_store(config: AppConfig) -> list[str]:
    """Whether answers can be stored in the database: who may only read it cannot do so."""
    from sbmir.database.studies import connect_studies

    try:
        with connect_studies(config.mongodb, config.project_name) as store:
            store.prepare()
    except SbmirError as error:
        return [f"answers cannot be stored in the database: {error}"]
    return []


def _patients_in_database(config: AppConfig, dataset: DatasetType, model: str | None) -> set[str]:
    from sbmir.database import connect
    from sbmir.encoding import CodeEncoder

    chosen = dataset.model(model)
    encoder = CodeEncoder.from_checkpoint(chosen.checkpoint, chosen.networks)
    with connect(config.mongodb, config.project_name) as repository:
        records = repository.patients(dataset.data_set, encoder.fingerprint)
    return {record.patient for record in records}


def _summary(findings: Findings) -> str:
    parts = [
        "no mistake" if not findings.mistakes else _count(len(findings.mistakes), "mistake"),
        *([_count(len(findings.warnings), "warning")] if findings.warnings else []),
    ]
    return ", ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
