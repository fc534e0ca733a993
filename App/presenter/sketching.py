"""Sketching on a template slice: what the canvas and its buttons do, and what they show."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QUndoStack  # Qt 5 keeps it there; it is no widget

from App.model.sketch import Sketch
from App.model.template import TemplateVolume
from App.model.viewport import Point
from App.tools import AUTO_BRUSH, Effect, Held, Sheet, Stroke, Tool
from App.undo import SketchChange, SliceChange
from sbmir.config.application import StructureSettings
from sbmir.labels import TissueClass

FIRST_RADIUS_MM = 3.0
SMALLEST_RADIUS_MM = 0.5
LARGEST_RADIUS_MM = 50.0
UNDO_STEPS = 1000


class SketchingPresenter(QObject):
    """The template slice, the sketch on it, the active structure and tool, and their history.

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
    structure_changed = pyqtSignal()
    tool_changed = pyqtSignal()
    brush_changed = pyqtSignal()
    refused = pyqtSignal(str)
    """What was asked for is not possible now; the text says why and what to do."""

    def __init__(
        self,
        structures: Sequence[StructureSettings],
        modality: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._structures = tuple(structures)
        self._structure = self._structures[0]
        self._modality = modality
        self._template: TemplateVolume | None = None
        self._slice_index = 0
        self._sketch = Sketch()
        self._stroke: Stroke | None = None
        self._tool: Tool = AUTO_BRUSH
        self._radius_mm = FIRST_RADIUS_MM
        self._is_sketching = False
        self._undo_stack = QUndoStack(self)
        self._undo_stack.setUndoLimit(UNDO_STEPS)

    # --- The template -----------------------------------------------------------------------

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
            self.refused.emit(
                "The slice is locked while you sketch. Leave sketch mode to change it; "
                "the sketch stays."
            )
            # Whoever asked for it, such as a slider, goes back to the slice that is shown.
            self.slice_changed.emit(self._slice_index)
            return
        self._undo_stack.push(SliceChange(self._slice_index, index, self._show_slice))

    def refusal(self) -> str:
        """Why one can neither sketch nor search on this slice; empty where one can."""
        if self._template is None:
            return "There is no template patient yet."
        if self._template.is_abnormal(self._slice_index):
            return (
                f"Slice {self._slice_index} of the template shows a lesion of its own. "
                "Choose a slice without one to sketch or search on."
            )
        return ""

    def _show_slice(self, index: int) -> None:
        self.cancel_stroke()
        self._slice_index = index
        self.slice_changed.emit(index)
        if self._is_sketching and (why := self.refusal()):
            self.set_sketching(False)
            self.refused.emit(why)

    # --- Structures, tools, brush -----------------------------------------------------------

    @property
    def structures(self) -> tuple[StructureSettings, ...]:
        """What can be sketched."""
        return self._structures

    @property
    def structure(self) -> StructureSettings:
        """What strokes draw now."""
        return self._structure

    def set_structure(self, tissue: TissueClass) -> None:
        """Let strokes draw another structure."""
        if tissue != self._structure.tissue:
            self.cancel_stroke()
            self._structure = next(s for s in self._structures if s.tissue == tissue)
            self.structure_changed.emit()

    @property
    def tool(self) -> Tool:
        """What strokes draw with."""
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        """Let strokes draw with another tool."""
        if tool is not self._tool:
            self.cancel_stroke()
            self._tool = tool
            self.tool_changed.emit()

    @property
    def radius_mm(self) -> float:
        """Radius of the brush."""
        return self._radius_mm

    def set_radius_mm(self, radius_mm: float) -> None:
        """Change the brush, within its limits; a stroke being drawn keeps its own."""
        radius_mm = min(max(radius_mm, SMALLEST_RADIUS_MM), LARGEST_RADIUS_MM)
        if radius_mm != self._radius_mm:
            self._radius_mm = radius_mm
            self.brush_changed.emit()

    def resize_brush(self, steps: int) -> None:
        """Make the brush larger (or smaller, below 0), by a tenth or half a millimetre a step."""
        radius_mm = self._radius_mm
        for _ in range(abs(steps)):
            step_mm = max(0.5, round(radius_mm * 0.2) / 2)
            radius_mm += step_mm if steps > 0 else -step_mm
        self.set_radius_mm(radius_mm)

    # --- Sketching --------------------------------------------------------------------------

    @property
    def is_sketching(self) -> bool:
        """Whether sketch mode is on: the slice is locked and a drag draws."""
        return self._is_sketching

    def set_sketching(self, on: bool) -> None:
        """Enter or leave sketch mode; entering is refused on a slice with a lesion."""
        if on and (why := self.refusal()):
            self.refused.emit(why)
            # A toggle that was just pressed springs back.
            self.sketching_changed.emit(False)
            return
        if on == self._is_sketching:
            return
        self.cancel_stroke()
        self._is_sketching = on
        self.sketching_changed.emit(on)

    @property
    def sketch(self) -> Sketch:
        """What is drawn, without a stroke that has not ended."""
        return self._sketch

    @property
    def shown_sketch(self) -> Sketch:
        """What is drawn, with the stroke that is being made."""
        return self._sketch if self._stroke is None else self._stroke.sketch

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is being made."""
        return self._stroke is not None

    def effect_at(self, point_mm: Point, held: Held) -> Effect | None:
        """What the stroke does, or one started here would do; None outside sketch mode."""
        if self._stroke is not None:
            return self._stroke.effect
        sheet = self._sheet()
        return self._tool.effect(sheet, point_mm, held) if sheet else None

    def begin_stroke(self, point_mm: Point, held: Held) -> None:
        """Press the pointer."""
        if self._stroke is not None:
            return
        if not self._is_sketching:
            self.refused.emit(self.refusal() or "Turn on sketch mode to draw.")
            return
        if sheet := self._sheet():
            self._stroke = self._tool.begin(sheet, point_mm, held)
            self.stroke_changed.emit()

    def extend_stroke(self, point_mm: Point) -> None:
        """Drag the pointer."""
        if self._stroke is not None:
            self._stroke.extend(point_mm)
            self.stroke_changed.emit()

    def end_stroke(self) -> None:
        """Release the pointer: the stroke becomes one step of the history."""
        if self._stroke is None:
            return
        stroke, self._stroke = self._stroke, None
        if stroke.sketch.is_same(self._sketch):
            self.stroke_changed.emit()
            return
        verb = "draw" if stroke.effect is Effect.ADD else "erase"
        self._change_sketch(f"{verb} {self._structure.name}", stroke.sketch)

    def cancel_stroke(self) -> None:
        """Give up the stroke that is being made."""
        if self._stroke is not None:
            self._stroke = None
            self.stroke_changed.emit()

    def clear_structure(self) -> None:
        """Take away all that is drawn of the active structure."""
        if self._sketch.region(self._structure.tissue):
            cleared = self._sketch.without(self._structure.tissue)
            self._change_sketch(f"clear {self._structure.name}", cleared)

    def clear_all(self) -> None:
        """Take away all that is drawn."""
        if not self._sketch.is_empty:
            self._change_sketch("clear the sketch", Sketch())

    @property
    def undo_stack(self) -> QUndoStack:
        """Strokes, clears and slice changes."""
        return self._undo_stack

    def _change_sketch(self, text: str, sketch: Sketch) -> None:
        self._undo_stack.push(SketchChange(text, self._sketch, sketch, self._show_sketch))

    def _show_sketch(self, sketch: Sketch) -> None:
        # Undo in the middle of a drag: the stroke started from a sketch that is no longer there.
        self.cancel_stroke()
        self._sketch = sketch
        self.sketch_changed.emit()

    def _sheet(self) -> Sheet | None:
        if self._template is None or not self._is_sketching:
            return None
        return Sheet(
            self._sketch, self._structure.tissue, self._radius_mm, self._template.extent_mm
        )
