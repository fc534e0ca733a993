"""The folder of one training run."""

from __future__ import annotations

import re
from pathlib import Path

from sbmir.errors import NotFoundError

CHECKPOINTS = "checkpoints"
PICTURES = "pictures"
TENSORBOARD = "tensorboard"
OVERVIEW = "epoch={epoch:04d}_overview.png"
_VERSION = re.compile(r"version_(\d+)")


def new_run_folder(study: Path) -> Path:
    """Make the next ``version_k`` below the study's folder, with its own sub-folders.

    Raises
    ------
    NotFoundError
        Where the folder cannot be written.
    """
    try:
        study.mkdir(parents=True, exist_ok=True)
        found = (_VERSION.fullmatch(entry.name) for entry in study.iterdir())
        number = 1 + max((int(match[1]) for match in found if match), default=-1)
        while True:
            folder = study / f"version_{number}"
            try:
                folder.mkdir()
                break
            except FileExistsError:  # another training took it in this moment
                number += 1
        (folder / CHECKPOINTS).mkdir()
        (folder / PICTURES).mkdir()
    except OSError as error:
        raise NotFoundError(
            f"The folder {study} cannot be written.",
            why=error.strerror or str(error),
            remedy="Correct save.save_dir_path, or free disk space.",
        ) from error
    return folder
