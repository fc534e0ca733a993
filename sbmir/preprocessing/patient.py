"""One patient: volumes in, a whole folder of slices out, or nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from sbmir.catalogue import make_catalogue, read_catalogue, write_catalogue
from sbmir.config.preprocessing import DatasetPreprocessing, ModalitySettings
from sbmir.errors import DataError, SbmirError
from sbmir.files import atomic_folder, is_temporary, save_array, write_text
from sbmir.keys import check_patient_name
from sbmir.labels import tissue_classes
from sbmir.layout import CATALOGUE_FILE, PREPROCESSING_RECORD_FILE, SLICE_NAME, slice_path
from sbmir.patient_files import PatientFolder, find_modality
from sbmir.slices import (
    SEGMENTATION_PATTERN,
    axial_pictures,
    normalise,
    resize_image,
    resize_labels,
)
from sbmir.volumes import (
    Geometry,
    Volume,
    load_volume,
    read_geometry,
)

_FORMAT = 1
"""Raised when the slices would come out differently, so that older ones are made anew."""


@dataclass(frozen=True)
class PatientJob:
    """Everything needed to make the slices of one patient.

    Attributes
    ----------
    sources:
        One file for each of the dataset's modalities, in their order.
    made_from:
        Settings, and names, sizes and times of the files: slices that were made from the same are
        the same.
    """

    dataset: str
    patient: str
    settings: DatasetPreprocessing
    sources: tuple[Path, ...]
    made_from: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Where the slices go."""
        return self.settings.dst_dir_path / self.patient


def make_job(dataset: str, folder: PatientFolder, settings: DatasetPreprocessing) -> PatientJob:
    """Find the files of a patient.

    Raises
    ------
    DataError
        Where the patient's name cannot be used, or files are missing.
    """
    check_patient_name(folder.name)
    try:
        found = [find_modality(folder.path, folder.name, m.pattern) for m in settings.modalities]
        sources = tuple(path for path in found if path is not None)
        stats = [path.stat() for path in sources]
    except OSError as error:
        raise DataError(
            f"The folder {folder.path} cannot be read.",
            why=str(error),
            remedy="Mend its permissions.",
        ) from error
    missing = [
        f"{folder.name}_{modality.pattern}.nii.gz ({modality.name})"
        for modality, path in zip(settings.modalities, found, strict=True)
        if path is None
    ]
    if missing:
        raise DataError(
            f"{folder.path} has no {', no '.join(missing)}.",
            remedy="Add what is missing, or correct the patterns in the settings file.",
        )
    made_from = {
        "format": _FORMAT,
        "image_size": settings.image_size,
        "modalities": [[m.name, m.save_pattern] for m in settings.modalities],
        "sources": [
            [path.name, stat.st_size, stat.st_mtime_ns]
            for path, stat in zip(sources, stats, strict=True)
        ],
    }
    return PatientJob(dataset, folder.name, settings, sources, made_from)


def is_complete(job: PatientJob) -> bool:
    """Whether the saved slices are whole and were made from the same files and settings."""
    slices_dir = job.settings.dst_dir_path
    try:
        record = json.loads((job.folder / PREPROCESSING_RECORD_FILE).read_text(encoding="utf-8"))
        if record["made_from"] != job.made_from:
            return False
        for pattern, size in record["slice_bytes"].items():
            for index in range(record["n_slices"]):
                if slice_path(slices_dir, job.patient, pattern, index).stat().st_size != size:
                    return False
        if SEGMENTATION_PATTERN not in record["slice_bytes"]:
            return True
        return read_catalogue(slices_dir, job.patient).geometry is not None
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        SbmirError,
    ):
        return False  # whatever is wrong with what is there, it is made anew


def make_slices(job: PatientJob) -> list[str]:
    """Write all slices of a patient, or nothing; returns notes for the user.

    Raises
    ------
    DataError
        Where a file is bad, the modalities do not fit together, or the folder cannot be written.
        The message names the file.
    """
    try:
        _refuse_foreign_files(job.folder)
        with atomic_folder(job.folder) as staging:
            return _write_slices(job, staging)
    except OSError as error:
        raise DataError(
            f"The slices of {job.patient} cannot be written to {job.folder}.",
            why=str(error),
            remedy="Make room on the disk or mend the folder's permissions, and run again.",
        ) from error


def _write_slices(job: PatientJob, staging: Path) -> list[str]:
    slice_bytes: dict[str, int] = {}
    reoriented: dict[str, list[str]] = defaultdict(list)
    reference = read_geometry(job.sources[0])
    for modality, path in zip(job.settings.modalities, job.sources, strict=True):
        volume = load_volume(path)
        if volume.reoriented_from is not None:
            reoriented[volume.reoriented_from].append(modality.name)
        _refuse_other_grid(volume, path, reference, job.sources[0])
        pictures = _pictures(volume, modality, path, job.settings.image_size)
        for index, picture in enumerate(pictures):
            name = slice_path(staging, job.patient, modality.save_pattern, index).name
            save_array(staging / name, picture)
            slice_bytes[modality.save_pattern] = (staging / name).stat().st_size
        if modality.is_segmentation and modality.save_pattern == SEGMENTATION_PATTERN:
            catalogue = make_catalogue(job.patient, pictures, volume.geometry)
            write_catalogue(staging / CATALOGUE_FILE, catalogue)
    record = {
        "made_from": job.made_from,
        "n_slices": reference.shape[2],
        "slice_bytes": slice_bytes,
    }
    write_text(staging / PREPROCESSING_RECORD_FILE, json.dumps(record))
    return [
        f"{job.patient}: the axes of {', '.join(names)}, {axes}, were brought to LPS."
        for axes, names in reoriented.items()
    ]


def _pictures(
    volume: Volume, modality: ModalitySettings, path: Path, size: int
) -> list[NDArray[Any]]:
    """Every axial slice of a volume as it is saved."""
    try:
        if modality.is_segmentation:
            labels = tissue_classes(volume.array)
            return [resize_labels(picture, size) for picture in axial_pictures(labels)]
        image = normalise(volume.array)
        return [resize_image(picture, size) for picture in axial_pictures(image)]
    except DataError as error:
        raise DataError(f"{path}: {error.what}", why=error.why, remedy=error.remedy) from error


def _refuse_other_grid(volume: Volume, path: Path, reference: Geometry, first: Path) -> None:
    if reference.is_same_grid(volume.geometry):
        return
    if volume.shape != reference.shape:
        difference = f"its shape is {volume.shape}, the other's {reference.shape}"
    else:
        difference = "their affines differ, so their voxels lie elsewhere"
    raise DataError(
        f"{path} does not fit {first.name}: {difference}.",
        remedy="All files of a patient must have the same shape and affine: co-register them.",
    )


def _refuse_foreign_files(folder: Path) -> None:
    """Replacing a folder deletes what is in it, which must not be what someone else put there."""
    if not folder.exists():
        return
    ours = (CATALOGUE_FILE, PREPROCESSING_RECORD_FILE)
    for entry in sorted(folder.iterdir()):
        name = entry.name
        if not (name in ours or SLICE_NAME.search(name) or is_temporary(entry)):
            raise DataError(
                f"The folder {folder} has to be made anew, but holds {name}, which is no slice.",
                remedy="Move that file away, or choose another dst_dir_path.",
            )
