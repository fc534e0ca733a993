"""`--mode test`: the codes of every slice of the test patients."""

from __future__ import annotations

import logging
from pathlib import Path

from ModelTraining.config import TrainingConfig
from ModelTraining.data.patients import patients_by_folder
from ModelTraining.hardware import available_devices, available_workers
from sbmir.console import progress_bar
from sbmir.embedding import EmbeddingReport, embed_patients
from sbmir.encoding import CodeEncoder
from sbmir.errors import NotFoundError

logger = logging.getLogger(__name__)

DONE_IN_PART = 1


def embed(config: TrainingConfig) -> int:
    """Embed with the configured checkpoint; needs neither segmentations nor training folders.

    Returns
    -------
    int
        The exit status: 0, or 1 where some patients could not be embedded.

    Raises
    ------
    SbmirError
        Where the checkpoint, or a folder or patient, is not there or does not fit.
    """
    checkpoint = config.run.resume_checkpoint
    if checkpoint is None:
        raise NotFoundError(
            "--mode test needs a checkpoint to embed with, and run.resume_checkpoint is false.",
            remedy="Set it to a trained model's checkpoint.",
        )
    work = patients_by_folder(config.dataset.test_root_dir_paths, config.dataset.patient_ids)
    devices = available_devices(config.run.visible_devices)
    encoder = CodeEncoder.from_checkpoint(
        checkpoint,
        config.models,
        device=f"cuda:{devices.cuda[0]}" if devices.cuda else "cpu",
        precision=config.run.embedding_precision,
        settings="models in the settings",
    )
    save = config.save
    codes_dir = save.save_dir_path / save.test_save_dir_name / save.study_name
    workers = available_workers(config.dataset.num_workers)
    status = 0
    for folder, patients in work.items():
        if not patients:
            continue
        with progress_bar(f"Codes of {folder.name}", "slice") as progress:
            report = embed_patients(
                folder,
                codes_dir,
                encoder,
                patients=patients,
                batch_size=config.dataset.test_batch_size,
                workers=workers,
                progress=progress,
            )
        _tell(report, codes_dir)
        status = max(status, DONE_IN_PART if report.failed else 0)
    return status


def _tell(report: EmbeddingReport, codes_dir: Path) -> None:
    for patient, error in report.failed.items():
        logger.warning("%s was left out. %s", patient, error)
    logger.info(
        "%d patients embedded, %d were there already, %d left out: %s.",
        len(report.embedded),
        len(report.skipped),
        len(report.failed),
        codes_dir,
    )
