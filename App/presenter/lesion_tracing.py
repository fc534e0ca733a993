"""A result's lesion as a sketch, to change it and search again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from App.model.lesion import load_lesion, slice_at_level
from App.model.sketch import Sketch
from App.model.template import TemplateVolume
from App.presenter.notices import Notices
from App.presenter.sketching import SketchingPresenter
from App.tasks import Control, TaskRunner
from sbmir.catalogue import PatientCatalogue, read_catalogue
from sbmir.keys import SliceKey


class LesionTracer(QObject):
    """Reads label maps of reference slices in the background, and loads them as sketches."""

    loaded = pyqtSignal()
    """Another sketch has taken the place of what was drawn."""

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
        """Put the lesion of a slice on the template at its level, as one step of the history.

        Each pixel keeps its place in the picture, so that the networks see the very same lesion.
        """

        def work(_: Control) -> tuple[Sketch, PatientCatalogue]:
            sketch = load_lesion(slices_dir, key).as_sketch(template.extent_mm)
            return sketch, read_catalogue(slices_dir, key.patient)

        task = self._runner.start("trace the lesion", work)
        task.succeeded.connect(partial(self._on_traced, key, template))
        task.failed.connect(self._notices.fail)

    def _on_traced(
        self, key: SliceKey, template: TemplateVolume, traced: tuple[Sketch, PatientCatalogue]
    ) -> None:
        if self._sketching.template is not template:
            return
        sketch, found = traced
        name = f"slice {key.index} of {key.patient}"
        index = slice_at_level(template.catalogue, self._sketching.slice_index, found, key.index)
        if sketch.is_empty:
            self._notices.say(f"There is no lesion on {name}")
        elif why := self._sketching.refusal(index):
            self._notices.say(why)
        else:
            self._sketching.load_sketch(sketch, f"edit the lesion of {key.patient}", index)
            self.loaded.emit()
            self._notices.say(f"The lesion of {name} is the sketch now")
