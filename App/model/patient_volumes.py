"""The volumes of one patient at their own resolution, and the slice pictures cut from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from App.model.picture import Letters, SlicePicture, Window
from App.model.viewport import Frame
from sbmir.errors import DataError, NotFoundError
from sbmir.patient_files import find_modality, find_patients
from sbmir.slices import axial_picture
from sbmir.volumes import Volume, load_volume

WINDOW_PERCENTILES = (0.5, 99.5)
"""Of the voxels > 0: what is shown black and white at first."""

ROOM_MM = 8.0
"""Around the head, where the slice is first shown."""

# Which end of the RAS+ axes of an affine the values rise to, and the opposite end.
_RISING = ("R", "A", "S")
_FALLING = ("L", "P", "I")


class Modality(Protocol):
    """An image shown to the user: its name in the window and its pattern in file names."""

    @property
    def name(self) -> str:
        """Name in the window."""

    @property
    def pattern(self) -> str:
        """Pattern in file names."""


@dataclass(frozen=True, eq=False)
class PatientVolumes:
    """The volumes of one patient, of one shape and spacing, by the names of their modalities."""

    patient: str
    volumes: Mapping[str, Volume]
    windows: Mapping[str, Window]

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the images that can be shown."""
        return tuple(self.volumes)

    @property
    def n_slices(self) -> int:
        """Number of axial slices."""
        return self._any.shape[2]

    @property
    def extent_mm(self) -> tuple[float, float]:
        """Height and width of the slice pictures."""
        n_x, n_y, _ = self._any.shape
        x_mm, y_mm, _ = self._any.spacing_mm
        return n_y * y_mm, n_x * x_mm

    @cached_property
    def frame(self) -> Frame:
        """The part of the pictures that holds all of the head, with some room around it."""
        filled = np.any(self._any.array > 0, axis=2)
        rows, columns = np.nonzero(axial_picture(filled[..., np.newaxis], 0))
        height_mm, width_mm = self.extent_mm
        if not rows.size:
            return Frame(0.0, 0.0, width_mm, height_mm)
        x_mm, y_mm, _ = self._any.spacing_mm
        return Frame(
            left=max(float(columns.min()) * x_mm - ROOM_MM, 0.0),
            top=max(float(rows.min()) * y_mm - ROOM_MM, 0.0),
            right=min(float(columns.max() + 1) * x_mm + ROOM_MM, width_mm),
            bottom=min(float(rows.max() + 1) * y_mm + ROOM_MM, height_mm),
        )

    @property
    def letters(self) -> Letters:
        """The patient's sides at the edges of the pictures, from the affine."""
        return picture_letters(self._any.affine)

    def picture(self, modality: str, index: int) -> NDArray[np.float32]:
        """Return slice ``index`` as (rows, columns) float32, at the volume's own resolution."""
        picture: NDArray[np.float32] = axial_picture(self.volumes[modality].array, index)
        return picture

    def window(self, modality: str) -> Window:
        """The values that are shown black and white."""
        return self.windows[modality]

    def slice_picture(self, modality: str, index: int) -> SlicePicture:
        """Slice ``index`` with all that a view needs to show it."""
        return SlicePicture(
            values=self.picture(modality, index),
            window=self.window(modality),
            extent_mm=self.extent_mm,
            frame=self.frame,
            letters=self.letters,
            patient=self.patient,
            modality=modality,
            index=index,
        )

    @property
    def _any(self) -> Volume:
        return next(iter(self.volumes.values()))


def patient_folder(volumes_dir: Path, patient: str) -> Path:
    """Find the folder of a patient's volumes.

    Raises
    ------
    NotFoundError
        Where the data set's folder cannot be listed, or the patient is not in it.
    """
    remedy = "Place the data set there, or name its folder in App/config.yaml."
    try:
        patients, _ = find_patients(volumes_dir)
    except OSError as error:
        raise NotFoundError(
            f"The folder of volumes {volumes_dir} cannot be listed.", why=str(error), remedy=remedy
        ) from error
    for folder in patients:
        if folder.name == patient:
            return folder.path
    raise NotFoundError(
        f"The patient {patient} is not in {volumes_dir}.",
        why="Slices suffice to be found by a search; to be looked at as a whole takes the volumes.",
        remedy=remedy,
    )


def load_modality(folder: Path, patient: str, modality: Modality) -> Volume:
    """Read one volume from the patient's folder.

    Raises
    ------
    NotFoundError
        Where it is not there.
    DataError
        Where it cannot be read.
    """
    try:
        path = find_modality(folder, patient, modality.pattern)
    except OSError as error:
        raise NotFoundError(
            f"The folder {folder} cannot be listed.",
            why=str(error),
            remedy="Mend its permissions, or choose another patient.",
        ) from error
    if path is None:
        raise NotFoundError(
            f"The patient {patient} has no {modality.name} volume.",
            why=f"No file of pattern {modality.pattern!r} is in {folder}.",
            remedy="Add the file, or choose another image or patient.",
        )
    return load_volume(path)


def check_one_grid(patient: str, volumes: Mapping[str, Volume]) -> None:
    """Make sure that the same indices mean the same place in all volumes.

    Raises
    ------
    DataError
        Where they do not lie on one grid.
    """
    first_name, first = next(iter(volumes.items()))
    for name, volume in volumes.items():
        if not volume.geometry.is_same_grid(first.geometry):
            raise DataError(
                f"The volumes {first_name} and {name} of {patient} do not lie on one grid.",
                why=f"Their shapes are {first.shape} and {volume.shape}, or they are shifted.",
                remedy="Resample them to one grid, or choose another patient.",
            )


def display_window(voxels: NDArray[np.float32]) -> tuple[float, float]:
    """Return what to show black and white: percentiles of the voxels > 0."""
    positive = voxels[voxels > 0]
    if not positive.size:
        return 0.0, 1.0
    low, high = np.percentile(positive, WINDOW_PERCENTILES)
    return (float(low), float(high)) if high > low else (0.0, float(high))


def picture_letters(affine: NDArray[np.float64]) -> Letters:
    """Tell the patient's sides at the edges of ``axial_picture``.

    Pictures of the voxel indices themselves show which way x and y run in a picture; the affine
    shows which way they run in the patient. Nothing here assumes either of them.
    """
    x_index, y_index = np.meshgrid(np.arange(2), np.arange(2), indexing="ij")
    x_picture = axial_picture(x_index[..., np.newaxis].astype(np.float32), 0)
    y_picture = axial_picture(y_index[..., np.newaxis].astype(np.float32), 0)
    indices = np.stack([x_picture, y_picture], axis=-1)  # (row, column, (x, y))
    across = indices[0, 1] - indices[0, 0]
    down = indices[1, 0] - indices[0, 0]
    in_plane = np.asarray(affine, np.float64)[:3, :2]
    return Letters(
        left=_letter(in_plane @ -across),
        right=_letter(in_plane @ across),
        top=_letter(in_plane @ -down),
        bottom=_letter(in_plane @ down),
    )


def _letter(direction_ras: NDArray[np.float64]) -> str:
    axis = int(np.argmax(np.abs(direction_ras)))
    return (_RISING if direction_ras[axis] > 0 else _FALLING)[axis]
