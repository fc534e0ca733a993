"""The measures of what is drawn, live: area, longest diameter and side of each structure."""

from __future__ import annotations

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from App.model.lesion_measures import RegionMeasures, measure_region, measure_whole
from App.model.picture import Letters
from App.model.sketch import Region
from App.presenter.sketching import SketchingPresenter
from App.theme import em
from App.widget.state_page import set_role
from App.widget.structure_buttons import color_icon
from sbmir.catalogue import Side
from sbmir.labels import TissueClass

UPDATE_MS = 120
"""During a stroke the numbers follow this often; each time costs a few milliseconds."""
NOTHING = "\N{EN DASH}\n"
SIDES = {Side.LEFT: "L", Side.RIGHT: "R", Side.BOTH: "L+R"}
STRUCTURE_HINT = "Area inside its contours, also where another structure hides it"
WHOLE_HINT = "All structures together"


class Reading(QWidget):
    """The measures of one region, in two lines beside its colour."""

    def __init__(self, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._hint = hint
        self.sign = QLabel()
        self.sign.setAlignment(Qt.Alignment(Qt.AlignmentFlag.AlignTop))
        self.text = QLabel()
        self.text.setAccessibleName(f"Measures of {name}")
        # Numbers that grow must not widen the window.
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.35))
        layout.addWidget(self.sign)
        layout.addWidget(self.text, 1)
        self.show_measures(None)

    def show_measures(self, measures: RegionMeasures | None) -> None:
        """Show them; None where nothing is drawn."""
        set_role(self.text, "quiet" if measures is None else "")
        self.text.setText(NOTHING if measures is None else _in_short(measures))
        said = "nothing is drawn" if measures is None else _in_words(measures)
        self.setToolTip(f"{self._name}: {said}\n{self._hint}")


class StructureReadout(QWidget):
    """Shows the measures of each structure and of the whole lesion while one draws."""

    def __init__(self, presenter: SketchingPresenter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenter = presenter
        self._known: dict[TissueClass, tuple[Region, RegionMeasures | None]] = {}
        self.readings = {
            structure.tissue: Reading(structure.name, STRUCTURE_HINT)
            for structure in presenter.structures
        }
        self.whole = Reading("Whole lesion", WHOLE_HINT)
        self.whole.sign.setText("\N{GREEK CAPITAL LETTER SIGMA}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(em(self, 0.3), 0, 0, 0)
        for reading in (*self.readings.values(), self.whole):
            layout.addWidget(reading, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(UPDATE_MS)
        self._timer.timeout.connect(self._measure)
        presenter.stroke_changed.connect(self._measure_soon)
        presenter.sketch_changed.connect(self._measure_soon)
        presenter.template_changed.connect(self._measure_anew)
        presenter.appearance.changed.connect(self._show_colors)
        self._show_colors()
        self._measure()

    def _measure_soon(self) -> None:
        """After a moment, so that a stroke need not wait for the numbers at each of its steps."""
        if not self._timer.isActive():
            self._timer.start()

    def _measure_anew(self) -> None:
        self._known.clear()
        self._measure()

    def _measure(self) -> None:
        template = self._presenter.template
        if template is None:
            return
        sketch, extent_mm, letters = (
            self._presenter.shown_sketch,
            template.extent_mm,
            template.letters,
        )
        for tissue, reading in self.readings.items():
            measures = self._measured(tissue, sketch.region(tissue), extent_mm, letters)
            reading.show_measures(measures)
        # It takes a union of all contours, which a stroke has no time for.
        if not self._presenter.is_drawing:
            structures = [known for _, known in self._known.values() if known is not None]
            self.whole.show_measures(measure_whole(sketch, structures, extent_mm, letters))

    def _measured(
        self,
        tissue: TissueClass,
        region: Region,
        extent_mm: tuple[float, float],
        letters: Letters,
    ) -> RegionMeasures | None:
        """Measure a region, unless it is the very one that was measured last."""
        known = self._known.get(tissue)
        if known is None or known[0] is not region:
            known = region, measure_region(region, extent_mm, letters)
            self._known[tissue] = known
        return known[1]

    def _show_colors(self) -> None:
        edge, ratio = em(self, 0.8), self.devicePixelRatioF()
        for tissue, reading in self.readings.items():
            color = QColor(self._presenter.appearance.color(tissue))
            reading.sign.setPixmap(color_icon(color, edge, ratio).pixmap(edge, edge))


def _in_short(measures: RegionMeasures) -> str:
    side = "" if measures.side is None else f"  {SIDES[measures.side]}"
    diameter = f"\N{DIAMETER SIGN} {measures.diameter.length_mm:.1f} mm"
    return f"{_area(measures)}\n{diameter}{side}"


def _in_words(measures: RegionMeasures) -> str:
    said = f"{_area(measures)}, longest diameter {measures.diameter.length_mm:.1f} mm"
    if measures.side is None:
        return said
    return f"{said}, {'both sides' if measures.side is Side.BOTH else measures.side.value}"


def _area(measures: RegionMeasures) -> str:
    digits = 0 if measures.area_mm2 >= 100 else 1
    return f"{measures.area_mm2:,.{digits}f} mm\N{SUPERSCRIPT TWO}"
