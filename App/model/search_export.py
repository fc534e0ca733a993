"""A search and all that it found, as it is written into files."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from App.model.reference import Reference, SearchOutcome
from App.model.result_pictures import Color, ResultView, load_result_view
from App.model.results import compare
from sbmir.labels import PAINT_ORDER, TissueClass
from sbmir.search_file import FoundPatient, SearchFile

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient
    from sbmir.similarity import LesionComparison

SEARCH_NAME = "search.json"
SKETCH_NAME = "sketch.npy"


@dataclass(frozen=True, eq=False)
class ExportedResult:
    """A found patient with its pictures, and why it matches."""

    result: RankedPatient
    view: ResultView
    comparison: LesionComparison | None


@dataclass(frozen=True, eq=False, kw_only=True)
class SearchExport:
    """What is exported, and how it shall look.

    Attributes
    ----------
    results:
        All that are shown, with the further ones.
    names, colors:
        Of the structures, as the window shows them.
    """

    reference: Reference
    outcome: SearchOutcome
    results: tuple[RankedPatient, ...]
    names: Mapping[TissueClass, str]
    colors: Mapping[TissueClass, Color]
    searched_at: datetime

    def exported(self, result: RankedPatient) -> ExportedResult:
        """Read the pictures of a result; what cannot be read says why, in its place."""
        dataset = self.reference.choice.dataset
        view = load_result_view(dataset.slices_dir, result.key, dataset.modalities)
        return ExportedResult(result, view, compare(self.outcome, view))

    @cached_property
    def query_view(self) -> ResultView:
        """The slice that the query began with."""
        dataset = self.reference.choice.dataset
        return load_result_view(
            dataset.slices_dir, self.outcome.request.template, dataset.modalities
        )

    def search_file(self) -> SearchFile:
        """All that decides the ranking; slow the first time, as it names the searched codes."""
        request, choice = self.outcome.request, self.reference.choice
        return SearchFile(
            dataset=choice.dataset.name,
            model=choice.model.name,
            metric=choice.model.metric,
            template=None if request.is_example else request.template,
            example=request.example,
            sketch=None if request.is_example else SKETCH_NAME,
            weight=request.weight,
            mirror=request.mirror,
            include_template_patient=self.outcome.query.include_template_patient,
            filters=request.filters.as_json(),
            top=max(request.top, len(self.results)),
            model_fingerprint=self.reference.model_fingerprint,
            codes_fingerprint=self.reference.codes_fingerprint(),
            n_patients=self.outcome.n_patients,
            results=tuple(
                FoundPatient(found.rank, found.key, found.distance) for found in self.results
            ),
            searched_at=self.searched_at,
            sketch_precision=self.reference.sketch_precision,
        )

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What was looked for and how, in words."""
        request, outcome = self.outcome.request, self.outcome
        key = request.template
        slice_text = f"{key.patient}, slice {key.index}"
        filters = "; ".join(filter_texts(request.filters.as_json()))
        what = ("Example", slice_text) if request.is_example else ("Template slice", slice_text)
        return (
            what,
            *((self.names[tissue], text) for tissue, text in self._areas()),
            ("Weight", f"{request.weight:.2f} (0 compares the anatomy only, 1 the lesion only)"),
            *([("Mirrored", "left to right")] if request.mirror else []),
            *([("Only found", filters)] if filters else []),
            ("Compared", f"{outcome.n_searched} of {outcome.n_patients} patients"),
            # Saved slices lie so whatever the volume's axes were: see sbmir.slices.axial_picture.
            ("Orientation", "the patient's left is on the left of the pictures, the front on top"),
        )

    def _areas(self) -> tuple[tuple[TissueClass, str], ...]:
        lesion = self.outcome.lesion
        if lesion is None:
            return ()
        row_mm, column_mm = lesion.pixel_mm
        return tuple(
            (tissue, f"{count * row_mm * column_mm / 100:.1f} cm²")
            for tissue in PAINT_ORDER
            if (count := self.outcome.sketch_pixels.get(tissue, 0))
        )


def filter_texts(filters: Mapping[str, object]) -> tuple[str, ...]:
    """Filters in words, from what ``Filters.as_json`` gives."""
    texts: dict[str, Callable[[object], str]] = {
        "side": lambda side: "lesion on both sides" if side == "both" else f"lesion on the {side}",
        "enhancing": lambda on: "enhancing tumour" if on else "no enhancing tumour",
        "min_lesion_cm2": lambda area: f"lesion of at least {area:g} cm²",
        "max_lesion_cm2": lambda area: f"lesion of at most {area:g} cm²",
    }
    return tuple(texts[name](value) for name, value in filters.items())


def command_lines(search: SearchFile) -> tuple[str, str]:
    """Commands that repeat a search: by its file, and with all of it spelled out."""
    repeat = ["sbmir", "query", "--config", "CFG", "--repeat", SEARCH_NAME]
    spelled = ["sbmir", "query", "--config", "CFG"]
    spelled += ["--dataset", search.dataset, "--model", search.model]
    if search.template is not None:
        spelled += ["--template", f"{search.template.patient}:{search.template.index}"]
        spelled += ["--sketch", search.sketch or SKETCH_NAME]
    if search.example is not None:
        spelled += ["--example", f"{search.example.patient}:{search.example.index}"]
    spelled += ["--weight", repr(search.weight), "--top", str(search.top)]
    spelled += ["--mirror"] if search.mirror else []
    spelled += ["--include-template-patient"] if search.include_template_patient else []
    spelled += _filter_options(search.filters)
    return shlex.join(repeat), shlex.join(spelled)


def _filter_options(filters: Mapping[str, object]) -> list[str]:
    options: list[str] = []
    if "side" in filters:
        options += ["--side", str(filters["side"])]
    if "enhancing" in filters:
        options += ["--enhancing" if filters["enhancing"] else "--no-enhancing"]
    low, high = filters.get("min_lesion_cm2", ""), filters.get("max_lesion_cm2", "")
    if low != "" or high != "":
        options += ["--lesion-cm2", f"{low}:{high}"]
    return options
