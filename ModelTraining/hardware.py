"""What this machine has of what the settings ask for."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
from dataclasses import dataclass

import torch

from sbmir.errors import ConfigError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Devices:
    """What to train on: CUDA devices by index, or the processor where there is none.

    ``cpu_processes`` train together on the processor.
    """

    cuda: tuple[int, ...]
    cpu_processes: int = 1

    @property
    def processes(self) -> int:
        """How many processes train together, one for each device."""
        return len(self.cuda) or self.cpu_processes


def available_devices(visible_devices: str, cpu_processes: int = 1) -> Devices:
    """Take the wished-for devices that there are, saying so where some are missing.

    Parameters
    ----------
    visible_devices:
        Indices of CUDA devices, separated by commas; empty for the processor.
    cpu_processes:
        How many processes train together where it is the processor.

    Raises
    ------
    ConfigError
        Where the text is something else.
    """
    try:
        wished = [int(part) for part in visible_devices.split(",") if part.strip()]
    except ValueError:
        raise ConfigError(
            f"run.visible_devices is {visible_devices!r}: whole numbers separated by commas"
            " are expected, such as '0, 1'."
        ) from None
    found = tuple(sorted({index for index in wished if 0 <= index < torch.cuda.device_count()}))
    if len(found) < len(set(wished)):
        chosen = f"device {', '.join(map(str, found))}" if found else "the processor"
        logger.info(
            "Of the devices %s in run.visible_devices, this machine has %d: using %s.",
            visible_devices,
            len(found),
            chosen,
        )
    return Devices(found, cpu_processes)


def use_channels_last(wished: bool, devices: Devices) -> bool:
    """Whether images and weights are laid out channels last: where wished for, on CUDA devices.

    On a processor, PyTorch's group normalisation of that layout takes ten times as long in the
    backward pass, more than the convolutions gain.
    """
    if wished and not devices.cuda:
        logger.info("run.channels_last slows training down on a processor: left off.")
    return wished and bool(devices.cuda)


def can_compile(wished: bool, devices: Devices) -> bool:
    """Whether to compile the networks: where wished for, and where there is what it takes.

    On CUDA devices that is the package triton; on a processor, a C++ compiler.
    """
    if not wished:
        return False
    if devices.cuda:
        there, missing = importlib.util.find_spec("triton") is not None, "the package triton"
    else:
        compilers = (os.environ.get("CXX", "g++"), "clang++")
        there, missing = any(shutil.which(name) for name in compilers), "a C++ compiler"
    if not there:
        logger.info("run.compile needs %s, which this machine lacks: left off.", missing)
    return there


def available_workers(wished: int, processes: int = 1) -> int:
    """Return at most as many loading processes as there are processors, saying so if fewer.

    Processors are shared out between the ``processes`` that train together.
    """
    processors = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    usable = max(1, processors // processes)
    if wished > usable:
        logger.info(
            "dataset.num_workers is %d, but this machine has %d processors: using %d.",
            wished,
            processors,
            usable,
        )
    return min(wished, usable)
