"""Sketching on a template slice: what the canvas and its buttons do, and what they show."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QUndoCommand, QUndoStack  # Qt 5 keeps them there; they are no widgets

from App.model.drawing import Drawing
from App.model.sketch import Sketch
from App.model.template import TemplateVolume
from App.model.viewport import Point
from App.presenter.appearance import Appearance
from App.presenter.contours import ContourPresenter
from App.presenter.toolbox import Toolbox
from App.tools import Effect, Held, Sheet, Stroke
from App.undo import SketchChange, SliceChange
from sbmir.config.application import StructureSettings

UNDO_STEPS = 1000
LOCKED = "The slice is locked while you sketch: leave sketch mode to change it."
NOTHING_ERASED = "There was nothing to erase here; hold Shift to add instead."


class SketchingPresenter(QObject):
    """The template slice, the sketch on it with its active contours, and their history.

    Parameters
    ----------
    structures:
        What can be sketched; the first is active at the start.
    modality:
        Name of the image that is shown first, where the template has it.
    """

    template_changed = pyqtSignal()
    slice_changed = pyqtSignal(int)
    modality_changed = pyqtSignal(str)
    sketching_changed = pyqtSignal(bool)
    sketch_changed = pyqtSignal()
    """A step was made, undone or redone."""
    stroke_changed = pyqtSignal()
    """A stroke that is still being drawn went on, or was given up."""
    stroke_made = pyqtSignal()
    """A stroke is about to become a step."""
    active_changed = pyqtSignal()
    """Another contour is active, by no change of the sketch."""
    refused = pyqtSignal(str)
    """What was asked for is not possible now; the text says why and what to do."""

    def __init__(
        self,
        structures: Sequence[StructureSettings],
        modality: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.toolbox = Toolbox(structures, self)
        self.appearance = Appearance(structures, self)
        self.contours = ContourPresenter(self)
        self._modality = modality
        self._template: TemplateVolume | None = None
        self._slice_index = 0
        self._drawing = Drawing()
        self._stroke: Stroke | None = None
        self._is_sketching = False
        self._undo_stack = QUndoStack(self)
        self._undo_stack.setUndoLimit(UNDO_STEPS)
        self.toolbox.structure_changed.connect(self.cancel_stroke)
        self.toolbox.tool_changed.connect(self.cancel_stroke)

    # --- The template -----------------------------------------------------------------------

    @property
    def structures(self) -> tuple[StructureSettings, ...]:
        """What can be sketched."""
        return self.toolbox.structures

    @property
    def template(self) -> TemplateVolume | None:
        """The template patient, or None while there is none."""
        return self._template

    def set_template(self, template: TemplateVolume) -> None:
        """Show another patient. The sketch stays; the history starts anew."""
        self.cancel_stroke()
        self.set_sketching(False)
        self._undo_stack.clear()
        self._template = template
        if self._modality not in template.modalities:
            self.set_modality(template.modalities[0])
        self._slice_index = template.first_slice
        self.template_changed.emit()
        self.slice_changed.emit(self._slice_index)

    @property
    def modality(self) -> str:
        """Name of the image that is shown."""
        return self._modality

    def set_modality(self, modality: str) -> None:
        """Show another image of the same slice."""
        if modality != self._modality:
            self._modality = modality
            self.modality_changed.emit(modality)

    @property
    def slice_index(self) -> int:
        """The slice that is shown, and that a search uses as its template."""
        return self._slice_index

    def go_to_slice(self, index: int) -> None:
        """Show another slice, as a step that can be undone; refused while sketching."""
        if self._template is None:
            return
        index = min(max(index, 0), self._template.n_slices - 1)
        if index == self._slice_index:
            return
        if self._is_sketching:
            # Whoever asked for it, such as a slider, goes back to the slice that is shown.
            self.slice_changed.emit(self._slice_index)
            self.refused.emit(LOCKED)
            return
        self._undo_stack.push(SliceChange(self._slice_index, index, self._show_slice))

    def refusal(self, index: int | None = None) -> str:
        """Why one can neither sketch nor search on a slice; empty where one can.

        Parameters
        ----------
        index:
            The slice; by default the one that is shown.
        """
        index = self._slice_index if index is None else index
        if self._template is None:
            return "There is no template patient yet."
        if not 0 <= index < self._template.n_slices:
            return f"The template has no slice {index}; its last is {self._template.n_slices - 1}."
        if self._template.is_abnormal(index):
            return (
                f"Slice {index} of the template shows a lesion of its own: "
                "change slice or template."
            )
        return ""

    def _show_slice(self, index: int) -> None:
        self.cancel_stroke()
        self._slice_index = index
        self.slice_changed.emit(index)
        if self._is_sketching and (why := self.refusal()):
            self.set_sketching(False)
            self.refused.emit(why)

    # --- Sketching --------------------------------------------------------------------------

    @property
    def is_sketching(self) -> bool:
        """Whether sketch mode is on: the slice is locked and a drag draws."""
        return self._is_sketching

    def set_sketching(self, on: bool) -> None:
        """Enter or leave sketch mode; entering is refused on a slice with a lesion."""
        if on and (why := self.refusal()):
            # A toggle that was just pressed springs back.
            self.sketching_changed.emit(False)
            self.refused.emit(why)
            return
        if on == self._is_sketching:
            return
        self.cancel_stroke()
        self._is_sketching = on
        self.sketching_changed.emit(on)

    @property
    def sketch(self) -> Sketch:
        """What is drawn, without a stroke that has not ended."""
        return self._drawing.sketch

    @property
    def drawing(self) -> Drawing:
        """What is drawn, and which contours are active."""
        return self._drawing

    @property
    def shown_sketch(self) -> Sketch:
        """What is drawn, with the stroke that is being made."""
        return self.shown_drawing.sketch

    @property
    def shown_drawing(self) -> Drawing:
        """As ``drawing``, with the stroke that is being made."""
        return self._drawing if self._stroke is None else self._stroke.shown

    @property
    def outline_mm(self) -> Sequence[Point]:
        """The outline that the pen is drawing; empty while it is not."""
        return () if self._stroke is None else self._stroke.line_mm

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is being made."""
        return self._stroke is not None

    def effect_at(self, point_mm: Point, held: Held) -> Effect | None:
        """What the stroke does, or one started here would do; None where none can be."""
        if self._stroke is not None:
            return self._stroke.effect
        sheet = self._sheet()
        return sheet.effect(point_mm, held) if sheet else None

    def begin_stroke(self, point_mm: Point, held: Held, pressure: float = 1.0) -> None:
        """Press the pointer; a tablet's pen tells how strongly, from 0 to 1."""
        start = self.toolbox.tool.stroke
        if self._stroke is not None or start is None:
            return
        sheet = self._sheet()
        if sheet is None:
            self.refused.emit(self.refusal() or "Turn on sketch mode to draw.")
            return
        # Who draws what is hidden would see nothing.
        self.appearance.set_shown(sheet.tissue, True)
        effect = sheet.effect(point_mm, held)
        self._stroke = start(sheet, effect, point_mm, self.toolbox.pressed_radius_mm(pressure))
        self.stroke_changed.emit()

    def extend_stroke(self, point_mm: Point, pressure: float = 1.0) -> None:
        """Drag the pointer."""
        if self._stroke is not None:
            self._stroke.extend(point_mm, self.toolbox.pressed_radius_mm(pressure))
            self.stroke_changed.emit()

    def end_stroke(self) -> None:
        """Release the pointer: the stroke becomes one step of the history."""
        if self._stroke is None:
            return
        stroke, self._stroke = self._stroke, None
        drawing = stroke.finished()
        if drawing.sketch.is_same(self.sketch):
            self.stroke_changed.emit()
            if stroke.effect is Effect.ERASE:
                self.refused.emit(NOTHING_ERASED)
            return
        self.stroke_made.emit()
        verb = "draw" if stroke.effect is Effect.ADD else "erase"
        self.change(f"{verb} {self.toolbox.structure.name}", drawing)

    def cancel_stroke(self) -> None:
        """Give up the stroke that is being made."""
        if self._stroke is not None:
            self._stroke = None
            self.stroke_changed.emit()

    # --- The history ------------------------------------------------------------------------

    @property
    def undo_stack(self) -> QUndoStack:
        """All steps: strokes, contours that go, clears, loads and slice changes."""
        return self._undo_stack

    def change(self, text: str, drawing: Drawing) -> None:
        """Show another drawing, as one step of the history."""
        self._undo_stack.push(SketchChange(text, self._drawing, drawing, self._show_drawing))

    def activate(self, drawing: Drawing) -> None:
        """Take other contours of the same sketch as the active ones, which is no step."""
        self.cancel_stroke()
        self._drawing = drawing
        self.active_changed.emit()

    def load_sketch(self, sketch: Sketch, text: str, slice_index: int | None = None) -> None:
        """Put another sketch in the place of this one, as one step; in or out of sketch mode.

        Parameters
        ----------
        text:
            What is done, as the history calls it, such as "open a sketch".
        slice_index:
            Where to show it; refused where nothing may be sketched. By default the slice stays.
        """
        if slice_index is not None and (why := self.refusal(slice_index)):
            self.refused.emit(why)
            return
        step = QUndoCommand(text)
        if slice_index not in (None, self._slice_index):
            SliceChange(self._slice_index, slice_index, self._show_slice, step)
        if not sketch.is_same(self.sketch):
            SketchChange(text, self._drawing, Drawing.of(sketch), self._show_drawing, step)
        if step.childCount():
            self._undo_stack.push(step)

    def start_anew(self, sketch: Sketch | None = None, slice_index: int | None = None) -> None:
        """Show a sketch, by default an empty one, without a history and out of sketch mode.

        Parameters
        ----------
        slice_index:
            Where; by default the slice that the template begins with.
        """
        if self._template is None:
            return
        self.set_sketching(False)
        self._undo_stack.clear()
        self._show_slice(self._template.first_slice if slice_index is None else slice_index)
        self._show_drawing(Drawing.of(sketch or Sketch()))

    def _show_drawing(self, drawing: Drawing) -> None:
        # Undo in the middle of a drag: the stroke started from a sketch that is no longer there.
        self.cancel_stroke()
        self._drawing = drawing
        self.sketch_changed.emit()

    def _sheet(self) -> Sheet | None:
        if self._template is None or not self._is_sketching:
            return None
        box = self.toolbox
        return Sheet(self._drawing, box.structure.tissue, box.rule, self._template.extent_mm)
