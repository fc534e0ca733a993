"""`--mode export`: the weights of the five networks alone, in a file to ship."""

from __future__ import annotations

import logging
from pathlib import Path

import torch

from ModelTraining.code_scale import scale_abnormal_codes
from ModelTraining.config import TrainingConfig
from sbmir.errors import NotFoundError
from sbmir.files import atomic_write
from sbmir.networks.checkpoint import check_fits, fingerprint, read_state_dict, select_networks

logger = logging.getLogger(__name__)


def export(
    config: TrainingConfig, out: Path, *, half: bool = False, abnormal_scale: float = 1.0
) -> None:
    """Write ``{"state_dict": …}`` of the configured checkpoint's five networks.

    There is no optimizer state in it, and no perceptual network. In full precision the file has
    the checkpoint's model fingerprint and about a third of its size.

    Parameters
    ----------
    half:
        Store float16: half the size again, and a model fingerprint of its own. Codes change by
        about a thousandth.
    abnormal_scale:
        What abnormal codes are multiplied with; see ``scale_abnormal_codes``.

    Raises
    ------
    NotFoundError
        Where there is no checkpoint, or ``out`` cannot be written.
    CheckpointError
        Where the checkpoint does not fit the settings.
    ConfigError
        Where abnormal codes cannot be scaled.
    """
    checkpoint = config.run.resume_checkpoint
    if checkpoint is None:
        raise NotFoundError(
            "--mode export needs a checkpoint, and run.resume_checkpoint is false.",
            remedy="Set it, or give --checkpoint.",
        )
    state = read_state_dict(checkpoint)
    check_fits(state, config.models, checkpoint, "models in the settings")
    if abnormal_scale != 1.0:
        state = scale_abnormal_codes(state, config.models, abnormal_scale)
    # Copies: a tensor may share its storage with others, which would be saved as well.
    weights = {
        key: (tensor.half() if half else tensor).clone(memory_format=torch.contiguous_format)
        for key, tensor in select_networks(state).items()
    }
    try:
        with atomic_write(out) as stream:
            torch.save({"state_dict": weights}, stream)
    except OSError as error:
        raise NotFoundError(f"{out} cannot be written.", why=error.strerror or "") from error
    logger.info("Wrote %s, model fingerprint %s.", out, fingerprint(weights))
