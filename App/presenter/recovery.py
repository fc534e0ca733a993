"""Offering what was drawn in windows that were not closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from PyQt5.QtCore import QObject, pyqtSignal

from App.model.choice import Choice
from App.model.painting import rgb, slice_image, with_sketch, without_margin
from App.model.result_pictures import Color, load_result_view
from App.model.sketch_document import SketchDocument
from App.model.sketch_safe import Leftover, SketchSafe
from App.model.sketch_storage import OpenedSketch
from App.presenter.appearance import Appearance
from App.presenter.autosave import Autosave
from App.presenter.notices import Notices
from App.presenter.placing import SketchPlacer
from App.tasks import TaskRunner
from sbmir.labels import PAINT_ORDER, TissueClass

PICTURE_HEIGHT = 256


@dataclass(frozen=True, eq=False)
class Offer:
    """A sketch that can be had back.

    Attributes
    ----------
    document:
        The sketch and its slice.
    picture:
        (rows, columns, 3) uint8: the sketch on its slice.
    n_more:
        How many sketches will be offered after it.
    """

    document: SketchDocument
    picture: NDArray[np.uint8]
    n_more: int

    @property
    def changed_at(self) -> datetime:
        """When it was last changed, in the user's own time."""
        return self.document.changed_at.astimezone()


class Recovery(QObject):
    """Looks for sketches of crashed windows, and offers them one after the other.

    What is restored is deleted only when this window keeps it itself, and what is neither
    restored nor discarded is offered again at the next start.
    """

    changed = pyqtSignal()
    """Another sketch is offered, or none any more."""

    def __init__(
        self,
        runner: TaskRunner,
        choice: Choice,
        appearance: Appearance,
        safe: SketchSafe,
        autosave: Autosave,
        placer: SketchPlacer,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._choice = choice
        self._appearance = appearance
        self._safe = safe
        self._placer = placer
        self._notices = notices
        self._found: list[tuple[Leftover, NDArray[np.uint8]]] = []
        self._restored: list[Leftover] = []
        autosave.kept.connect(self._on_kept)

    @property
    def offer(self) -> Offer | None:
        """What is offered now."""
        if not self._found:
            return None
        leftover, picture = self._found[0]
        return Offer(leftover.document, picture, len(self._found) - 1)

    def look(self) -> None:
        """Look for sketches of crashed windows, in the background."""
        colors = {tissue: rgb(self._appearance.color(tissue)) for tissue in PAINT_ORDER}

        def work(_: object) -> list[tuple[Leftover, NDArray[np.uint8]]]:
            return [(one, self._picture(one.document, colors)) for one in self._safe.leftovers()]

        task = self._runner.start("look for sketches of crashed windows", work)
        task.succeeded.connect(self._on_found)
        task.failed.connect(self._notices.fail)

    def restore(self) -> None:
        """Show the sketch that is offered, on its own slice, as a step that can be undone."""
        leftover = self._taken()
        if leftover is not None:
            document = leftover.document
            self._restored.append(leftover)
            opened = OpenedSketch(document.sketch, document.template, document.extent_mm)
            self._placer.place(opened, "restore the sketch")

    def discard(self) -> None:
        """Delete the sketch that is offered."""
        leftover = self._taken()
        if leftover is not None:
            leftover.discard()

    def close(self) -> None:
        """Let other windows offer what is still here."""
        for leftover in (*(leftover for leftover, _ in self._found), *self._restored):
            leftover.release()
        self._found, self._restored = [], []

    def _picture(
        self, document: SketchDocument, colors: Mapping[TissueClass, Color]
    ) -> NDArray[np.uint8]:
        """The sketch on its slice; on black where the slice is not there any more."""
        dataset = self._choice.dataset
        view = load_result_view(dataset.slices_dir, document.template, dataset.modalities[:1])
        height_mm, width_mm = document.extent_mm
        ground = slice_image(view.pictures[0].pixels, width_mm / height_mm, PICTURE_HEIGHT)
        whole = np.asarray(with_sketch(ground, document.sketch, document.extent_mm, colors))
        return without_margin(whole)

    def _taken(self) -> Leftover | None:
        if not self._found:
            return None
        leftover, _ = self._found.pop(0)
        self.changed.emit()
        return leftover

    def _on_found(self, found: Sequence[tuple[Leftover, NDArray[np.uint8]]]) -> None:
        self._found.extend(found)
        if self._found:
            self.changed.emit()

    def _on_kept(self, document: SketchDocument | None) -> None:
        for leftover in tuple(self._restored):
            if document is not None and document.sketch.is_same(leftover.document.sketch):
                self._restored.remove(leftover)
                leftover.discard()
