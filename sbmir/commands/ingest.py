"""`sbmir ingest`: put slices and codes into the reference database, or take patients out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from sbmir import console
from sbmir.codes import AnatomyCodes
from sbmir.config.application import AppConfig, DatasetType, ModelSettings, read_app_config
from sbmir.database import connect
from sbmir.database.ingestion import IngestionReport, ingest_dataset
from sbmir.encoding import CodeEncoder
from sbmir.errors import NotFoundError
from sbmir.slices import load_stack


def run(options: argparse.Namespace) -> int:
    """Ingest, or remove; exit status 1 where some patients could not be ingested."""
    config = read_app_config(options.config)
    dataset = config.dataset_type(options.dataset)
    model = dataset.model(options.model)
    if options.remove:
        return _remove(config, dataset, options.remove)
    encoder = CodeEncoder.from_checkpoint(model.checkpoint, model.networks)
    with console.progress_bar("Reference database", "patient") as progress:
        report = ingest(config, dataset, model, encoder, options.patients, progress)
    _tell(report)
    return 1 if report.failed else 0


def ingest(
    config: AppConfig,
    dataset: DatasetType,
    model: ModelSettings,
    encoder: CodeEncoder,
    patients: Sequence[str] | None,
    progress: console.Progress,
) -> IngestionReport:
    """Connect to the database and ingest the patients, all where none are named.

    Raises
    ------
    SbmirError
        As ``ingest_dataset`` and ``connect``.
    """

    def reencode(patient: str, index: int) -> AnatomyCodes:
        return encoder.encode_images(load_stack(dataset.slices_dir, patient, index)[None])[0]

    with connect(config.mongodb, config.project_name) as repository:
        return ingest_dataset(
            repository,
            dataset.data_set,
            dataset.slices_dir,
            model.codes_dir,
            encoder.fingerprint,
            model.networks,
            patients=patients,
            reencode=reencode,
            progress=progress,
        )


def _remove(config: AppConfig, dataset: DatasetType, patients: Sequence[str]) -> int:
    with connect(config.mongodb, config.project_name) as repository:
        unknown = [p for p in patients if not repository.remove_patient(dataset.data_set, p)]
    if len(unknown) < len(patients):
        console.say(f"{len(patients) - len(unknown)} patients removed.")
    if unknown:
        raise NotFoundError(
            f"Not in the database: {', '.join(unknown)}.",
            remedy=f"Names are those of the folders in {dataset.slices_dir}.",
        )
    return 0


def _tell(report: IngestionReport) -> None:
    console.say(
        f"Patients: {len(report.added)} added, {len(report.replaced)} replaced, "
        f"{len(report.unchanged)} unchanged, {len(report.failed)} not usable."
    )
    for patient, error in report.failed.items():
        console.say(f"  {patient}: {error}")
    if report.without_slices:
        console.say(
            f"In the database, but no longer among the slices: {', '.join(report.without_slices)}."
            " Take them out with --remove."
        )
