"""A study of three questions on the patients of `search_world`, with a reader at it."""

from __future__ import annotations

import yaml
from search_world import Searching, settle
from window_world import World

from App.model.study.questions import open_study
from App.model.study.reader import ReaderSession, begin_session
from App.presenter.loading import TemplateLoader
from App.presenter.study import StudyPresenter
from App.tools import Held
from sbmir.labels import TissueClass

STUDY = {
    "stages": [
        {
            "message": "Find the presented case. Its label map may be traced.",
            "show_label_map": True,
            "questions": [{"type": "image", "patient_id": "P4", "slice_num": 2}],
        },
        {
            "message": "Find the presented case.",
            "questions": [
                {"type": "image", "patient_id": "P5", "slice_num": 3},
                {"type": "text", "statement": "A small oedema at the front."},
            ],
        },
    ]
}


def add_study(world: World, **changes) -> None:
    """Let Tiny have a study, and keep its results beside it."""
    settings = yaml.safe_load(world.config_path.read_text())
    for dataset in settings["dataset_types"]:
        dataset["study"] = "study.yaml"
        dataset["template_patients"] = ["P1"]
    settings["paths"] = {"save_result_path": "results"}
    world.config_path.write_text(yaml.safe_dump({**settings, **changes}))
    (world.root / "study.yaml").write_text(yaml.safe_dump(STUDY))


def begin(world: World, user: str = "Ann", years: int = 9) -> ReaderSession:
    choice = world.choice
    study = open_study(choice.dataset)
    return begin_session(world.root / "results", choice, study, user, years)


class Reading:
    """A reader at the study, with presenters and no window."""

    def __init__(self, made, session: ReaderSession, qtbot) -> None:
        self.qtbot = qtbot
        self.session = session
        self.base = Searching(*made)
        self.sketching, self.searching = self.base.sketching, self.base.searching
        world = self.base.world
        self.study = StudyPresenter(
            self.base.runner,
            session,
            open_study(world.choice.dataset),
            self.sketching,
            self.searching,
            TemplateLoader(self.base.runner, world.choice),
            self.base.notices,
        )
        self.told: list[str] = []
        self.refused: list[str] = []
        self.study.answered.connect(self.told.append)
        self.study.refused.connect(self.refused.append)
        self.searching.set_reference(self.base.reference)
        self.settle()

    def settle(self, until=lambda: True) -> None:
        settle(self.qtbot, self.base, until)

    def stroke(self, x_mm: float, y_mm: float) -> None:
        self.sketching.set_sketching(True)
        self.sketching.toolbox.set_structure(TissueClass.ED)
        self.sketching.begin_stroke((x_mm, y_mm), Held(shift=True))
        self.sketching.extend_stroke((x_mm + 4, y_mm + 3))
        self.sketching.end_stroke()

    def search(self) -> None:
        before = len(self.base.told["found"])
        self.searching.search()
        self.settle(lambda: len(self.base.told["found"]) > before)

    def submit(self) -> str:
        before = len(self.told)
        self.study.submit()
        self.settle(lambda: len(self.told) > before)
        return self.told[-1]

    def close(self) -> None:
        """As a window that is closed."""
        assert self.base.runner.stop_all(10.0)
        self.study.close()

    def die(self) -> None:
        """As by kill -9: what is written by now is all that stays."""
        self.settle()
        self.study._timer.stop()
        self.session.close()
