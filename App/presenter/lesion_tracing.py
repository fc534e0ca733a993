"""A result's lesion as a sketch, to change it and search again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject

from App.model.lesion import load_lesion
from App.model.sketch import Sketch
from App.model.template import TemplateVolume
from App.presenter.notices import Notices
from App.presenter.sketching import SketchingPresenter
from App.tasks import TaskRunner
from sbmir.keys import SliceKey


class LesionTracer(QObject):
    """Reads label maps of reference slices in the background, and loads them as sketches."""

    def __init__(
        self,
        runner: TaskRunner,
        sketching: SketchingPresenter,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._sketching = sketching
        self._notices = notices

    def trace(self, slices_dir: Path, key: SliceKey, template: TemplateVolume) -> None:
        """Put the lesion of a slice on the template, as one step of the history.

        Each pixel keeps its place in the picture, so that the networks see the very same lesion.
        """
        task = self._runner.start(
            "trace the lesion",
            lambda _: load_lesion(slices_dir, key).as_sketch(template.extent_mm),
        )
        task.succeeded.connect(partial(self._on_traced, key, template))
        task.failed.connect(self._notices.fail)

    def _on_traced(self, key: SliceKey, template: TemplateVolume, sketch: Sketch) -> None:
        name = f"slice {key.index} of {key.patient}"
        if sketch.is_empty:
            self._notices.say(f"There is no lesion on {name}")
        elif self._sketching.template is template:
            self._sketching.load_sketch(sketch, f"edit the lesion of {key.patient}")
            self._notices.say(f"The lesion of {name} is the sketch now")
