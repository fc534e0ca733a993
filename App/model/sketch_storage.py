"""Saving and opening sketches: contours as JSON, label maps as NIfTI, `.npy` or `.png`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from App.model.saving import saving
from App.model.sketch import Sketch
from App.model.sketch_document import SketchDocument, read_document, write_document
from App.widget.contour_module.trace import SMALLEST_PIXEL_MM
from sbmir.errors import DataError
from sbmir.keys import SliceKey, check_patient_name
from sbmir.sketch_file import NIFTI_SUFFIXES, read_label_plane, write_label_plane
from sbmir.volumes import Geometry

CONTOUR_SUFFIX = ".json"
SAVED_SUFFIXES = (NIFTI_SUFFIXES[0], CONTOUR_SUFFIX)
OPENED_SUFFIXES = (*NIFTI_SUFFIXES, CONTOUR_SUFFIX, ".npy", ".png")

MOST_EDGES = 100_000
"""Between pixels of different classes: many times those of a lesion. Tracing more takes minutes."""

_ALIGNED_MM = 1.0


@dataclass(frozen=True, eq=False)
class OpenedSketch:
    """A sketch from a file, and what the file says of where it belongs.

    Attributes
    ----------
    template:
        The slice that it was drawn on; None where the file does not say it.
    extent_mm:
        Height and width of the slice picture that it lies on.
    plane:
        Where its pixels lie in the patient; None where the file does not say it.
    """

    sketch: Sketch
    template: SliceKey | None
    extent_mm: tuple[float, float]
    plane: Geometry | None = None


def save_sketch(path: Path, document: SketchDocument, volume: Geometry) -> None:
    """Save as contours (``.json``) or as a label map (``.nii.gz``, ``.nii``), by the name's end.

    Parameters
    ----------
    volume:
        Of the template. The label map has a pixel for each voxel of its slice.

    Raises
    ------
    DataError
        Where the name ends otherwise, or the file cannot be written.
    """
    with saving("The sketch", path):
        if path.suffix == CONTOUR_SUFFIX:
            write_document(path, document)
        elif path.name.endswith(NIFTI_SUFFIXES):
            columns, rows, _ = volume.shape
            labels = document.sketch.label_map((rows, columns), document.extent_mm)
            key = document.template
            write_label_plane(path, labels, volume, key.index, _note(key))
        else:
            raise DataError(
                f"{path.name} does not say in which form to save the sketch.",
                remedy=f"Let the name end with {' or '.join(SAVED_SUFFIXES)}.",
            )


def open_sketch(path: Path, shown_extent_mm: tuple[float, float] | None) -> OpenedSketch:
    """Read a sketch of any form; a label map becomes contours along the edges of its pixels.

    Parameters
    ----------
    shown_extent_mm:
        Height and width of the slice that is shown, which a file that does not say where it
        lies (``.npy``, ``.png``) is taken to cover.

    Raises
    ------
    NotFoundError, DataError
        Where the file is not there, or does not hold a sketch.
    """
    if path.suffix.lower() == CONTOUR_SUFFIX:
        document = read_document(path)
        return OpenedSketch(document.sketch, document.template, document.extent_mm)
    plane = read_label_plane(path)
    rows, columns = plane.labels.shape
    if plane.geometry is None and rows != columns:
        raise DataError(
            f"The sketch {path.name} has the size {rows}x{columns}.",
            why="Pictures of class ids are square, as the slices that a model takes are.",
            remedy="Save it as .nii.gz, which says how large its pixels are.",
        )
    extent_mm = shown_extent_mm if plane.geometry is None else _extent_mm(plane.geometry)
    if extent_mm is None:
        raise DataError(
            f"{path.name} does not say how large its pixels are.",
            remedy="Open it once a template patient is shown.",
        )
    _check_effort(path, plane.labels, extent_mm)
    sketch = Sketch.from_label_map(plane.labels, extent_mm)
    return OpenedSketch(sketch, _template(plane.note), extent_mm, plane.geometry)


def slice_at(volume: Geometry, plane: Geometry) -> int | None:
    """The slice of the volume that a plane lies on; None where it lies beside all of them."""
    origin = np.linalg.solve(volume.affine, plane.affine @ [-0.5, -0.5, 0, 1])
    x_mm, y_mm, _ = (origin[:3] - [-0.5, -0.5, 0]) * volume.spacing_mm
    index = round(float(origin[2]))
    aligned = max(abs(x_mm), abs(y_mm)) <= _ALIGNED_MM
    return index if aligned and 0 <= index < volume.shape[2] else None


def _check_effort(path: Path, labels: NDArray[np.uint8], extent_mm: tuple[float, float]) -> None:
    """Refuse a label map that contours cannot follow, or not in a time that one would wait."""
    pixel_mm = min(length / count for length, count in zip(extent_mm, labels.shape, strict=True))
    if pixel_mm < SMALLEST_PIXEL_MM:
        raise DataError(
            f"The pixels of {path.name} are too small: {pixel_mm:.3f} mm.",
            why=f"Contours follow pixels of {SMALLEST_PIXEL_MM} mm or more.",
            remedy="Save it with larger pixels.",
        )
    down, across = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    if np.count_nonzero(down) + np.count_nonzero(across) > MOST_EDGES:
        raise DataError(f"{path.name} holds too many specks to be a drawing.")


def _extent_mm(geometry: Geometry) -> tuple[float, float]:
    (n_x, n_y, _), (x_mm, y_mm, _) = geometry.shape, geometry.spacing_mm
    return n_y * y_mm, n_x * x_mm


def _note(key: SliceKey) -> str:
    return json.dumps({"sbmir_template": [key.dataset, key.patient, key.index]})


def _template(note: str) -> SliceKey | None:
    """The slice that a note names; None for the note of another program, or a damaged one."""
    try:
        dataset, patient, index = json.loads(note)["sbmir_template"]
        names = isinstance(dataset, str) and isinstance(patient, str)
        if names and isinstance(index, int) and index >= 0:
            return SliceKey(dataset, check_patient_name(patient), index)
    except (ValueError, KeyError, TypeError, RecursionError, DataError):
        pass
    return None
