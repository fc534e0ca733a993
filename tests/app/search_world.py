"""A reference in memory, of real codes of a tiny model, and presenters that search it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from window_world import World

from App.model.reference import Reference
from App.model.sketch import Sketch
from App.model.template import TemplateVolume, load_template
from App.presenter.notices import Notices
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.tasks import TaskRunner
from App.widget.contour_module.contour import Contour
from sbmir.catalogue import list_patients, read_catalogue
from sbmir.database.repository import CodeMatrix, SliceRecord
from sbmir.encoding import CodeEncoder
from sbmir.errors import ServiceError
from sbmir.keys import SliceKey
from sbmir.labels import TissueClass
from sbmir.retrieval import Retriever
from sbmir.search.engine import MetricKind
from sbmir.search.exact import ExactEngine
from sbmir.slices import load_stack

PATIENTS = 6
NORMAL_SLICE = 5


@dataclass
class Database:
    """The records of the slices; it can be away."""

    records: list[SliceRecord] = field(default_factory=list)
    is_away: bool = False

    def read(self) -> list[SliceRecord]:
        if self.is_away:
            raise ServiceError("The database does not answer.", remedy="Start it again.")
        return self.records


def make_world(root: Any) -> World:
    """Patients P1 to P6, each with a larger lesion of oedema than the one before, and a model."""
    world = World(root)
    world.write_config()
    world.write_patients(PATIENTS)
    world.write_checkpoint()
    return world


def make_matrix(world: World, encoder: CodeEncoder) -> tuple[CodeMatrix, list[SliceRecord]]:
    """The codes of all slices, and what is known of them."""
    dataset = world.choice.dataset
    keys: list[SliceKey] = []
    records: list[SliceRecord] = []
    codes = []
    for patient in list_patients(dataset.slices_dir):
        catalogue = read_catalogue(dataset.slices_dir, patient)
        row_mm, column_mm = catalogue.pixel_mm
        for facts in catalogue.slices:
            key = SliceKey(dataset.data_set, patient, facts.index)
            keys.append(key)
            representative = facts.index == catalogue.representative
            lesion = facts.abnormal, representative, facts.lesion_pixels, facts.side
            records.append(SliceRecord(key, *lesion, (), row_mm * column_mm))
            stack = load_stack(dataset.slices_dir, patient, facts.index)
            codes.append(encoder.encode_images(stack[None])[0].flat())
    nac = np.stack([code.normal for code in codes])
    aac = np.stack([code.abnormal for code in codes])
    return CodeMatrix(tuple(keys), nac, aac), records


class Searching:
    """Presenters on the template P1, with what they told."""

    def __init__(self, world: World, matrix: CodeMatrix, records: list[SliceRecord]) -> None:
        choice = world.choice
        self.world = world
        self.database = Database(records)
        encoder = CodeEncoder.from_checkpoint(choice.model.checkpoint, choice.model.networks)
        self.retriever = Retriever(ExactEngine(matrix), MetricKind.PUBLISHED, self.database.read)
        self.reference = Reference(choice, encoder, self.retriever, PATIENTS)
        self.runner = TaskRunner()
        self.notices = Notices()
        self.sketching = SketchingPresenter(world.config.structures, "T1")
        self.searching = SearchPresenter(
            self.runner, self.sketching, weight=0.5, top=3, notices=self.notices
        )
        self.sketching.set_template(load_p1(world))
        self.sketching.go_to_slice(NORMAL_SLICE)
        self.told: dict[str, list[Any]] = {}
        for name in ("started", "found", "more_found", "failed", "refused", "imagined"):
            self._listen(name, getattr(self.searching, name))
        for name in ("pictures_loaded", "reasons_loaded"):
            self._listen(name, getattr(self.searching, name))
        self._listen("noticed", self.notices.failed)
        self._listen("said", self.notices.said)

    def _listen(self, name: str, signal: Any) -> None:
        heard = self.told.setdefault(name, [])
        signal.connect(lambda *what: heard.append(what[0] if len(what) == 1 else what))

    def is_idle(self) -> bool:
        return not self.runner.is_busy

    def draw(self, *squares: tuple[float, float, float]) -> None:
        """Put squares of oedema (left, top, edge in mm) in the place of the sketch, as a step."""
        self.sketching.load_sketch(sketch_of(*squares), "draw")


def sketch_of(*squares: tuple[float, float, float]) -> Sketch:
    region = []
    for left, top, edge in squares:
        corners = [(left, top), (left + edge, top), (left + edge, top + edge), (left, top + edge)]
        region.append(Contour(np.array(corners)))
    return Sketch({TissueClass.ED: tuple(region)})


def load_p1(world: World) -> TemplateVolume:
    dataset = world.choice.dataset
    return load_template(
        dataset.volumes_dir,
        dataset.slices_dir,
        "P1",
        dataset.modalities,
        progress=lambda *_: None,
        should_stop=lambda: False,
    )


def settle(qtbot: Any, searching: Searching, until: Callable[[], object] = lambda: True) -> None:
    """Wait until what was begun has ended, and ``until`` holds."""
    qtbot.waitUntil(lambda: bool(until()) and searching.is_idle(), timeout=20_000)
