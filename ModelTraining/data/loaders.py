"""Loaders of paired training batches and of the validation batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities import CombinedLoader
from torch.utils.data import DataLoader, Subset

from ModelTraining.config import TrainingConfig
from ModelTraining.data.augmentation import build_augmentation, build_hand_drawing
from ModelTraining.data.batch import PairedBatch, SliceBatch
from ModelTraining.data.dataset import Sample, SliceDataset, SliceFile, SliceInventory, collate
from ModelTraining.data.sampling import EpochShuffle, validation_batches
from ModelTraining.position import Position
from ModelTraining.seeds import derived_seed


class PairedSlices(pl.LightningDataModule):
    """Normal and abnormal slices, half a batch of each.

    An epoch is one pass over the longer of the two kinds, in which the shorter starts again,
    reshuffled. Last incomplete batches are dropped, unless a kind has no other.

    Parameters
    ----------
    workers:
        Loading processes for both kinds together; 0 loads in the training process.
    """

    def __init__(
        self,
        config: TrainingConfig,
        inventory: SliceInventory,
        workers: int,
        channels_last: bool,
    ) -> None:
        super().__init__()
        self._config = config
        self._inventory = inventory
        self._workers = workers
        self._channels_last = channels_last
        self._augment = build_augmentation(config.dataset)
        self._redraw = build_hand_drawing(config.dataset)

    def train_dataloader(self) -> CombinedLoader:
        """Give pairs of normal and abnormal batches, from where the training stands."""
        kinds = (self._inventory.normal, self._inventory.abnormal)
        loaders = [self._loader(files, kind) for kind, files in enumerate(kinds)]
        return CombinedLoader(PairedBatch(*loaders), mode="max_size_cycle")  # type: ignore[arg-type]

    def val_dataloader(self) -> DataLoader[Sample]:
        """Give the same few batches each time, normal and abnormal slices joined.

        Every process looks at all of them, so that the numbers are the same however many there are.
        """
        batches = validation_batches(
            len(self._inventory.normal),
            len(self._inventory.abnormal),
            half=self._config.dataset.batch_size // 2,
            limit=self._config.run.limit_val_batches,
            seed=self._config.run.seed,
        )
        both = self._dataset((*self._inventory.normal, *self._inventory.abnormal))
        chosen = Subset(both, [index for batch in batches for index in batch])
        return DataLoader(chosen, batch_size=len(batches[0]), collate_fn=collate)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Augment training batches, on the device, and lay images out."""
        if isinstance(batch, PairedBatch):
            trainer = self.trainer
            if trainer is None:
                raise RuntimeError("batches are augmented within a training only")
            seed = derived_seed(self._config.run.seed, trainer.global_step, trainer.global_rank)
            generator = torch.Generator().manual_seed(seed)
            normal, abnormal = (self._laid_out(self._augment(half, generator)) for half in batch)
            return PairedBatch(normal, self._redraw(abnormal, generator))
        return self._laid_out(batch)

    @property
    def _position(self) -> Position:
        return Position() if self.trainer is None else Position.of(self.trainer)

    def _loader(self, files: Sequence[SliceFile], kind: int) -> DataLoader[Sample]:
        half = self._config.dataset.batch_size // 2
        workers = (self._workers + 1 - kind) // 2
        sampler = EpochShuffle(
            len(files), derived_seed(self._config.run.seed, kind), self._position.share
        )
        batches = max(1, len(sampler) // half)
        passes, batches = divmod(self._position.batches, batches)
        sampler.begin(self._position.epoch, passes, batches * half)
        return DataLoader(
            self._dataset(files),
            batch_size=half,
            sampler=sampler,
            drop_last=len(sampler) >= half,
            num_workers=workers,
            persistent_workers=workers > 0,
            pin_memory=torch.cuda.is_available(),
            collate_fn=collate,
        )

    def _dataset(self, files: Sequence[SliceFile]) -> SliceDataset:
        return SliceDataset(files, self._config.dataset.modalities, self._config.models.image_size)

    def _laid_out(self, batch: SliceBatch) -> SliceBatch:
        if not self._channels_last:
            return batch
        return batch._replace(image=batch.image.contiguous(memory_format=torch.channels_last))
