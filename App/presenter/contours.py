"""The contours of the active structure: which is active, and taking some or all away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject

from App.model.drawing import Drawing
from App.model.viewport import Point
from App.widget.contour_module.contour import Contour
from sbmir.labels import PAINT_ORDER, TissueClass

if TYPE_CHECKING:
    from App.presenter.sketching import SketchingPresenter

NOTHING_DRAWN = "Nothing is drawn of this structure yet."


class ContourPresenter(QObject):
    """Chooses and removes contours of the sketch of the presenter that it belongs to."""

    def __init__(self, sketching: SketchingPresenter) -> None:
        super().__init__(sketching)
        self._sketching = sketching
        self._pointer_mm: Point | None = None

    def point_at(self, point_mm: Point | None) -> None:
        """Tell where the pointer is on the slice; None where it is elsewhere."""
        self._pointer_mm = point_mm

    def add(self) -> None:
        """Let the next stroke make a contour of its own."""
        self._activate(self._tissue, None)

    def remove(self) -> None:
        """Take the active contour away."""
        tissue, drawing = self._tissue, self._drawing
        if drawing.active_contour(tissue) is None:
            self._sketching.refused.emit(
                "No contour is active. Choose one with c, or with s under the pointer."
            )
            return
        name = self._sketching.toolbox.structure.name
        self._sketching.change(f"remove a contour of {name}", drawing.without_active(tissue))

    def next(self) -> None:
        """Make the contour after the active one active, from left to right."""
        contours = self._drawing.contours(self._tissue)
        if not contours:
            self._sketching.refused.emit(NOTHING_DRAWN)
            return
        active = self._drawing.active_contour(self._tissue)
        places = [place for place, contour in enumerate(contours) if contour is active]
        after = (places[0] + 1) % len(contours) if places else 0
        self._activate(self._tissue, contours[after])

    def select(self) -> None:
        """Make what is under the pointer active: its structure, and its contour."""
        if self._pointer_mm is not None:
            # What is painted last lies on top.
            for tissue in reversed(PAINT_ORDER):
                contour = self._drawing.contour_at(tissue, self._pointer_mm)
                if contour is not None and self._sketching.appearance.is_shown(tissue):
                    self._sketching.toolbox.set_structure(tissue)
                    self._activate(tissue, contour)
                    return
        self._sketching.refused.emit("There is no contour under the pointer.")

    def clear_structure(self) -> None:
        """Take away all that is drawn of the active structure."""
        if self._drawing.sketch.region(self._tissue):
            name = self._sketching.toolbox.structure.name
            self._sketching.change(f"clear {name}", self._drawing.without(self._tissue))

    def clear_all(self) -> None:
        """Take away all that is drawn."""
        if not self._drawing.sketch.is_empty:
            self._sketching.change("clear the sketch", Drawing())

    @property
    def _tissue(self) -> TissueClass:
        return self._sketching.toolbox.structure.tissue

    @property
    def _drawing(self) -> Drawing:
        return self._sketching.drawing

    def _activate(self, tissue: TissueClass, contour: Contour | None) -> None:
        self._sketching.activate(self._drawing.with_active(tissue, contour))
