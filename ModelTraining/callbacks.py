"""What a training leaves behind: logs, pictures and checkpoints, in a folder of its own."""

from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback

from ModelTraining.config import SaveConfig
from ModelTraining.data.batch import SliceBatch
from ModelTraining.module import SbmirModule
from ModelTraining.observing import StepTerms, TermObserver
from ModelTraining.pictures import save_overview, save_pictures
from ModelTraining.position import reopen_epoch
from ModelTraining.run_folder import CHECKPOINTS, OVERVIEW, PICTURES, new_run_folder
from ModelTraining.seeds import derived_seed
from sbmir.files import write_text

logger = logging.getLogger(__name__)


class RunFolder(Callback):
    """Makes the run's folder once all processes have met, and keeps the settings in it."""

    def __init__(self, study: Path, settings: str) -> None:
        self._study = study
        self._settings = settings
        self._path: Path | None = None

    @property
    def path(self) -> Path:
        """The folder; there is one as soon as the training has been set up."""
        if self._path is None:
            raise RuntimeError("the run's folder is made when the training is set up")
        return self._path

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Let the first process choose the folder and tell the others."""
        path = new_run_folder(self._study) if trainer.is_global_zero else None
        self._path = trainer.strategy.broadcast(path)
        if trainer.is_global_zero:
            write_text(self.path / "config.json", self._settings)
            logger.info("This run is kept in %s.", self.path)


class StepSeed(Callback):
    """Seeds every step by its number, so that a resumed training draws the same latent noise."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Seed the generators of the processor and of the devices."""
        torch.manual_seed(derived_seed(self._seed, trainer.global_step, trainer.global_rank))


class LastStep(Callback):
    """Stops at ``run.max_steps`` as at the other limits: with a validation and its pictures."""

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Ask for the stop; of a limit of steps alone the trainer learns after its validation."""
        if trainer.global_step == trainer.max_steps:
            trainer.should_stop = True


class TrainingLog(Callback):
    """Writes every term of every iteration to ``log.csv``, and shows it to the observers.

    Terms wait on the device for a few iterations, so that it need not stop for each of them.
    Where several processes train, the log is the first one's.
    """

    WAITING = 20

    def __init__(self, folder: RunFolder, observers: Sequence[TermObserver] = ()) -> None:
        self._folder = folder
        self._observers = tuple(observers)
        self._rows: list[tuple[int, int, dict[str, torch.Tensor]]] = []

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Take the terms of one iteration."""
        self._rows.append((trainer.current_epoch, trainer.global_step - 1, outputs["terms"]))
        if len(self._rows) >= self.WAITING:
            self._flush(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave nothing waiting, and tell how the epoch went."""
        self._flush(trainer)
        if trainer.is_global_zero:
            loss = float(trainer.callback_metrics["total_loss"])
            steps = trainer.global_step
            logger.info("Epoch %d, step %d: total_loss %.4g", trainer.current_epoch, steps, loss)

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Keep what there is when the training is stopped."""
        self._write(self._fetch(trainer))

    def _flush(self, trainer: pl.Trainer) -> None:
        steps = self._fetch(trainer)
        self._write(steps)
        for observer in self._observers if steps else ():
            observer.observe(steps)

    def _fetch(self, trainer: pl.Trainer) -> list[StepTerms]:
        """Take what waits from the device, all at once."""
        rows, self._rows = self._rows, []
        if not trainer.is_global_zero or not rows:
            return []
        names = list(rows[0][2])
        numbers = torch.stack([torch.stack(list(terms.values())) for _, _, terms in rows])
        return [
            StepTerms(epoch, iteration, dict(zip(names, values, strict=True)))
            for (epoch, iteration, _), values in zip(rows, numbers.tolist(), strict=True)
        ]

    def _write(self, steps: Sequence[StepTerms]) -> None:
        if steps:
            _append_rows(
                self._folder.path / "log.csv",
                ["epoch", "iteration", *steps[0].terms],
                [
                    [step.epoch, step.iteration, *(f"{value:.6g}" for value in step.terms.values())]
                    for step in steps
                ],
            )


class ValidationLog(Callback):
    """Writes the overlap of each class to ``val_logs.csv``."""

    def __init__(self, folder: RunFolder, class_names: Sequence[str]) -> None:
        self._folder = folder
        self._class_names = tuple(class_names)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write one row."""
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        values = [float(trainer.callback_metrics[name]) for name in self._class_names]
        shown = (
            f"{name} {value:.3f}" for name, value in zip(self._class_names, values, strict=True)
        )
        logger.info("Epoch %d, validation Dice: %s", trainer.current_epoch, ", ".join(shown))
        _append_rows(
            self._folder.path / "val_logs.csv",
            ["epoch", "iteration", *self._class_names],
            [[trainer.current_epoch, trainer.global_step, *(f"{value:.6g}" for value in values)]],
        )


class ValidationPictures(Callback):
    """Draws the first validation batch after each epoch: half normal, half abnormal slices."""

    def __init__(self, folder: RunFolder, modalities: Sequence[str], count: int) -> None:
        self._folder = folder
        self._modalities = tuple(modalities)
        self._count = count

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: SliceBatch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Draw and save the pictures."""
        if batch_idx or not self._count or trainer.sanity_checking or not trainer.is_global_zero:
            return
        if not isinstance(pl_module, SbmirModule):
            raise TypeError("pictures are drawn of SbmirModule only")
        chosen = _both_kinds(len(batch.labels), self._count)
        shown = batch._replace(image=batch.image[chosen], labels=batch.labels[chosen])
        folder, epoch = self._folder.path / PICTURES, trainer.current_epoch
        pictures = pl_module(shown.image)
        save_pictures(folder, f"epoch={epoch:04d}", self._modalities, shown, pictures)
        save_overview(folder / OVERVIEW.format(epoch=epoch), self._modalities, shown, pictures)


def _both_kinds(length: int, count: int) -> list[int]:
    """Positions from both ends of a joined batch: normal slices first, abnormal ones last."""
    count = min(count, length)
    first = (count + 1) // 2
    return [*range(first), *range(length - (count - first), length)]


class CheckpointKeeper(Callback):
    """Saves a checkpoint after every epoch; keeps the last few, and some for good."""

    def __init__(self, folder: RunFolder, save: SaveConfig) -> None:
        self._folder = folder
        self._save = save
        self._recent: list[Path] = []

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Let an epoch that a limit cut short go on when the training is resumed."""
        reopen_epoch(checkpoint, int(trainer.num_training_batches))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save this epoch's checkpoint and remove the one that is no longer needed."""
        epoch, loss = trainer.current_epoch, float(trainer.callback_metrics["total_loss"])
        name = f"ckpt-epoch={epoch:04d}-total_loss={loss:.2f}.ckpt"
        path = self._folder.path / CHECKPOINTS / name
        unfinished = path.with_name(f".{name}.unfinished")
        trainer.save_checkpoint(unfinished)  # all processes take part; the first one writes
        if not trainer.is_global_zero:
            return
        unfinished.replace(path)
        if (epoch + 1) % self._save.save_interval == 0:
            return
        self._recent.append(path)
        while len(self._recent) > self._save.save_limit_num:
            self._recent.pop(0).unlink(missing_ok=True)


def _append_rows(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        if stream.tell() == 0:
            writer.writerow(header)
        writer.writerows(rows)
