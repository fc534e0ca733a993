"""A step of training on the processor, beside the plain way of doing it.

A step takes a batch from memory to changed weights: networks, loss, gradients, Adam. Two networks:
the compact one of the demo with its settings (SSIM), and the published one with the published loss
(VGG19's features, whose weights are random here: the time does not depend on them) on a small
batch. All ways train the same networks in turns, because the machine may be shared: compare within
a table. What the plain way is: see `plain_training.py`; that the loss is the same, is shown.

Usage: `python benchmarks/bench_training_step.py [--compact-steps N] [--published-steps N]`
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from plain_training import PlainTraining
from torch import Tensor

from ModelTraining.config import TrainingConfig, read_training_config
from ModelTraining.data.batch import PairedBatch, SliceBatch
from ModelTraining.module import SbmirModule
from sbmir.encoding import describe_machine
from sbmir.layout import REPOSITORY_ROOT
from sbmir.networks.model import build_networks
from sbmir.networks.perceptual import PerceptualFeatures

COMPACT = REPOSITORY_ROOT / "SharedResources" / "saved_models" / "demo" / "anatomy_config.json"
PUBLISHED = REPOSITORY_ROOT / "ModelTraining" / "bottom2x2_margin-10_config.json"
PUBLISHED_BATCH = 4
"""The published 30 would take a minute a step."""
WARM_UP = 1
"""Steps that are not counted."""
PLAIN = "plain, float32"

Step = Callable[[PairedBatch], Tensor]
"""Returns the loss; a training step then changes the weights."""
Clock = Callable[[], float]
"""Seconds since whenever."""


def main() -> None:
    """Print a table for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compact-steps", type=int, default=15)
    parser.add_argument("--published-steps", type=int, default=3)
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="time of the processor, not of the clock: for busy machines, with OMP_NUM_THREADS=1",
    )
    options = parser.parse_args()
    # Its steps may be taken without a trainer; their log then goes nowhere.
    warnings.filterwarnings("ignore", message=".*`self.log\\(\\)`.*")
    clock = time.process_time if options.processor_time else time.perf_counter
    print(f"PyTorch {describe_machine()}")
    for name, path, batch_size, steps in (
        ("compact network", COMPACT, None, options.compact_steps),
        ("published network", PUBLISHED, PUBLISHED_BATCH, options.published_steps),
    ):
        if steps:
            config = settings(path, batch_size)
            edge, batch = config.models.image_size, config.dataset.batch_size
            print(f"\n{name}: {batch} slices of {edge} x {edge} pixels, {steps} steps\n")
            measure(config, steps, clock)


def settings(path: Path, batch_size: int | None) -> TrainingConfig:
    """The networks of these settings with the published terms and optimizer, as both ways have."""
    config, published = read_training_config(path), read_training_config(PUBLISHED)
    dataset = replace(config.dataset, batch_size=batch_size or config.dataset.batch_size)
    return replace(
        config,
        run=replace(config.run, gradient_clip=None),
        losses=replace(published.losses, use_perceptual=config.losses.use_perceptual),
        optimizer=replace(config.optimizer, schedule=None),
        loss_weight=published.loss_weight,
        dataset=dataset,
    )


def measure(config: TrainingConfig, steps: int, clock: Clock) -> None:
    """Let all ways train in turns, and print what their steps took."""
    torch.manual_seed(0)
    networks = build_networks(config.models)
    perceptual = PerceptualFeatures() if config.losses.use_perceptual else None
    plain = PlainTraining(config, networks, perceptual)
    module = SbmirModule(config, networks, perceptual)
    optimizer = module.configure_optimizers()

    def our_loss(batch: PairedBatch) -> Tensor:
        loss: Tensor = module.training_step(batch, 0)["loss"]
        return loss

    def our_step(batch: PairedBatch, *, bfloat16: bool) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            loss = our_loss(batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.detach()

    ways: dict[str, Step] = {
        PLAIN: plain.step,
        "ours, 32-true": lambda batch: our_step(batch, bfloat16=False),
        "ours, bf16-mixed": lambda batch: our_step(batch, bfloat16=True),
    }
    batch = random_batch(config)
    with torch.no_grad():
        losses = [seeded(0, plain.loss, batch), seeded(0, our_loss, batch)]
    print("loss before: plain {:.5f}, ours {:.5f}\n".format(*losses))
    print_times(take_turns(ways, batch, steps, clock))


def random_batch(config: TrainingConfig) -> PairedBatch:
    """Noise for slices; a lesion of all structures in each slice of the abnormal half."""
    half, size = config.dataset.batch_size // 2, config.models.image_size
    image = torch.randn(2, half, config.models.input_dim, size, size)
    place = torch.arange(size) - size / 2
    distance = torch.hypot(place[:, None], place) / size
    labels = torch.zeros(half, size, size, dtype=torch.long)
    for tissue, radius in ((2, 0.2), (3, 0.12), (1, 0.06)):
        labels[:, distance < radius] = tissue
    patients = torch.arange(half)
    normal = SliceBatch(image[0], torch.zeros_like(labels), patients)
    return PairedBatch(normal, SliceBatch(image[1], labels, half + patients))


def take_turns(
    ways: Mapping[str, Step], batch: PairedBatch, steps: int, clock: Clock
) -> dict[str, list[float]]:
    """Time the steps of each way in seconds, but the first."""
    times_s: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for turn in range(WARM_UP + steps):
        # Who comes after one that waits is favoured by the system: each does in turn.
        for name in np.roll(names, turn).tolist():
            began = clock()
            ways[name](batch)
            times_s[name].append(clock() - began)
    return {name: times[WARM_UP:] for name, times in times_s.items()}


def seeded(seed: int, step: Step, batch: PairedBatch) -> float:
    """The loss with the same noise in the variational encoder for the same seed."""
    torch.manual_seed(seed)
    return float(step(batch))


def print_times(times_s: Mapping[str, list[float]]) -> None:
    """Print a row for each way."""
    print("| a step | best ms | median ms | times faster |\n|---|---:|---:|---:|")
    plain_s = np.array(times_s[PLAIN])
    for name, times in times_s.items():
        faster = np.median(plain_s / np.array(times))
        best, median = 1000 * min(times), 1000 * np.median(times)
        print(f"| {name} | {best:.0f} | {median:.0f} | {faster:.2f} |", flush=True)


if __name__ == "__main__":
    main()
