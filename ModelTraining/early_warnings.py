"""Says early, and in plain words, what would make the hours of a training worthless."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from ModelTraining.data.batch import SliceBatch
from ModelTraining.module import SbmirModule
from ModelTraining.observing import StepTerms
from sbmir.errors import DataError
from sbmir.labels import TissueClass
from sbmir.networks.encoder import LabelEncoder

logger = logging.getLogger(__name__)

TOTAL = "total_loss"


class DivergenceWatch:
    """Stops a training whose loss is no number any more: every weight is lost by then."""

    def observe(self, steps: Sequence[StepTerms]) -> None:
        """Look for the first iteration with a term that is NaN or infinite.

        Raises
        ------
        DataError
            Naming the iteration and the terms.
        """
        for step in steps:
            broken = [name for name, value in step.terms.items() if not math.isfinite(value)]
            if broken:
                causes = [name for name in broken if name != TOTAL]
                raise DataError(
                    f"Training stopped: at iteration {step.iteration} the loss was no number"
                    f" any more ({', '.join(causes or broken)}).",
                    why="The steps were too long, or a slice holds values that are no numbers.",
                    remedy="Go on from the last checkpoint with a smaller optimizer.g_lr, with"
                    " run.gradient_clip (1.0, say), or with run.precision '32-true'.",
                )


class StandstillWatch:
    """Warns once when the loss has not fallen for long.

    Parameters
    ----------
    window:
        Iterations of which the mean is taken: a single one says little.
    windows:
        How many windows later the mean must be lower.
    least_fall:
        By which part of it, at least.
    """

    def __init__(self, window: int = 500, windows: int = 4, least_fall: float = 0.005) -> None:
        self._window = window
        self._windows = windows
        self._least_fall = least_fall
        self._current: list[float] = []
        self._means: list[float] = []
        self._said = False

    def observe(self, steps: Sequence[StepTerms]) -> None:
        """Take the total loss of each iteration."""
        for step in steps:
            self._current.append(step.terms[TOTAL])
            if len(self._current) == self._window:
                self._means.append(sum(self._current) / self._window)
                self._current = []
                self._judge(step.iteration)

    def _judge(self, iteration: int) -> None:
        if len(self._means) <= self._windows:
            return
        before, now = self._means[-1 - self._windows], self._means[-1]
        stands = before - now < self._least_fall * abs(before)
        if stands and not self._said:
            logger.warning(
                "The loss stands still: total_loss was %.4g on average %d iterations ago and is"
                " %.4g now (iteration %d). Late in a training that is its end; early on, try"
                " another optimizer.g_lr, or look at the pictures for what is not learnt.",
                before,
                self._windows * self._window,
                now,
                iteration,
            )
        self._said = stands


@dataclass(frozen=True)
class _CodeKind:
    name: str
    meaning: str


_KINDS = (
    _CodeKind("nac", "normal anatomy codes (nEncoder): all slices look alike to a search"),
    _CodeKind("aac", "abnormal anatomy codes (aEncoder): all lesions look alike to a search"),
    _CodeKind("labels", "codes of label maps (lEncoder): all sketches look alike to a search"),
)


class CollapseWatch(Callback):
    """Warns where codes of different slices are nearly the same.

    At the start it also asks whether one disc has different codes as necrosis, oedema and
    enhancing tumour; then, after each epoch, whether the validation slices' codes differ.
    """

    LEAST_SPREAD = 0.01
    """Standard deviation between slices, as a part of the codes' root mean square."""

    LEAST_DIFFERENCE = 0.02
    """Distance between the codes of two structures, as a part of the codes' length."""

    def __init__(self) -> None:
        self._codes: dict[str, list[Tensor]] = {}
        self._said: set[str] = set()

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw one disc as each structure and compare the codes."""
        if not trainer.is_global_zero or not isinstance(pl_module, SbmirModule):
            return
        difference = structure_difference(pl_module.lEncoder, pl_module.image_size)
        if difference < self.LEAST_DIFFERENCE:
            logger.warning(
                "Two sketches that differ only in which structure is drawn have the same code"
                " (they differ by %.1g %%): a search could not tell them apart. Set"
                " models.label_encoding to 'one_hot', or use more filters in the first layer.",
                100 * difference,
            )

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: SliceBatch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the codes of one batch; of lesions, only where there is one."""
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        lesion = batch.labels.flatten(1).any(dim=1)
        for name, code in outputs.items():
            shown = code if name == "nac" else code[lesion]
            self._codes.setdefault(name, []).append(shown.flatten(1).float().cpu())

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Warn once of each kind of codes that has collapsed."""
        codes, self._codes = self._codes, {}
        for kind in _KINDS:
            if kind.name not in codes:
                continue
            spread = code_spread(torch.cat(codes[kind.name]))
            if spread >= self.LEAST_SPREAD:
                self._said.discard(kind.name)
            elif kind.name not in self._said:
                self._said.add(kind.name)
                logger.warning(
                    "After epoch %d the %s. They differ by %.2g %% of their size. A smaller"
                    " optimizer.g_lr or smaller weights of the terms that pull codes together"
                    " (h_nac_vae, h_aac_norm, consistent) may help.",
                    trainer.current_epoch,
                    kind.meaning,
                    100 * spread,
                )


def code_spread(codes: Tensor) -> float:
    """How far codes (N, numbers) differ: their standard deviation over their root mean square.

    1 where there are fewer than two, about which nothing can be said.
    """
    if len(codes) < 2:
        return 1.0
    size = codes.square().mean().sqrt().clamp(min=1e-12)
    return float(codes.std(dim=0).square().mean().sqrt() / size)


@torch.no_grad()
def structure_difference(encoder: LabelEncoder, image_size: int) -> float:
    """Smallest distance between the codes of one disc drawn as any two structures.

    As a part of the codes' mean length.
    """
    device = next(encoder.parameters()).device
    at = torch.arange(image_size, device=device) - image_size / 2
    disc = at[:, None].square() + at.square() < (image_size / 8) ** 2
    ids = [int(tissue) for tissue in TissueClass if tissue != TissueClass.BACKGROUND]
    drawn = torch.stack([disc * tissue for tissue in ids])[:, None].float()
    codes = encoder(drawn).flatten(1).float().cpu()
    return float(torch.pdist(codes).min() / codes.norm(dim=1).mean().clamp(min=1e-12))
