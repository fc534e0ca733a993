"""The training module: what happens in one step, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from ModelTraining.config import ScheduleConfig, TrainingConfig
from ModelTraining.data.batch import PairedBatch, SliceBatch
from ModelTraining.forward import Wanted, forward_pair
from ModelTraining.losses.objective import TrainingObjective
from ModelTraining.losses.reconstruction import (
    PerceptualReconstruction,
    ReconstructionLoss,
    StructuralReconstruction,
)
from ModelTraining.metrics import dice_per_class
from sbmir.networks.decoder import Decoder
from sbmir.networks.encoder import Encoder, LabelEncoder
from sbmir.networks.model import AnatomyNetworks
from sbmir.networks.perceptual import PerceptualFeatures
from sbmir.networks.sizes import NETWORK_NAMES


@dataclass(frozen=True)
class Pictures:
    """What the networks make of slices in evaluation.

    Attributes
    ----------
    entire, normal_only:
        Reconstructions (N, C, H, W) from both codes, and from the normal one alone.
    predicted:
        (N, H, W) int64 class ids.
    """

    entire: Tensor
    normal_only: Tensor
    predicted: Tensor


class SbmirModule(pl.LightningModule):
    """The five networks in training; its state dict has the published keys.

    ``perceptual``, where there is one, becomes ``l_perceptual`` and is saved with checkpoints, so
    that resuming needs nothing else.
    """

    nEncoder: Encoder  # noqa: N815 - the published names
    aEncoder: Encoder  # noqa: N815
    lEncoder: LabelEncoder  # noqa: N815
    iDecoder: Decoder  # noqa: N815
    lDecoder: Decoder  # noqa: N815

    def __init__(
        self,
        config: TrainingConfig,
        networks: AnatomyNetworks,
        perceptual: PerceptualFeatures | None,
    ) -> None:
        super().__init__()
        # A checkpoint has been checked in full, with better messages, before it comes here; what
        # may differ is only whether it has perceptual weights.
        self.strict_loading = False
        for name, network in networks.named_children():
            self.add_module(name, network)
        reconstruction: ReconstructionLoss = StructuralReconstruction()
        if perceptual is not None:
            self.l_perceptual = perceptual
            reconstruction = PerceptualReconstruction(perceptual)
        self._config = config
        self._wanted = Wanted.by(config)
        self._objective = TrainingObjective(reconstruction, config.losses, config.loss_weight)

    def training_step(self, batch: PairedBatch, batch_idx: int) -> dict[str, Any]:
        """Return the loss and, for the log, every term of it."""
        outputs = forward_pair(self, batch, self._wanted)
        with torch.autocast(self.device.type, enabled=False):
            terms = self._objective(outputs)
        total = terms.total
        self.log(
            "total_loss",
            total,
            prog_bar=True,
            on_step=False,
            on_epoch=True,
            sync_dist=True,
            batch_size=self._config.dataset.batch_size,
        )
        return {"loss": total, "terms": terms.detached()}

    @property
    def image_size(self) -> int:
        """Edge of the square slices, in pixels."""
        return self._config.models.image_size

    def validation_step(self, batch: SliceBatch, batch_idx: int) -> dict[str, Tensor]:
        """Log the overlap of each class; return the codes that a search would compare."""
        aac = self.aEncoder(batch.image)
        logits = self.lDecoder(aac)
        metric = self._config.metric
        dice = dice_per_class(logits.argmax(dim=1), batch.labels, metric.n_classes)
        self.log_dict(
            {name: dice[index] for name, index in metric.class_name_to_index.items()},
            batch_size=len(batch.labels),
            sync_dist=True,
        )
        labels = batch.labels[:, None].to(batch.image.dtype)
        return {"nac": self.nEncoder(batch.image), "aac": aac, "labels": self.lEncoder(labels)}

    def forward(self, image: Tensor) -> Pictures:
        """Describe slices (N, C, H, W); in evaluation mode."""
        nac, aac = self.nEncoder(image), self.aEncoder(image)
        return Pictures(
            entire=self.iDecoder(nac + aac),
            normal_only=self.iDecoder(nac),
            predicted=self.lDecoder(aac).argmax(dim=1),
        )

    def configure_optimizers(self) -> Any:
        """Adam over the five networks, with the learning rate's schedule if there is one."""
        settings = self._config.optimizer
        # Frozen ones as well: a training may go on with another choice of them.
        networks = (self.get_submodule(name) for name in NETWORK_NAMES)
        optimizer = torch.optim.Adam(
            [parameter for network in networks for parameter in network.parameters()],
            lr=settings.g_lr,
            betas=self._config.optimizer.betas,
            weight_decay=settings.weight_decay,
            fused=self._config.run.gradient_clip is None,  # Lightning clips no others
        )
        if settings.schedule is None:
            return optimizer
        scheduler = LambdaLR(optimizer, learning_rate_factor(settings.schedule))
        schedule = {"scheduler": scheduler, "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": schedule}


def learning_rate_factor(schedule: ScheduleConfig) -> Callable[[int], float]:
    """Return what the learning rate is multiplied with at an optimizer step.

    A plain function, because the attributes of an object would be saved with a checkpoint, which
    then held more than data, and would win over the settings of a resumed training.
    """
    warmup, decay = schedule.warmup_steps, schedule.decay_steps

    def factor(step: int) -> float:
        """Rise linearly during warm-up, then fall along half a cosine to zero, and stay there."""
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / decay)))

    return factor
