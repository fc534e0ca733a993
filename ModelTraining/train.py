"""`--mode train`: a training run from its settings to its last checkpoint."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.trainer.states import TrainerStatus

from ModelTraining.build import (
    build_callbacks,
    build_module,
    build_perceptual,
    build_trainer,
    compile_networks,
    skip_finished_epochs,
)
from ModelTraining.callbacks import RunFolder
from ModelTraining.config import TrainingConfig
from ModelTraining.data.dataset import take_inventory
from ModelTraining.data.loaders import PairedSlices
from ModelTraining.event_log import check_tensorboard
from ModelTraining.hardware import (
    available_devices,
    available_workers,
    can_compile,
    use_channels_last,
)
from ModelTraining.resume import StartingPoint, find_starting_point
from sbmir.errors import ConfigError


def train(config: TrainingConfig, config_path: Path) -> Path:
    """Train, or train on, as the settings say; return the folder of the run.

    Raises
    ------
    SbmirError
        For everything that the settings name and that is not there or does not fit.
    KeyboardInterrupt
        After Ctrl+C, once everything is closed.
    """
    if config.run.training_dataset != "concat_dataset":
        raise ConfigError(
            f"run.training_dataset is {config.run.training_dataset!r}, but a training step needs"
            " normal and abnormal slices in pairs.",
            remedy="Set it to 'concat_dataset'.",
        )
    _let_the_first_process_speak()
    if config.save.tensorboard:
        check_tensorboard()
    start = find_starting_point(config.run)
    inventory = take_inventory(config.dataset.train_root_dir_paths, config.dataset.patient_ids)
    perceptual = build_perceptual(config, start)
    pl.seed_everything(config.run.seed, workers=True, verbose=False)
    devices = available_devices(config.run.visible_devices, config.run.cpu_processes)
    channels_last = use_channels_last(config.run.channels_last, devices)
    workers = available_workers(config.dataset.num_workers, devices.processes)
    module = build_module(config, start, perceptual, channels_last)
    if can_compile(config.run.compile, devices):
        compile_networks(module)
    data = PairedSlices(config, inventory, workers, channels_last)
    settings = config_path.read_text(encoding="utf-8")
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    folder = RunFolder(config.save.save_dir_path / config.save.study_name, settings)
    callbacks = build_callbacks(config, folder)
    trainer = build_trainer(config, devices, callbacks, sys.stderr.isatty())
    _fit(trainer, module, data, start)
    return folder.path


def _let_the_first_process_speak() -> None:
    """Where several processes train, each would say the same."""
    if os.environ.get("LOCAL_RANK", "0") != "0":  # so the trainer numbers those it starts
        logging.getLogger("ModelTraining").setLevel(logging.WARNING)
        logging.getLogger("sbmir").setLevel(logging.WARNING)


def _fit(
    trainer: pl.Trainer, module: pl.LightningModule, data: PairedSlices, start: StartingPoint
) -> None:
    if not start.whole:
        skip_finished_epochs(trainer, start.epochs_done)
    with warnings.catch_warnings():
        # How many loading processes there are is a setting; the trainer would like more.
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        # Lightning's own use of torch, which works until torch removes it.
        warnings.filterwarnings("ignore", message=r".*LeafSpec.*", category=FutureWarning)
        # Loaders need no state to go on within an epoch; see ModelTraining.position.
        warnings.filterwarnings("ignore", message=".*ended before the epoch ended.*")
        # An average that begins at weights of a checkpoint without one is what is asked for.
        warnings.filterwarnings("ignore", message=".*not created with WeightAveraging.*")
        try:
            trainer.fit(
                module,
                datamodule=data,
                ckpt_path=start.path if start.whole else None,
                weights_only=True,
            )
        except SystemExit:
            # The trainer's own answer to Ctrl+C; the command line has a better one.
            if trainer.state.status == TrainerStatus.INTERRUPTED:
                raise KeyboardInterrupt from None
            raise
