"""In which order slices come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.utils.data import Sampler

from ModelTraining.seeds import derived_seed


@dataclass(frozen=True)
class Share:
    """Which of several processes this is: each of them takes its own part of every pass."""

    rank: int = 0
    processes: int = 1


class EpochShuffle(Sampler[int]):
    """A new order for every epoch and for every pass within it, fixed by the seed.

    The trainer calls `set_epoch`; the shorter of two paired loaders passes several times through
    its slices in one epoch. Processes that train together share a pass; all parts are equally
    long, and what remains is left to other passes.
    """

    def __init__(self, length: int, seed: int, share: Share = Share()) -> None:
        self._length = length
        self._seed = seed
        self._share = share
        self._epoch = 0
        self._passes = 0
        self._skipped = 0

    def set_epoch(self, epoch: int) -> None:
        """Start the epoch's first pass, unless the epoch has begun already."""
        if epoch != self._epoch:
            self.begin(epoch)

    def begin(self, epoch: int, passes: int = 0, slices: int = 0) -> None:
        """Go on in an epoch of which so many passes, and slices of the next one, are done."""
        self._epoch, self._passes, self._skipped = epoch, passes, slices

    def __len__(self) -> int:
        return max(1, self._length // self._share.processes)

    def __iter__(self) -> Iterator[int]:
        seed = derived_seed(self._seed, self._epoch, self._passes)
        skipped, self._skipped = self._skipped, 0
        self._passes += 1
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(self._length, generator=generator)
        # Where there are fewer slices than processes, some take the same one.
        places = torch.arange(len(self)) * self._share.processes + self._share.rank
        yield from order[places % self._length][skipped:].tolist()


def validation_batches(
    normal: int, abnormal: int, half: int, limit: int, seed: int
) -> list[list[int]]:
    """Choose the paired batches that every validation looks at.

    Parameters
    ----------
    normal, abnormal:
        How many slices there are of each kind; both at least 1.
    half:
        How many of each kind a batch takes.
    limit:
        The most batches; at least 1.

    Returns
    -------
    list of list of int
        Each batch's indices into the normal slices followed by the abnormal ones, in an order
        fixed by the seed; the shorter kind starts again where the longer goes on. All batches
        are equally long.
    """
    orders = []
    for kind, count in enumerate((normal, abnormal)):
        generator = torch.Generator().manual_seed(derived_seed(seed, kind))
        orders.append((torch.randperm(count, generator=generator) + kind * normal).tolist())
    batches = []
    whole = [max(1, len(order) // half) for order in orders]
    for number in range(min(limit, max(whole))):
        batch: list[int] = []
        for order, count in zip(orders, whole, strict=True):
            first = number % count * half
            batch += order[first : first + half]
        batches.append(batch)
    return batches
