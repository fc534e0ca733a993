"""Stroke → contour on screen: p95 ≤ 16 ms with 10 contours of 500 points, painting included.

``python benchmarks/bench_stroke.py [STROKES]`` drags the pointer over a canvas of 800 x 800 pixels
that shows ten contours of 500 points or more. What is timed is one move of the pointer, from its
event to the end of the canvas' repaint. Without ``QT_QPA_PLATFORM`` the canvas is off screen.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np
from bench_contours import drawn_contours, pointer_path
from PyQt5.QtCore import QEvent, QObject, QPointF, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication

from App.model.sketch import Sketch
from App.model.template import TemplateVolume
from App.presenter.sketching import SketchingPresenter
from App.tools import ADD, BRUSH, ERASE, PEN, Rule, Tool
from App.widget.sketch_canvas import SketchCanvas
from sbmir.catalogue import PatientCatalogue, SliceFacts
from sbmir.config.application import StructureSettings
from sbmir.labels import TissueClass
from sbmir.volumes import Geometry, Volume

EDGE_PX = 800
SHAPE = (240, 240, 3)
MOVES = 200
TARGET_MS = 16.0
STRUCTURES = (
    StructureSettings(name="Edema", tissue=TissueClass.ED, color="#f2d024"),
    StructureSettings(name="Enhancing", tissue=TissueClass.ET, color="#a5602c"),
    StructureSettings(name="Core", tissue=TissueClass.NET, color="#25c3d8"),
)


def template() -> TemplateVolume:
    """A patient of noise, as large as one of BraTS."""
    voxels = np.random.default_rng(0).uniform(1, 100, SHAPE).astype(np.float32)
    geometry = Geometry(SHAPE, np.diag([-1.0, -1.0, 1.0, 1.0]))
    facts = tuple(SliceFacts(index, (0, 0, 0), None) for index in range(SHAPE[2]))
    catalogue = PatientCatalogue("Noise", SHAPE[0], facts, geometry)
    volume = Volume(voxels, geometry, None)
    return TemplateVolume("Noise", {"T1": volume}, {"T1": (0.0, 120.0)}, catalogue)


class Paints(QObject):
    """Counts how often a widget is painted."""

    count = 0

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Look at an event on its way."""
        if event is not None and event.type() == QEvent.Type.Paint:
            self.count += 1
        return False


class Bench:
    """The canvas with ten contours, and a pointer over it."""

    def __init__(self) -> None:
        self.presenter = SketchingPresenter(STRUCTURES, "T1")
        self.canvas = SketchCanvas(self.presenter)
        self.canvas.resize(EDGE_PX, EDGE_PX)
        self.presenter.set_template(template())
        self.paints = Paints()
        self.canvas.installEventFilter(self.paints)
        self.canvas.show()
        self.presenter.set_sketching(True)
        self.sketch = Sketch({TissueClass.ED: drawn_contours()})
        self.presenter.load_sketch(self.sketch, "begin")
        QApplication.processEvents()

    def stroke(self, tool: Tool, rule: Rule, seed: int) -> tuple[list[float], float]:
        """Milliseconds of each move of a stroke, and of its release."""
        self.presenter.toolbox.set_tool(tool)
        self.presenter.toolbox.set_rule(rule)
        path = pointer_path(MOVES, seed)
        self._send(QEvent.Type.MouseButtonPress, path[0])
        moves = [self._send(QEvent.Type.MouseMove, point) for point in path[1:]]
        release = self._send(QEvent.Type.MouseButtonRelease, path[-1])
        self.presenter.undo_stack.undo()
        QApplication.processEvents()
        return moves, release

    def _send(self, kind: QEvent.Type, point_mm: np.ndarray) -> float:
        viewport = self.canvas.viewport()
        if viewport is None:
            raise RuntimeError("the canvas shows no slice")
        button = Qt.MouseButton.NoButton
        if kind != QEvent.Type.MouseMove:
            button = Qt.MouseButton.LeftButton
        place = QPointF(*viewport.to_px((float(point_mm[0]), float(point_mm[1]))))
        held = Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, place, button, held, Qt.KeyboardModifier.NoModifier)
        painted = self.paints.count
        start = time.perf_counter()
        QApplication.sendEvent(self.canvas, event)
        QApplication.processEvents()
        took_ms = (time.perf_counter() - start) * 1e3
        if kind == QEvent.Type.MouseMove and self.paints.count == painted:
            raise RuntimeError("the canvas was not painted")
        return took_ms


def main(strokes: int) -> None:
    """Print the table."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication(sys.argv[:1])
    bench = Bench()
    points = min(contour.n_points for contour in drawn_contours())
    print(f"10 contours of {points} points or more, {EDGE_PX} x {EDGE_PX} pixels,")
    print(f"{strokes} strokes of {MOVES} moves each; ms from the event to the painted canvas:")
    print(f"| what | median | p95 | largest | p95 <= {TARGET_MS:.0f} |")
    print("|---|---:|---:|---:|---|")
    for tool, rule in ((BRUSH, ADD), (BRUSH, ERASE), (PEN, ADD)):
        bench.stroke(tool, rule, strokes)  # fills the caches
        timed = [bench.stroke(tool, rule, seed) for seed in range(strokes)]
        moves = [ms for each, _ in timed for ms in each]
        for what, ms in (
            (f"{tool.name}, {rule.name.lower()}: a move", moves),
            (f"{tool.name}, {rule.name.lower()}: the release", [r for _, r in timed]),
        ):
            p50, p95 = np.percentile(ms, (50, 95))
            verdict = "yes" if p95 <= TARGET_MS else "no"
            print(f"| {what} | {p50:.1f} | {p95:.1f} | {max(ms):.1f} | {verdict} |")
    bench.canvas.close()
    application.quit()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
