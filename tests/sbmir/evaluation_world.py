"""A reference folder that exists in memory only, and queries about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sbmir.catalogue import PatientCatalogue, make_catalogue
from sbmir.evaluation.reader import ReaderQuery
from sbmir.evaluation.reference import ReferenceSlices
from sbmir.keys import SliceKey
from sbmir.volumes import Geometry

SIZE = 16
AFFINE = np.diag([-2.0, -2.0, 2.0, 1.0])
"""Pixels of 2 mm; the picture's left is the patient's."""


def geometry(n_slices: int) -> Geometry:
    return Geometry((SIZE, SIZE, n_slices), AFFINE)


def square(row: int, column: int, edge: int, tissue: int = 2, size: int = SIZE) -> np.ndarray:
    labels = np.zeros((size, size), np.uint8)
    labels[row : row + edge, column : column + edge] = tissue
    return labels


def catalogue_of(patient: str, label_maps, *, known: bool = True) -> PatientCatalogue:
    return make_catalogue(patient, label_maps, geometry(len(label_maps)) if known else None)


def key(patient: str, index: int) -> SliceKey:
    return SliceKey("Tiny", patient, index)


class MemoryReference(ReferenceSlices):
    """Label maps that are given rather than read; the last of a patient is the largest."""

    def __init__(self, label_maps: dict[str, list[np.ndarray]], *, known: bool = True) -> None:
        keys = [key(name, index) for name, own in label_maps.items() for index in range(len(own))]
        super().__init__(Path("nowhere"), keys)
        self.labels = lambda one: label_maps[one.patient][one.index]
        self.catalogue = lambda name: catalogue_of(name, label_maps[name], known=known)


def query_for(target: SliceKey, template: SliceKey, sketch: np.ndarray) -> ReaderQuery:
    return ReaderQuery(target, template, sketch, 0)
