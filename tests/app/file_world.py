"""Presenters of files without a window: two template patients, a runner, and what was told."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sketch_samples import nested_sketch
from template_samples import MODALITIES, STRUCTURES

from App.model.choice import Choice
from App.model.problem import Problem
from App.model.sketch import Sketch
from App.model.sketch_safe import SketchSafe
from App.preferences import Preferences
from App.presenter.autosave import Autosave
from App.presenter.files import FilesPresenter
from App.presenter.loading import TemplateLoaded, TemplateLoader
from App.presenter.notices import Notices
from App.presenter.recovery import Recovery
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.tasks import TaskRunner
from sbmir.config.application import DatasetType, ModelSettings
from sbmir.networks.sizes import NetworkSizes


def make_patients(root: Path, template_dirs: tuple[Path, Path]) -> Choice:
    """A data set Tiny of the template patient P1 and of its twin P2."""
    for source, name in zip(template_dirs, ("volumes", "slices"), strict=True):
        for patient in ("P1", "P2"):
            folder = root / name / patient
            shutil.copytree(source / "P1", folder)
            for file in folder.glob("P1_*"):
                file.rename(folder / file.name.replace("P1_", f"{patient}_", 1))
    return tiny_choice(root)


def tiny_choice(root: Path) -> Choice:
    """The data set that `make_patients` has made there."""
    model = ModelSettings(
        name="tiny",
        checkpoint=root / "tiny.ckpt",
        codes_dir=root / "codes",
        networks=NetworkSizes(emb_dim=8, enc_filters=(8,) * 4, dec_filters=(8,) * 4),
    )
    dataset = DatasetType(
        name="Tiny",
        data_set="Tiny",
        volumes_dir=root / "volumes",
        slices_dir=root / "slices",
        template_patients=("P1", "P2"),
        modalities=MODALITIES,
        preferred_modality="T1",
        models=(model,),
    )
    return Choice(dataset, model)


class FileWorld:
    """What a window has for files, wired as the application wires it."""

    def __init__(self, choice: Choice, state_dir: Path) -> None:
        self.said: list[str] = []
        self.failed: list[Problem] = []
        self.runner = TaskRunner()
        self.notices = Notices()
        self.notices.said.connect(self.said.append)
        self.notices.failed.connect(self.failed.append)
        self.sketching = SketchingPresenter(STRUCTURES, "T1")
        self.searching = SearchPresenter(
            self.runner, self.sketching, weight=0.5, top=10, notices=self.notices
        )
        self.loader = TemplateLoader(self.runner, choice)
        self.loader.state_changed.connect(self._on_template)
        self.safe = SketchSafe(state_dir / "sketches", "Tiny")
        self.files = FilesPresenter(
            self.runner,
            choice,
            self.sketching,
            self.searching,
            self.loader,
            Preferences(state_dir / "preferences.ini"),
            self.notices,
            self.safe,
        )
        self.autosave = Autosave(self.runner, self.sketching, "Tiny", self.safe, self.notices)
        self.recovery = Recovery(
            self.runner,
            choice,
            self.sketching.appearance,
            self.safe,
            self.autosave,
            self.files.placer,
            self.notices,
        )

    def _on_template(self, state: object) -> None:
        if isinstance(state, TemplateLoaded):
            self.sketching.set_template(state.template)

    def show_template(self, qtbot: Any, patient: str = "P1") -> None:
        self.loader.load(patient)
        self.settle(qtbot)

    def draw(self, sketch: Sketch | None = None) -> Sketch:
        drawn = nested_sketch() if sketch is None else sketch
        self.sketching.load_sketch(drawn, "draw")
        return drawn

    def settle(self, qtbot: Any) -> None:
        """Wait until nothing runs any more."""
        qtbot.waitUntil(lambda: not self.runner.is_busy, timeout=20_000)

    def close(self) -> None:
        """As a window that is closed."""
        assert self.runner.stop_all(10.0)
        self.autosave.close()
        self.recovery.close()
