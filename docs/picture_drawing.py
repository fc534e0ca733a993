"""Pictures of the user guide: starting, looking and drawing, and how lesions are drawn for them.

Each scene goes on where the one before ended.
"""

from __future__ import annotations

import math

from picture_stage import Points, Stage
from PyQt5.QtCore import Qt

from App.dialog.startup import StartupDialog

SLICE = 100
"""Of the template patient, in whom the lesion ends below."""
LESION_SLICE = 72
ED, ET, NET = (
    "Peritumoral edema",
    "Gd-enhancing tumor",
    "Necrotic and non-enhancing tumor core",
)


# --- Before anything is drawn ---------------------------------------------------------------


def start(stage: Stage) -> None:
    """The dialog that asks for a data set and a model."""
    dialog = StartupDialog(stage.config)
    dialog.show()
    stage.take_widget("start", dialog)
    dialog.close()


def first(stage: Stage) -> None:
    """The window as it is at the first start."""
    stage.session.sketching.go_to_slice(SLICE)
    stage.take_window("first")
    stage.window.hint.leave()


def lesion_slice(stage: Stage) -> None:
    """A slice that one can only look at."""
    query = stage.window.query
    stage.session.sketching.set_modality("FLAIR")
    stage.session.sketching.go_to_slice(LESION_SLICE)
    stage.take_around("lesion_slice", query.patients, query.sketch_mode, query.hint)
    stage.session.sketching.go_to_slice(SLICE)
    stage.session.sketching.set_modality("T1")


def closer(stage: Stage) -> None:
    """Zoomed, and with another window, which is told while it changes."""
    canvas = stage.window.query.canvas
    x, y = stage.script.lesion_center_mm()
    right = Qt.MouseButton.RightButton
    stage.do("Zoom in")
    canvas.zoom_by(1.8, (canvas.width() * 0.7, canvas.height() * 0.3))
    stage.press((x, y), right)
    stage.move([(x - 8, y + 8), (x - 14, y + 14)], right)
    stage.take_widget("closer", canvas)
    stage.release((x - 14, y + 14), right)
    stage.do("Reset zoom and window")


def measure(stage: Stage) -> None:
    """A ruler over the brain."""
    x, y = stage.script.lesion_center_mm()
    stage.do("Measure")
    stage.drag([(x - 30, y - 25), (x, y), (x + 22, y + 31)])
    stage.take_widget("measure", stage.window.query.canvas)
    stage.do("Brush")


# --- Drawing --------------------------------------------------------------------------------


def brush(stage: Stage) -> None:
    """The brush with its ring, adding to what is there."""
    x, y = stage.script.lesion_center_mm()
    stage.do("Sketch mode")
    stage.window.query.canvas.zoom_by(1.5)
    stage.draw(ED, spiral((x, y), 15), 8)
    stage.draw(ED, [(x, y), (x - 8, y + 18), (x - 10, y + 32)], 8)
    stage.hover((x - 11, y + 33))
    query = stage.window.query
    stage.take_around("brush", query.canvas, query.slices, query.hint, query.tools)


def pen(stage: Stage) -> None:
    """An outline that the pen is drawing."""
    x, y = stage.script.lesion_center_mm()
    way = loop((x + 1, y - 1), 13)
    half = len(way) * 3 // 4
    stage.take(ET)
    stage.press(way[0])
    stage.move(way[1:half])
    stage.take_widget("pen", stage.window.query.canvas)
    stage.move(way[half:])
    stage.release(way[-1])


def contours(stage: Stage) -> None:
    """Structures within each other, and one with two contours."""
    x, y = stage.script.lesion_center_mm()
    stage.draw(NET, loop((x + 1, y - 1), 7))
    stage.do("Add a contour")
    stage.draw(NET, spiral((x - 9, y + 28), 2), 3)
    stage.look_away()
    query = stage.window.query
    stage.take_around("contours", query.canvas, query.tools, query.readout)
    stage.undo()


# --- Ways of the pointer --------------------------------------------------------------------


def spiral(middle_mm: tuple[float, float], reach_mm: float) -> Points:
    """From a place outwards and round, which leaves no hole beneath a brush."""
    x, y = middle_mm
    steps = range(73)
    return [
        (
            x + reach_mm * min(step / 48, 1) * math.cos(step * math.pi / 12),
            y + reach_mm * min(step / 48, 1) * math.sin(step * math.pi / 12),
        )
        for step in steps
    ]


def loop(middle_mm: tuple[float, float], radius_mm: float) -> Points:
    """Once around a place, as a hand does it: not quite a circle."""
    x, y = middle_mm
    turns = [math.pi * step / 24 for step in range(49)]
    radii = [
        radius_mm * (1 + 0.08 * math.sin(3 * turn) + 0.05 * math.cos(5 * turn)) for turn in turns
    ]
    return [
        (x + radius * math.cos(turn), y + radius * math.sin(turn))
        for radius, turn in zip(radii, turns, strict=True)
    ]
