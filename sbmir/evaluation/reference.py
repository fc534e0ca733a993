"""The reference slices of an evaluation: what the database searches, and the files behind it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbmir.catalogue import PatientCatalogue, Side, make_catalogue, read_catalogue
from sbmir.errors import DataError, SbmirError
from sbmir.keys import SliceKey
from sbmir.slices import SEGMENTATION_PATTERN, load_slice
from sbmir.volumes import Geometry

_LABEL_MAPS_KEPT = 2048


class ReferenceSlices:
    """The slices whose codes are searched, with their label maps and geometry.

    Attributes
    ----------
    slices_dir:
        Folder of the preprocessed slices.
    by_patient:
        The keys of each patient's slices, in rising order; patients by name.
    """

    def __init__(self, slices_dir: Path, keys: Iterable[SliceKey]) -> None:
        self.slices_dir = slices_dir
        grouped: dict[str, list[SliceKey]] = {}
        for key in sorted(keys):
            grouped.setdefault(key.patient, []).append(key)
        self.by_patient = {patient: tuple(own) for patient, own in grouped.items()}
        self.labels = lru_cache(_LABEL_MAPS_KEPT)(self._read_labels)
        self.catalogue = lru_cache(None)(self._read_catalogue)

    def check(self) -> None:
        """Look at every patient's files.

        Raises
        ------
        DataError
            Naming all patients whose label maps are not there, damaged, or not those that were
            ingested.
        """
        mistakes = []
        for patient in self.by_patient:
            try:
                self.catalogue(patient)
            except SbmirError as error:
                mistakes.append(f"{patient}: {error.what}")
        if mistakes:
            raise DataError(
                "Not all patients of the database can be compared with sketches.",
                why="\n".join(mistakes),
                remedy="Preprocess and ingest them again, or take them out: sbmir ingest --remove",
            )

    def representative(self, patient: str) -> SliceKey | None:
        """Return the slice with the most lesion pixels; None for a patient without lesion.

        Raises
        ------
        NotFoundError, DataError
            As ``catalogue``.
        """
        index = self.catalogue(patient).representative
        if index is None:
            return None
        return SliceKey(self.by_patient[patient][0].dataset, patient, index)

    def side(self, key: SliceKey) -> Side | None:
        """On which side the slice's lesion lies; None without one, or where it is not known."""
        return self.catalogue(key.patient).slices[key.index].side

    def sketched_side(self, sketch: NDArray[np.uint8], template: str) -> Side | None:
        """On which side a sketch on a template patient's slice lies."""
        return side_drawn(sketch, self.catalogue(template).geometry)

    def _read_labels(self, key: SliceKey) -> NDArray[np.uint8]:
        """Read a label map, (rows, columns) uint8."""
        labels: NDArray[np.uint8] = load_slice(
            self.slices_dir, key.patient, SEGMENTATION_PATTERN, key.index
        )
        return labels

    def _read_catalogue(self, patient: str) -> PatientCatalogue:
        """Read what is known of a patient's slices.

        Raises
        ------
        NotFoundError, DataError
            Where the label maps are not there, damaged, or not those that were ingested.
        """
        catalogue = read_catalogue(self.slices_dir, patient)
        n_ingested = len(self.by_patient.get(patient, ())) or catalogue.n_slices
        if n_ingested != catalogue.n_slices:
            raise DataError(
                f"The database holds {n_ingested} slices of {patient}, their folder"
                f" {catalogue.n_slices}.",
                remedy="Embed and ingest the patient again.",
            )
        return catalogue


def side_drawn(labels: NDArray[np.uint8], geometry: Geometry | None) -> Side | None:
    """On which side a label map on a slice of that geometry lies."""
    return make_catalogue("sketch", [labels], geometry).slices[0].side
