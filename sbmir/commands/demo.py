"""`sbmir demo`: from nothing to a window in which synthetic patients are found by drawing."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path
from typing import Any

import yaml

from sbmir import console, preprocessing
from sbmir.commands.app import start_window
from sbmir.commands.ingest import ingest
from sbmir.config.application import AppConfig, DatasetType, ModelSettings, read_app_config
from sbmir.config.preprocessing import DatasetPreprocessing, ModalitySettings
from sbmir.embedding import embed_patients
from sbmir.encoding import CodeEncoder
from sbmir.errors import DataError
from sbmir.files import write_text
from sbmir.layout import APP_CONFIG
from sbmir.phantom.dataset import write_patients
from sbmir.study.generation import generate_study, write_study

DATASET_TYPE = "Demo"
SEED = 2024
"""Of the demo's patients; no model was trained on patients of this seed."""


def run(options: argparse.Namespace) -> int:
    """Make what is not there yet, then open the window or, without a display, run off screen."""
    config_path = APP_CONFIG if options.home is None else _config_at(options.home)
    config = read_app_config(config_path)
    dataset = config.dataset_type(DATASET_TYPE)
    model = dataset.model()
    _make_slices(dataset, model, options.patients)
    _fill_database(config, dataset, model)
    _make_study(dataset)
    window = ["--config", str(config_path), "--dataset", dataset.name, "--model", model.name]
    if options.headless or not _has_display():
        window += ["--demo-output", str(options.home or Path.cwd())]
    return start_window(window)


def _has_display() -> bool:
    if platform.system() != "Linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _make_slices(dataset: DatasetType, model: ModelSettings, n_patients: int) -> None:
    with console.progress_bar("Synthetic patients", "patient") as progress:
        write_patients(
            dataset.volumes_dir, n_patients, SEED, workers=os.cpu_count() or 1, progress=progress
        )
    modalities = [
        *(
            ModalitySettings(name=m.name, pattern=m.pattern, save_pattern=m.pattern)
            for m in dataset.modalities
        ),
        ModalitySettings(name="SEG", pattern="seg", save_pattern="seg"),
    ]
    settings = DatasetPreprocessing(
        src_dir_path=dataset.volumes_dir,
        dst_dir_path=dataset.slices_dir,
        image_size=model.networks.image_size,
        modalities=tuple(modalities),
    )
    with console.progress_bar("Slices", "patient") as progress:
        report = preprocessing.run(
            {dataset.data_set: settings}, workers=os.cpu_count() or 1, progress=progress
        )
    if report.failures:
        raise DataError(
            "Not every synthetic patient could be cut into slices.", why=report.summary()
        )


def _fill_database(config: AppConfig, dataset: DatasetType, model: ModelSettings) -> None:
    encoder = CodeEncoder.from_checkpoint(model.checkpoint, model.networks)
    with console.progress_bar("Anatomy codes", "slice") as progress:
        embed_patients(dataset.slices_dir, model.codes_dir, encoder, progress=progress)
    with console.progress_bar("Reference database", "patient") as progress:
        report = ingest(config, dataset, model, encoder, None, progress)
    if report.failed:
        raise DataError(
            "Not every synthetic patient could be put into the database.",
            why="; ".join(f"{name}: {error}" for name, error in report.failed.items()),
        )


def _make_study(dataset: DatasetType) -> None:
    """Write the questions of the demo study, unless they are there."""
    if dataset.study is None or dataset.study.exists():
        return
    try:
        study = generate_study(dataset.slices_dir, dataset.template_patients)
    except DataError as error:
        console.say(f"There is no reader study in this demo: {error}")
        return
    write_study(dataset.study, study, "A reader study of the synthetic patients, made by the demo.")


def _config_at(home: Path) -> Path:
    """Write ``config.yaml`` into ``home``: the shipped settings of the demo, with data below it."""
    home = home.absolute()
    shipped = yaml.safe_load(APP_CONFIG.read_text(encoding="utf-8"))
    demo: dict[str, Any] = next(
        entry for entry in shipped["dataset_types"] if entry["name"] == DATASET_TYPE
    )
    demo["study"] = str(home / "datasets" / "Demo_Study.yaml")
    demo["volumes_dir"] = str(home / "datasets" / "Demo")
    demo["slices_dir"] = str(home / "datasets" / "Demo_Slices")
    for model in demo["models"]:
        model["codes_dir"] = str(home / "latent_codes" / "Demo" / model["name"])
    shipped["dataset_types"] = [demo]
    shipped["paths"]["save_result_path"] = str(home / "study_results")
    shipped["mongodb"]["data_dir"] = str(home / "mongodb")
    home.mkdir(parents=True, exist_ok=True)
    config_path = home / "config.yaml"
    write_text(config_path, yaml.safe_dump(shipped, sort_keys=False, allow_unicode=True))
    return config_path
