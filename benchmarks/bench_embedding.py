"""Embedding slices with the full-size network, beside the plain way of doing it.

The network is of the published size with random weights, the slices are of a synthetic patient;
all ways read slices from files and write codes to files. They take turns, because the machine may
be shared: compare within a table. The plain way runs all five networks as PyTorch runs them by
itself, in float32, on batches of 30. What rounding does to a ranking takes trained weights and
several patients: see `compare_precisions.py`.

Usage: `python benchmarks/bench_embedding.py [--home DIR] [--slices N] [--turns N]`; what is made is
kept in the folder for the next time, 0.7 GB.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from random_reference import RandomReference, make_files

from sbmir.codes import Precision, read_codes
from sbmir.embedding import embed_patients
from sbmir.encoding import CodeEncoder, describe_machine
from sbmir.layout import code_path, slice_path
from sbmir.networks.checkpoint import load_networks
from sbmir.networks.sizes import MODEL_CHANNELS
from sbmir.slices import SEGMENTATION_PATTERN

BATCH = 30
FIRST_SLICE = 60
"""From here on the synthetic patient's slices show brain, and most a lesion."""
PATIENT = "A"
PLAIN = "plain: five networks, float32"
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")

Embed = Callable[[Path], object]
"""Writes the patient's codes into a folder that is not there yet."""
Clock = Callable[[], float]
"""Seconds since whenever."""


def main() -> None:
    """Print times, their ratios to the plain way, and the drift of the codes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="keep here what is made")
    parser.add_argument("--slices", type=int, default=BATCH)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="time of the processor, not of the clock: for busy machines, with OMP_NUM_THREADS=1",
    )
    options = parser.parse_args()
    clock = time.process_time if options.processor_time else time.perf_counter
    with tempfile.TemporaryDirectory() as made:
        slices_dir, codes_dir = Path(made) / "slices", Path(made) / "codes"
        reference = make_files(options.home or Path(made) / "home")
        copy_slices(reference, slices_dir, options.slices)
        ways: dict[str, Embed] = {PLAIN: plain_embedding(reference, slices_dir)}
        for precision in PRECISIONS:
            ways[f"ours, {precision}"] = our_embedding(reference, slices_dir, precision)
        print(f"PyTorch {describe_machine()}; {options.slices} slices, {options.turns} turns\n")
        print_times(take_turns(ways, options.turns, codes_dir, clock), options.slices)
        print_drift(list(ways), codes_dir, options.slices)


def copy_slices(reference: RandomReference, slices_dir: Path, count: int) -> None:
    """Make a patient of the middle slices of the synthetic one."""
    dataset = reference.choice.dataset
    (slices_dir / PATIENT).mkdir(parents=True)
    for index in range(count):
        for pattern in (*MODEL_CHANNELS, SEGMENTATION_PATTERN):
            source = slice_path(
                dataset.slices_dir, dataset.template_patients[0], pattern, FIRST_SLICE + index
            )
            shutil.copyfile(source, slice_path(slices_dir, PATIENT, pattern, index))


def our_embedding(reference: RandomReference, slices_dir: Path, precision: Precision) -> Embed:
    """`--mode test` of the training program."""
    model = reference.choice.model
    encoder = CodeEncoder.from_checkpoint(model.checkpoint, model.networks, precision=precision)
    return lambda codes_dir: embed_patients(slices_dir, codes_dir, encoder, batch_size=BATCH)


def plain_embedding(reference: RandomReference, slices_dir: Path) -> Embed:
    """What a model's own forward pass over slices and label maps costs."""
    model = reference.choice.model
    networks = load_networks(model.checkpoint, model.networks)
    count = len(list((slices_dir / PATIENT).glob(f"*_{SEGMENTATION_PATTERN}_*.npy")))

    def read(pattern: str, indices: range) -> NDArray[np.float32]:
        paths = [slice_path(slices_dir, PATIENT, pattern, index) for index in indices]
        return np.stack([np.load(path) for path in paths]).astype(np.float32)

    @torch.no_grad()
    def embed(codes_dir: Path) -> None:
        (codes_dir / PATIENT).mkdir(parents=True)
        for first in range(0, count, BATCH):
            indices = range(first, min(first + BATCH, count))
            channels = [read(pattern, indices) for pattern in MODEL_CHANNELS]
            images = torch.from_numpy(np.stack(channels, axis=1))
            labels = torch.from_numpy(read(SEGMENTATION_PATTERN, indices))
            nac, aac = networks.nEncoder(images), networks.aEncoder(images)
            networks.lEncoder(labels[:, None])
            networks.iDecoder(nac + aac)
            networks.lDecoder(aac)
            for kind, codes in (("nac", nac), ("aac", aac), ("eac", nac + aac)):
                for index, code in zip(indices, codes.numpy(), strict=True):
                    np.save(code_path(codes_dir, PATIENT, kind, index), code)

    return embed


def take_turns(
    ways: Mapping[str, Embed], turns: int, codes_dir: Path, clock: Clock
) -> dict[str, list[float]]:
    """Time each way in seconds, in each turn but the first; the last codes of each are kept."""
    times_s: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for turn in range(turns + 1):
        # Who comes after one that waits is favoured by the system: each does in turn.
        for name in np.roll(names, turn).tolist():
            target = codes_dir / name
            shutil.rmtree(target, ignore_errors=True)
            began = clock()
            ways[name](target)
            times_s[name].append(clock() - began)
    return {name: times[1:] for name, times in times_s.items()}


def print_times(times_s: Mapping[str, list[float]], count: int) -> None:
    """Print a row for each way."""
    print("| embedding | best slices/s | median slices/s | times faster |")
    print("|---|---:|---:|---:|")
    plain_s = np.array(times_s[PLAIN])
    for name, times in times_s.items():
        faster = np.median(plain_s / np.array(times))
        best, median = count / min(times), count / np.median(times)
        print(f"| {name} | {best:.2f} | {median:.2f} | {faster:.1f} |", flush=True)


def print_drift(names: list[str], codes_dir: Path, count: int) -> None:
    """Print how far codes are from those of the plain way, by their length."""
    print("\n| codes | off by, median | at most |\n|---|---:|---:|")
    for name in names[1:]:
        drifts = []
        for index in range(count):
            plain, ours = (read_codes(codes_dir / way, PATIENT, index) for way in (PLAIN, name))
            for one, other in ((plain.normal, ours.normal), (plain.abnormal, ours.abnormal)):
                drifts.append(np.linalg.norm(other - one) / np.linalg.norm(one))
        print(f"| {name} | {np.median(drifts):.1e} | {max(drifts):.1e} |")


if __name__ == "__main__":
    main()
