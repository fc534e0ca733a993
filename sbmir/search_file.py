"""A search in a file, with what it found and what it was made with, so that it can be repeated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from sbmir.codes import Precision
from sbmir.errors import DataError
from sbmir.files import write_text
from sbmir.json_file import STRICT_JSON, read_json
from sbmir.keys import SliceKey, check_patient_name

MOST_BYTES = 2**26
_FORMAT = "sbmir-search"
_VERSION = 1


@dataclass(frozen=True)
class FoundPatient:
    """A patient as the search ranked it, shown by the slice nearest to the query."""

    rank: int
    key: SliceKey
    distance: float


@dataclass(frozen=True, kw_only=True)
class SearchFile:
    """A search, all that decides its ranking, and the ranking.

    Attributes
    ----------
    dataset, model:
        Names in the settings of the application: of the dataset type, and of its model.
    template, example:
        The slice of normal brain that was sketched on, or the slice that was itself the query.
    sketch:
        Name of the file of class ids beside this one; None for a search by example.
    filters:
        As `sbmir.filters.Filters.as_json` gives them; empty without any.
    model_fingerprint, codes_fingerprint:
        Name the weights of the model, and the codes that were searched.
    sketch_precision:
        What the sketch was encoded in: float32, or bfloat16 which differs a little.
    n_patients:
        How many patients the database held.
    """

    dataset: str
    model: str
    metric: str
    template: SliceKey | None
    example: SliceKey | None
    sketch: str | None
    weight: float
    mirror: bool
    include_template_patient: bool
    filters: Mapping[str, Any]
    top: int
    model_fingerprint: str
    codes_fingerprint: str
    n_patients: int
    results: tuple[FoundPatient, ...]
    searched_at: datetime
    sketch_precision: Precision = "float32"


def write_search(path: Path, search: SearchFile) -> None:
    """Write a search as JSON, whole or not at all.

    Raises
    ------
    OSError
        Where the folder cannot be written or the disk is full.
    """
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "searched_at": search.searched_at.isoformat(timespec="seconds"),
        "query": {
            "dataset": search.dataset,
            "model": search.model,
            "metric": search.metric,
            "template": search.template and _entry(search.template),
            "example": search.example and _entry(search.example),
            "sketch": search.sketch,
            "weight": search.weight,
            "mirror": search.mirror,
            "include_template_patient": search.include_template_patient,
            "filters": dict(search.filters),
            "top": search.top,
            "sketch_precision": search.sketch_precision,
        },
        "fingerprints": {"model": search.model_fingerprint, "codes": search.codes_fingerprint},
        "n_patients": search.n_patients,
        "results": [
            {"rank": found.rank, **_entry(found.key), "distance": found.distance}
            for found in search.results
        ],
    }
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_search(path: Path) -> SearchFile:
    """Read what `write_search` wrote.

    Raises
    ------
    NotFoundError
        Where the file is not there.
    DataError
        Where it is no search, or holds names that cannot be used.
    """
    read = read_json(path, _Content, called="search", most_bytes=MOST_BYTES)
    query = read.query
    try:
        return SearchFile(
            dataset=query.dataset,
            model=query.model,
            metric=query.metric,
            template=_key(query.template),
            example=_key(query.example),
            sketch=query.sketch,
            weight=query.weight,
            mirror=query.mirror,
            include_template_patient=query.include_template_patient,
            filters=query.filters,
            top=query.top,
            model_fingerprint=read.fingerprints.model,
            codes_fingerprint=read.fingerprints.codes,
            n_patients=read.n_patients,
            results=tuple(
                FoundPatient(found.rank, found.key, found.distance) for found in read.results
            ),
            searched_at=read.searched_at,
            sketch_precision=query.sketch_precision,
        )
    except DataError as error:
        raise DataError(f"{path}: {error.what}", why=error.why) from error


def _key(entry: _Slice | None) -> SliceKey | None:
    return None if entry is None else entry.key


def _entry(key: SliceKey) -> dict[str, str | int]:
    return {"dataset": key.dataset, "patient_id": key.patient, "slice_num": key.index}


# --- What the file holds, as it is checked when it is read ------------------------------------


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class _Slice:
    dataset: str
    patient_id: str
    slice_num: Annotated[int, Field(ge=0)]

    @property
    def key(self) -> SliceKey:
        return SliceKey(self.dataset, check_patient_name(self.patient_id), self.slice_num)


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class _Found(_Slice):
    rank: int
    distance: float


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class _Query:
    dataset: str
    model: str
    metric: Literal["published", "balanced"]
    template: _Slice | None
    example: _Slice | None
    # A name only: the file may come from anybody, and must not lead to other folders.
    sketch: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")] | None
    weight: Annotated[float, Field(ge=0, le=1)]
    mirror: bool
    include_template_patient: bool
    filters: dict[str, Any]
    top: Annotated[int, Field(ge=1)]
    sketch_precision: Precision = "float32"

    def __post_init__(self) -> None:
        by_sketch = self.template is not None and self.sketch is not None
        if by_sketch == (self.example is not None):
            raise ValueError("either a template with a sketch, or an example, is searched for")


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class _Fingerprints:
    model: str
    codes: str


@checked_dataclass(frozen=True, kw_only=True, config=STRICT_JSON)
class _Content:
    format: Literal["sbmir-search"]
    version: Literal[1]
    searched_at: datetime
    query: _Query
    fingerprints: _Fingerprints
    n_patients: int
    results: list[_Found]
