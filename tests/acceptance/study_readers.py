"""Readers who do not exist: they draw what they saw by hand, search for it, and judge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from App.model.choice import Choice
from App.model.lesion import SliceLesion
from App.model.opening import ReferenceOpener
from App.model.reference import Reference, SearchRequest
from App.model.study.answering import Judgement, make_answer
from App.model.study.progress import Effort, Ticks
from App.model.study.questions import StudyQuestion, open_study, questions_in_order
from App.model.study.reader import ReaderSession, begin_session
from sbmir.catalogue import PatientCatalogue, read_catalogue
from sbmir.config.application import read_app_config
from sbmir.config.study import StudySettings
from sbmir.evaluation.reader import ReaderQuery, SimulatedReader
from sbmir.hand import Hand
from sbmir.keys import SliceKey
from sbmir.labels import TissueClass
from sbmir.similarity import compare_lesions
from sbmir.slices import SEGMENTATION_PATTERN, load_slice
from sbmir.study.description import describe_lesion
from sbmir.study.records import EVALUATED, LISTED


class Silent:
    """Is told how far the opening of the database is."""

    def say(self, text: str) -> None:
        pass

    def progress(self, done: int, total: int) -> None:
        pass

    def should_stop(self) -> bool:
        return False

    def check(self) -> None:
        pass


@dataclass(frozen=True)
class StudyReader:
    """Who takes part: name, years of experience, how well they draw, how far they get."""

    name: str
    years: int
    hand: Hand
    n_questions: int = 8


class SimulatedStudy:
    """The demo study, taken by readers without a window; all else is as in it."""

    def __init__(self, config_path: Path) -> None:
        config = read_app_config(config_path)
        dataset = config.dataset_type("Demo")
        self.choice = Choice(dataset, dataset.model())
        self.study: StudySettings = open_study(dataset)
        self._opener = ReferenceOpener(config, self.choice)
        opened = self._opener.open(Silent())
        if not isinstance(opened, Reference):
            raise LookupError(opened.text)
        self.reference = opened
        self.slices_dir = dataset.slices_dir
        self._described = {
            describe_lesion(self.slices_dir, catalogue): catalogue
            for catalogue in map(self._catalogue, self.choice.patient_folders())
            if catalogue.representative is not None
        }

    def close(self) -> None:
        self._opener.close()

    def take_part(self, reader: StudyReader, results_dir: Path, seed: int) -> ReaderSession:
        """Answer questions from the first on, and write the answers down."""
        session = begin_session(results_dir, self.choice, self.study, reader.name, reader.years)
        templates = {name: self._catalogue(name) for name in self.choice.study_templates()}
        drawer = SimulatedReader(seed, templates, reader.hand)
        chance = np.random.default_rng(seed)
        for question in questions_in_order(self.study)[: reader.n_questions]:
            query = self._drawn(question, drawer)
            outcome = self.reference.search(self._request(query), lambda: None)
            judgement = Judgement(
                question=question,
                results=outcome.results,
                ticks=[self._judged(query, one.key) for one in outcome.results[:EVALUATED]],
                effort=effort_of(chance),
                seconds_to_submit=float(chance.uniform(60, 90)),
            )
            session.write(make_answer(judgement, session.record, self.reference, outcome))
        session.close()
        return session

    def _drawn(self, question: StudyQuestion, drawer: SimulatedReader) -> ReaderQuery:
        """Draw the presented case, or the one that the statement was worded from."""
        data_set = self.choice.dataset.data_set
        target = question.target_key(data_set)
        if target is None:
            catalogue = self._described[question.statement]
            target = SliceKey(data_set, catalogue.patient, catalogue.representative or 0)
        return drawer.query(target, self._labels(target), 0)

    def _request(self, query: ReaderQuery) -> SearchRequest:
        """Search for the contours of what was drawn, as the window has them."""
        pixel_mm = self._catalogue(query.template.patient).pixel_mm or (1.0, 1.0)
        lesion = SliceLesion.of(query.sketch, pixel_mm)
        return SearchRequest(
            template=query.template,
            sketch=lesion.as_sketch(),
            extent_mm=lesion.extent_mm,
            weight=self.choice.model.weight,
            top=LISTED,
        )

    def _judged(self, query: ReaderQuery, found: SliceKey) -> Ticks:
        """Tick size, place and enhancement where they are about those of the target."""
        sought, seen = self._labels(query.target), self._labels(found)
        pixel_mm = self._catalogue(found.patient).pixel_mm or (1.0, 1.0)
        alike = compare_lesions(sought, seen, pixel_mm)
        ratio, shift_mm = alike.size_ratio, alike.centroid_shift_mm
        return (
            ratio is not None and 0.5 < ratio < 2,
            shift_mm is not None and shift_mm < 25,
            bool((sought == TissueClass.ET).any() == (seen == TissueClass.ET).any()),
        )

    def _labels(self, key: SliceKey) -> np.ndarray:
        return load_slice(self.slices_dir, key.patient, SEGMENTATION_PATTERN, key.index)

    def _catalogue(self, patient: str) -> PatientCatalogue:
        return read_catalogue(self.slices_dir, patient)


def effort_of(chance: np.random.Generator) -> Effort:
    """What a question takes, drawn by chance."""
    return Effort(
        seconds_to_first_stroke=float(chance.uniform(2, 10)),
        seconds_to_search=float(chance.uniform(20, 60)),
        n_searches=int(chance.integers(1, 4)),
        n_strokes=int(chance.integers(1, 12)),
        n_undos=int(chance.integers(0, 3)),
    )
