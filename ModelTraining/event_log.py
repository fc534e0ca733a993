"""The log once more, for TensorBoard; not named after the package, which it would then hide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytorch_lightning as pl
from PIL import Image
from pytorch_lightning.callbacks import Callback

from ModelTraining.observing import StepTerms
from ModelTraining.run_folder import OVERVIEW, PICTURES, TENSORBOARD
from sbmir.errors import NotFoundError

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from ModelTraining.callbacks import RunFolder


def check_tensorboard() -> None:
    """Make sure that TensorBoard's files can be written, before hours have passed.

    Raises
    ------
    NotFoundError
        Where the package is absent.
    """
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError:
        raise NotFoundError(
            "save.tensorboard is true, but the package tensorboard is not installed.",
            remedy="Install it (pip install '.[tensorboard]' in the repository's root), or set"
            " save.tensorboard to false: log.csv holds the same numbers.",
        ) from None


class TensorBoardLog(Callback):
    """Writes terms, learning rate, validation and the overview picture, beside the CSV files."""

    def __init__(self, folder: RunFolder, class_names: Sequence[str]) -> None:
        self._folder = folder
        self._class_names = tuple(class_names)
        self._opened: SummaryWriter | None = None

    def observe(self, steps: Sequence[StepTerms]) -> None:
        """Write the terms of some iterations."""
        for step in steps:
            for name, value in step.terms.items():
                self._writer().add_scalar(f"train/{name}", value, step.iteration)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the learning rate."""
        if trainer.is_global_zero:
            rate = trainer.optimizers[0].param_groups[0]["lr"]
            self._writer().add_scalar("learning_rate", rate, trainer.global_step)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the overlap of each class, and the overview picture."""
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        writer, step = self._writer(), trainer.global_step
        for name in self._class_names:
            writer.add_scalar(f"dice/{name}", float(trainer.callback_metrics[name]), step)
        picture = self._folder.path / PICTURES / OVERVIEW.format(epoch=trainer.current_epoch)
        if picture.exists():
            with Image.open(picture) as image:
                writer.add_image("validation", np.asarray(image), step, dataformats="HWC")

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Close the file, also after a failure."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _writer(self) -> SummaryWriter:
        if self._opened is None:
            from torch.utils.tensorboard import SummaryWriter

            self._opened = SummaryWriter(str(self._folder.path / TENSORBOARD))
        return self._opened
