"""From settings to the objects that train."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from ModelTraining.averaging import AveragedWeights
from ModelTraining.callbacks import (
    CheckpointKeeper,
    LastStep,
    RunFolder,
    StepSeed,
    TrainingLog,
    ValidationLog,
    ValidationPictures,
)
from ModelTraining.config import TrainingConfig
from ModelTraining.early_warnings import CollapseWatch, DivergenceWatch, StandstillWatch
from ModelTraining.event_log import TensorBoardLog
from ModelTraining.forward import Wanted
from ModelTraining.hardware import Devices
from ModelTraining.module import SbmirModule
from ModelTraining.observing import TermObserver
from ModelTraining.resume import StartingPoint
from sbmir.errors import CheckpointError, ConfigError, NotFoundError
from sbmir.networks.checkpoint import (
    check_fits,
    perceptual_weights,
    read_state_dict,
    select_networks,
)
from sbmir.networks.model import build_networks, to_channels_last
from sbmir.networks.perceptual import PerceptualFeatures


def build_perceptual(config: TrainingConfig, start: StartingPoint) -> PerceptualFeatures | None:
    """Build the perceptual network, where the settings use one, and find its weights.

    Raises
    ------
    NotFoundError
        Where neither the checkpoint nor ``losses.perceptual_weights`` has them.
    CheckpointError
        Where the file is damaged or holds something else.
    """
    if not config.losses.use_perceptual:
        return None
    weights, path = perceptual_weights(start.state), config.losses.perceptual_weights
    if weights is None and path is None:
        raise NotFoundError(
            "Training with losses.use_perceptual needs the weights of VGG19's first layers.",
            remedy="Name a file that has them as losses.perceptual_weights: torchvision's"
            " vgg19-dcbb9e9d.pth (https://download.pytorch.org/models/vgg19-dcbb9e9d.pth), or a"
            " checkpoint that was trained with them, such as the published one. Or set"
            " losses.use_perceptual to false.",
        )
    if weights is None and path is not None:
        weights = perceptual_weights(read_state_dict(path))
    network = PerceptualFeatures()
    expected = network.vgg.state_dict()
    if weights is None or any(weights[key].shape != expected[key].shape for key in expected):
        raise CheckpointError(
            f"{path or start.path} does not hold the weights of VGG19's first layers.",
            remedy="The keys features.{0,2,5,7}.* or l_perceptual.vgg.{0,2,5,7}.* are expected,"
            " in VGG19's sizes.",
        )
    network.vgg.load_state_dict(weights)
    return network


def build_module(
    config: TrainingConfig,
    start: StartingPoint,
    perceptual: PerceptualFeatures | None,
    channels_last: bool,
) -> SbmirModule:
    """Build the networks, fresh or with the weights of the starting point.

    Raises
    ------
    CheckpointError
        Where the starting point's networks are of other sizes.
    ConfigError
        Where networks are to keep weights that are nowhere.
    """
    frozen = config.run.frozen
    if frozen and start.path is None:
        raise ConfigError(
            f"run.frozen names {', '.join(sorted(frozen))}, but there is no checkpoint whose"
            " weights they could keep.",
            remedy="Name one as run.resume_checkpoint, or with --checkpoint.",
        )
    networks = build_networks(config.models)
    if start.path is not None:
        check_fits(start.state, config.models, start.path, "models in the settings")
        networks.load_state_dict(select_networks(start.state))
    for name in frozen:
        networks.get_submodule(name).requires_grad_(False)
    if channels_last:
        to_channels_last(networks)
    return SbmirModule(config, networks, perceptual)


def compile_networks(module: SbmirModule) -> None:
    """Let PyTorch compile each network, in place: parameters keep their names.

    The networks and not the whole step, because the objective asks whether a batch has lesions,
    which a compiled program cannot branch on.
    """
    for encoder in (module.nEncoder, module.aEncoder, module.lEncoder):
        compiled = torch.compile(encoder.distribution, dynamic=False)
        encoder.distribution = compiled  # type: ignore[method-assign]
    for decoder in (module.iDecoder, module.lDecoder):
        decoder.compile(dynamic=False)


def build_callbacks(config: TrainingConfig, folder: RunFolder) -> list[Callback]:
    """Build what writes the run's logs, pictures and checkpoints, and what watches over it."""
    names = sorted(config.metric.class_name_to_index, key=config.metric.class_name_to_index.get)  # type: ignore[arg-type]
    observers: list[TermObserver] = [DivergenceWatch(), StandstillWatch()]
    optional: list[Callback] = []
    if config.save.tensorboard:
        tensorboard = TensorBoardLog(folder, names)
        observers.insert(0, tensorboard)
        optional.append(tensorboard)
    if config.run.ema_decay is not None:
        optional.append(AveragedWeights(config.run.ema_decay))
    return [
        folder,
        StepSeed(config.run.seed),
        LastStep(),
        TrainingLog(folder, observers),
        ValidationLog(folder, names),
        CollapseWatch(),
        ValidationPictures(folder, config.dataset.modalities, config.save.n_save_images),
        *optional,
        CheckpointKeeper(folder, config.save),
    ]


def build_trainer(
    config: TrainingConfig, devices: Devices, callbacks: Sequence[Callback], progress_bar: bool
) -> pl.Trainer:
    """Build the trainer for one process or, where there are several devices, for all of them."""
    run = config.run
    several = devices.processes > 1
    strategy: str = run.distributed_backend
    wanted = Wanted.by(config)
    if not (wanted.normal_path and wanted.segmentation):
        # Processes wait for each other's gradients of all parameters unless they are told of it.
        strategy += "_find_unused_parameters_true"
    hardware: dict[str, Any] = {"accelerator": "cpu", "devices": devices.processes}
    if devices.cuda:
        hardware = {"accelerator": "cuda", "devices": list(devices.cuda)}
    return pl.Trainer(
        **hardware,
        strategy=strategy if several else "auto",
        use_distributed_sampler=False,  # the samplers share slices out themselves
        sync_batchnorm=run.sync_batchnorm and len(devices.cuda) > 1,
        precision=run.precision,
        max_epochs=run.n_epochs,
        max_steps=-1 if run.max_steps is None else run.max_steps,
        max_time=None if run.max_minutes is None else timedelta(minutes=run.max_minutes),
        gradient_clip_val=run.gradient_clip,
        num_sanity_val_steps=run.num_sanity_val_steps,
        limit_val_batches=run.limit_val_batches,
        callbacks=list(callbacks),
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=progress_bar,
        log_every_n_steps=1,
    )


def skip_finished_epochs(trainer: pl.Trainer, epochs_done: int) -> None:
    """Let the trainer count on from weights whose training state could not be taken over."""
    done = {
        "ready": epochs_done,
        "started": epochs_done,
        "processed": epochs_done,
        "completed": epochs_done,
    }
    trainer.fit_loop.epoch_progress.current.load_state_dict(done)
