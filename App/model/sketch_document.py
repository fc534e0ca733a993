"""A sketch with the slice that it was drawn on: what is saved, kept for a crash, and opened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from App.model.sketch import Sketch, within
from App.widget.contour_module.boolean import union
from App.widget.contour_module.contour import Contour
from sbmir.errors import DataError
from sbmir.files import write_text
from sbmir.json_file import STRICT_JSON, read_json
from sbmir.keys import SliceKey, check_patient_name
from sbmir.labels import PAINT_ORDER, TissueClass

MOST_BYTES = 2**24
MOST_POINTS = 50_000
"""Ten times a sketch of ten contours of 500 points."""

MOST_CROSSINGS = 20_000
"""Edges of a drawn sketch hardly cross; the time and memory to mend crossings grow with them."""

_SAMPLED_PAIRS = 200_000

_FORMAT = "sbmir-sketch"
_VERSION = 1

_Ends = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SketchDocument:
    """What is drawn, and on what.

    Attributes
    ----------
    template:
        The slice that the sketch lies on.
    extent_mm:
        Height and width of the slice picture, whose upper left corner is (0, 0).
    changed_at:
        When the sketch was last changed, in UTC.
    """

    template: SliceKey
    extent_mm: tuple[float, float]
    sketch: Sketch
    changed_at: datetime


def write_document(path: Path, document: SketchDocument) -> None:
    """Write a document as JSON, whole or not at all.

    Raises
    ------
    OSError
        Where the folder cannot be written or the disk is full.
    """
    write_text(path, json.dumps(as_json(document), separators=(",", ":")) + "\n")


def as_json(document: SketchDocument) -> dict[str, Any]:
    """As it is written, so that it can be a part of another file; see ``DocumentContent``."""
    key = document.template
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "changed_at": document.changed_at.isoformat(timespec="seconds"),
        "template": {"dataset": key.dataset, "patient_id": key.patient, "slice_num": key.index},
        "extent_mm": list(document.extent_mm),
        "contours": {
            tissue.name: [
                {
                    "outer": contour.outer.tolist(),
                    "holes": [hole.tolist() for hole in contour.holes],
                }
                for contour in document.sketch.region(tissue)
            ]
            for tissue in PAINT_ORDER
        },
    }


def read_document(path: Path) -> SketchDocument:
    """Read what `write_document` wrote; contours of any making are brought into a valid form.

    Raises
    ------
    NotFoundError
        Where the file is not there.
    DataError
        Where it is no sketch, or holds names, sizes or points that cannot be used.
    """
    read = read_json(path, DocumentContent, called="sketch", most_bytes=MOST_BYTES)
    try:
        return document_of(read)
    except DataError as error:
        raise DataError(f"{path}: {error.what}", why=error.why) from error


def document_of(read: DocumentContent) -> SketchDocument:
    """Make a document of what was read from a file.

    Raises
    ------
    DataError
        Where names or points cannot be used.
    """
    template = SliceKey(
        read.template.dataset,
        check_patient_name(read.template.patient_id),
        read.template.slice_num,
    )
    height_mm, width_mm = read.extent_mm
    return SketchDocument(
        template,
        (height_mm, width_mm),
        _sketch(read.contours, (height_mm, width_mm)),
        read.changed_at,
    )


def _sketch(contours: _Regions, extent_mm: tuple[float, float]) -> Sketch:
    by_tissue = {
        TissueClass.ED: contours.ED,
        TissueClass.ET: contours.ET,
        TissueClass.NET: contours.NET,
    }
    drawn = {tissue: [entry.contour for entry in entries] for tissue, entries in by_tissue.items()}
    for region in drawn.values():
        _check_effort(region)
    # Whoever wrote the file, what is drawn from now on needs disjoint and simple rings.
    return Sketch({tissue: within(union(region), extent_mm) for tissue, region in drawn.items()})


def _check_effort(contours: Sequence[Contour]) -> None:
    """Refuse outlines whose crossings would take minutes, and the memory, to mend."""
    n_points = sum(contour.n_points for contour in contours)
    if n_points > MOST_POINTS:
        raise DataError(f"The sketch has {n_points:,} points; at most {MOST_POINTS:,} are read.")
    if not contours:
        return
    starts = np.concatenate([ring for contour in contours for ring in contour.rings])
    ends = np.concatenate([np.roll(ring, -1, axis=0) for c in contours for ring in c.rings])
    # Some pairs of edges stand for all: counting each would be the effort that is to be avoided.
    one, other = np.random.default_rng(0).integers(0, n_points, (2, _SAMPLED_PAIRS))
    crossing = _cross(starts[one], ends[one], starts[other], ends[other]).mean()
    if crossing * n_points * n_points / 2 > MOST_CROSSINGS:
        raise DataError("The outlines of the sketch cross themselves too often to be a drawing.")


def _cross(a: _Ends, b: _Ends, c: _Ends, d: _Ends) -> NDArray[np.bool_]:
    """Whether the edges a-b and c-d properly cross, row by row."""
    return (_turn(a, b, c) * _turn(a, b, d) < 0) & (_turn(c, d, a) * _turn(c, d, b) < 0)


def _turn(a: _Ends, b: _Ends, c: _Ends) -> NDArray[np.float64]:
    (ab_x, ab_y), (ac_x, ac_y) = (b - a).T, (c - a).T
    turn: NDArray[np.float64] = ab_x * ac_y - ab_y * ac_x
    return turn


# --- What the file holds, as it is checked when it is read ------------------------------------


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class _Template:
    dataset: str
    patient_id: str
    slice_num: Annotated[int, Field(ge=0)]


_Point = tuple[float, float]


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class _Contour:
    outer: list[_Point]
    holes: list[list[_Point]]

    @property
    def contour(self) -> Contour:
        return Contour(np.array(self.outer), tuple(np.array(hole) for hole in self.holes))


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class _Regions:
    ED: list[_Contour] = field(default_factory=list)
    ET: list[_Contour] = field(default_factory=list)
    NET: list[_Contour] = field(default_factory=list)


_Millimetres = Annotated[float, Field(gt=1, le=10_000)]


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class DocumentContent:
    """A document as a file has it."""

    format: Literal["sbmir-sketch"]
    version: Literal[1]
    changed_at: datetime
    template: _Template
    extent_mm: tuple[_Millimetres, _Millimetres]
    contours: _Regions
