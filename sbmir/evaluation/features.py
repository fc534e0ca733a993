"""Features of slices that were computed elsewhere, a ResNet's say, to compare with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbmir.errors import DataError, NotFoundError
from sbmir.keys import SliceKey
from sbmir.layout import feature_path


def find_feature_folders(codes_dir: Path, patients: Iterable[str]) -> dict[str, Path]:
    """Return the folders beside a model's codes that hold features of any of the patients.

    They are ``latent_codes/<dataset>/<name>/<patient>/feature_<i:04d>.npy``.
    """
    try:
        folders = sorted(entry for entry in codes_dir.parent.iterdir() if entry.is_dir())
    except OSError:
        return {}
    names = list(patients)
    return {
        folder.name: folder
        for folder in folders
        if any(feature_path(folder, name, 0).is_file() for name in names)
    }


class FeatureReader:
    """Reads the feature of a slice as a vector; all of a folder have to be of one length."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._length: int | None = None

    def __call__(self, key: SliceKey) -> NDArray[np.float32]:
        """Return float32 of shape (length,).

        Raises
        ------
        NotFoundError
            Where the slice has no feature.
        DataError
            Where the file is damaged, or holds NaN, something else than numbers, or more or fewer
            of them than the others.
        """
        path = feature_path(self._folder, key.patient, key.index)
        try:
            with path.open("rb") as stream:  # np.load would also try to open archives and pickles
                array = np.lib.format.read_array(stream, allow_pickle=False)
        except FileNotFoundError:
            raise NotFoundError(
                f"The feature {path} is not there.",
                remedy="Compute the features of every slice, or remove the folder.",
            ) from None
        except (OSError, ValueError, MemoryError) as error:
            raise _bad(path, str(error)) from error
        if array.dtype.kind not in "fiu" or not array.size or not np.isfinite(array).all():
            raise _bad(path, "it does not hold finite numbers")
        if self._length is None:
            self._length = array.size
        if array.size != self._length:
            raise _bad(path, f"it has {array.size} numbers, another one has {self._length}")
        return array.astype(np.float32).ravel()


def _bad(path: Path, cause: str) -> DataError:
    return DataError(
        f"The feature {path} cannot be used: {cause}.",
        remedy="Compute it again, or remove its folder.",
    )
