"""What one draws with: the structure, the tool, what strokes do, and the brush."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QObject, pyqtSignal

from App.tools import AUTO, BRUSH, RULES, Rule, Tool
from sbmir.config.application import StructureSettings
from sbmir.labels import TissueClass

FIRST_RADIUS_MM = 3.0
SMALLEST_RADIUS_MM = 0.5
LARGEST_RADIUS_MM = 50.0
LIGHTEST_SHARE = 0.15
"""Of the radius, where a tablet's pen hardly touches."""


class Toolbox(QObject):
    """Holds what is chosen to draw with; knows nothing of what is drawn.

    Parameters
    ----------
    structures:
        What can be sketched; the first is active at the start.
    """

    structure_changed = pyqtSignal()
    tool_changed = pyqtSignal()
    rule_changed = pyqtSignal()
    brush_changed = pyqtSignal()

    def __init__(
        self, structures: Sequence[StructureSettings], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._structures = tuple(structures)
        self._structure = self._structures[0]
        self._tool = BRUSH
        self._rule = AUTO
        self._radius_mm = FIRST_RADIUS_MM
        self._pressure_sets_radius = False

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
            self._structure = next(s for s in self._structures if s.tissue == tissue)
            self.structure_changed.emit()

    def next_structure(self) -> None:
        """Let strokes draw the structure after this one."""
        number = self._structures.index(self._structure) + 1
        self.set_structure(self._structures[number % len(self._structures)].tissue)

    @property
    def tool(self) -> Tool:
        """What is in the hand."""
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        """Take another tool."""
        if tool is not self._tool:
            self._tool = tool
            self.tool_changed.emit()

    @property
    def rule(self) -> Rule:
        """What decides whether a stroke adds or takes away."""
        return self._rule

    def set_rule(self, rule: Rule) -> None:
        """Let strokes add, take away, or do what their start says."""
        if rule is not self._rule:
            self._rule = rule
            self.rule_changed.emit()

    def next_rule(self) -> None:
        """Go from one rule to the next."""
        self.set_rule(RULES[(RULES.index(self._rule) + 1) % len(RULES)])

    @property
    def radius_mm(self) -> float:
        """Radius of the brush."""
        return self._radius_mm

    def set_radius_mm(self, radius_mm: float) -> None:
        """Change the brush, within its limits."""
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

    @property
    def pressure_sets_radius(self) -> bool:
        """Whether a tablet's pen draws thinner where it is pressed less."""
        return self._pressure_sets_radius

    def set_pressure_sets_radius(self, on: bool) -> None:
        """Let the pressure of a tablet's pen count, or not."""
        if on != self._pressure_sets_radius:
            self._pressure_sets_radius = on
            self.brush_changed.emit()

    def pressed_radius_mm(self, pressure: float) -> float:
        """Radius of the brush under a pen pressed from 0 to 1; a mouse always presses 1."""
        if not self._pressure_sets_radius:
            return self._radius_mm
        share = LIGHTEST_SHARE + (1 - LIGHTEST_SHARE) * min(max(pressure, 0.0), 1.0)
        return max(self._radius_mm * share, SMALLEST_RADIUS_MM)
