"""Looks closely: zooms, pans, windows, measures and goes through images, and notes what is seen."""

from __future__ import annotations

import math
from dataclasses import asdict

from PyQt5.QtCore import QPoint
from stage import Stage, on_stage, rectangle, ring

from sbmir.labels import TissueClass

POINT = (90.0, 80.0)
PAN_PX = (60, 25)
RULER = (QPoint(220, 150), QPoint(340, 240))
LEFT_PLACE, RIGHT_PLACE = (85.0, 100.0), (150.0, 100.0)


def main() -> None:
    """Do what a user would do to see better."""
    with on_stage() as stage:
        stage.wait_for_template()
        template = stage.sketching.template
        stage.note(
            template=template.patient,
            slice=stage.sketching.slice_index,
            canvas=rectangle(stage.canvas),
            letters=asdict(template.letters),
            number=stage.window.query.slices.number.text(),
            marks=rectangle(stage.window.query.slices.marks),
        )
        stage.photograph("first")
        zoom_and_pan(stage)
        change_the_window(stage)
        go_through_images(stage)
        measure(stage)
        read_the_numbers(stage)


def zoom_and_pan(stage: Stage) -> None:
    """Ctrl+wheel to the pointer, a middle drag, keys, and a double-click to reset."""
    at = stage.place(*POINT)
    before = scale(stage)
    stage.hand.wheel(stage.canvas, 5, at, held=["ctrl"])
    zoomed = stage.place(*POINT)
    stage.note(zoom=scale(stage) / before, zoom_shift=[zoomed.x() - at.x(), zoomed.y() - at.y()])
    stage.photograph("zoomed")
    stage.hand.drag(
        stage.canvas, [zoomed, zoomed + QPoint(*PAN_PX) / 2, zoomed + QPoint(*PAN_PX)], 2
    )
    panned = stage.place(*POINT)
    stage.note(pan=[panned.x() - zoomed.x(), panned.y() - zoomed.y()])
    stage.hand.wheel(stage.canvas, -1)  # without Ctrl: another slice, as closely
    stage.note(zoom_kept=scale(stage) / before)
    stage.hand.wheel(stage.canvas, 1)
    stage.hand.double_click(stage.canvas)
    stage.note(reset=scale(stage) / before, said_by_reset=list(stage.said))
    stage.photograph("reset")
    stage.hand.press("plus", "plus")
    stage.note(by_keys=scale(stage) / before)
    stage.hand.press("0")
    stage.note(reset_by_key=scale(stage) / before)


def change_the_window(stage: Stage) -> None:
    """Drag with the right button: to the left for more contrast."""
    middle = stage.canvas.rect().center()
    path = [middle, middle + QPoint(-40, 0), middle + QPoint(-120, 0)]
    with stage.hand.dragging(stage.canvas, path, button=3):
        stage.photograph("harder")
    stage.hand.double_click(stage.canvas)
    stage.photograph("window_reset")


def go_through_images(stage: Stage) -> None:
    """By a key and by a button."""
    names = [stage.sketching.modality]
    for _ in range(2):
        stage.hand.press("t")
        names.append(stage.sketching.modality)
        stage.photograph(names[-1])
    stage.hand.click(stage.window.query.modalities[names[0]])
    names.append(stage.sketching.modality)
    stage.note(images=names)


def measure(stage: Stage) -> None:
    """Draw a ruler, which Escape takes away."""
    stage.hand.press("m")
    start, end = RULER
    stage.hand.drag(stage.canvas, [start, (start + end) / 2, end])
    ruler = stage.canvas.view_state.ruler
    way = end - start
    stage.note(ruler=ruler.label, ruler_px=math.hypot(way.x(), way.y()))
    stage.photograph("ruler")
    stage.hand.press("Escape")
    stage.photograph("no_ruler")
    stage.hand.press("b")


def read_the_numbers(stage: Stage) -> None:
    """Draw a disc, a rectangle and a disc on the midline."""
    stage.start_sketching()
    readings = stage.window.query.readout.readings
    stage.set_radius(10)
    stage.dab(LEFT_PLACE)
    stage.choose_structure(TissueClass.ET)
    stage.hand.press("p")
    x, y = RIGHT_PLACE
    corners = [(x - 15, y - 20), (x + 15, y - 20), (x + 15, y + 20), (x - 15, y + 20)]
    stage.draw(corners)
    stage.choose_structure(TissueClass.NET)
    stage.hand.press("b")
    stage.dab((stage.sketching.template.extent_mm[1] / 2, 100.0))
    stage.rest(300)
    stage.note(readings={tissue.name: one.text.text() for tissue, one in readings.items()})
    stage.photograph("measures")
    path = [stage.place(*point) for point in ring(LEFT_PLACE, 12)]
    stage.choose_structure(TissueClass.ED)
    with stage.hand.dragging(stage.canvas, path, held=["shift"]):
        stage.rest(300)
        stage.note(live=readings[TissueClass.ED].text.text())


def scale(stage: Stage) -> float:
    """How large the slice is shown."""
    viewport = stage.canvas.viewport()
    return viewport.px_per_mm if viewport else math.nan


if __name__ == "__main__":
    main()
