"""A search that was exported is read back as it was made, or refused in words."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sbmir.errors import DataError, NotFoundError
from sbmir.filters import Filters
from sbmir.keys import SliceKey
from sbmir.search_file import FoundPatient, SearchFile, read_search, write_search

SEARCH = SearchFile(
    dataset="Tiny patients",
    model="tiny=1",
    metric="balanced",
    template=SliceKey("Tiny", "Pätient 1", 7),
    example=None,
    sketch="sketch.npy",
    weight=0.1 + 0.2,
    mirror=True,
    include_template_patient=False,
    filters=Filters(enhancing=True, max_lesion_cm2=12.5).as_json(),
    top=10,
    model_fingerprint="ab" * 32,
    codes_fingerprint="cd" * 32,
    n_patients=23,
    results=(FoundPatient(1, SliceKey("Tiny", "P2", 3), 1 / 3),),
    searched_at=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
    sketch_precision="bfloat16",
)
BY_EXAMPLE = replace(SEARCH, template=None, sketch=None, example=SliceKey("Tiny", "P3", 0))


@pytest.mark.parametrize("search", [SEARCH, BY_EXAMPLE])
def test_a_search_comes_back_to_the_last_digit(tmp_path: Path, search: SearchFile) -> None:
    write_search(tmp_path / "search.json", search)
    read = read_search(tmp_path / "search.json")
    assert read == search
    assert Filters.from_json(read.filters) == Filters(enhancing=True, max_lesion_cm2=12.5)


ALTERED = {
    "another format": lambda content: content.update(format="sbmir-sketch"),
    "a newer version": lambda content: content.update(version=2),
    "a sketch in another folder": lambda content: content["query"].update(sketch="../a.npy"),
    "a sketch by its full path": lambda content: content["query"].update(sketch="/etc/passwd"),
    "a patient in another folder": lambda content: content["query"]["template"].update(
        patient_id="../P1"
    ),
    "a weight beyond its range": lambda content: content["query"].update(weight=1.5),
    "a weight that is no number": lambda content: content["query"].update(weight=float("nan")),
    "a metric that nobody knows": lambda content: content["query"].update(metric="cosine"),
    "neither a sketch nor an example": lambda content: content["query"].update(sketch=None),
    "no query": lambda content: content.pop("query"),
}


@pytest.mark.parametrize("name", ALTERED)
def test_a_file_that_leads_astray_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "search.json"
    write_search(path, SEARCH)
    content = json.loads(path.read_text(encoding="utf-8"))
    ALTERED[name](content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match=r"search\.json"):
        read_search(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff", b"[]"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "search.json").write_bytes(content)
    with pytest.raises(DataError, match=r"search\.json"):
        read_search(tmp_path / "search.json")


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"search\.json"):
        read_search(tmp_path / "search.json")
