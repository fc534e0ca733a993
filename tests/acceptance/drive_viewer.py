"""Opens results in the viewer, goes through their volumes, measures, and closes them."""

from __future__ import annotations

import math
from typing import Any

from PyQt5.QtCore import QPoint, QRect
from stage import Stage, on_stage, rectangle, ring

from App.model.viewed_patient import ViewedPatient
from App.widget.result_row import ResultRow
from App.widget.viewer_dock import ViewerDock

HERE = (85.0, 100.0)
RULER_PX = QPoint(90, 60)


def main() -> None:
    """Search, open two results by different ways, and look through the first."""
    with on_stage() as stage:
        stage.wait_for_database()
        stage.start_sketching()
        stage.set_radius(5)
        stage.draw(ring(HERE, 12))
        stage.searched(lambda: stage.hand.press("Return"))
        row = stage.row_with_lesion()
        other = next(one for one in stage.window.results.rows if one is not row)
        stage.note(keys=[[one.result.key.patient, one.result.key.index] for one in (row, other)])
        dock = open_a_picture(stage, row)
        go_through_slices(stage, dock)
        change_what_is_shown(stage, dock)
        measure(stage, dock)
        open_again(stage, dock, row)
        open_by_keys(stage, other)


def open_a_picture(stage: Stage, row: ResultRow) -> ViewerDock:
    """Double-click the second picture of a result."""
    stage.hand.double_click(row.pictures[1])
    stage.until(lambda: bool(open_docks(stage)), "the viewer")
    dock = open_docks(stage)[0]
    wait_for_volume(stage, dock)
    stage.take_keyboard(dock)
    stage.photograph("opened")
    stage.note(
        opened=looks(dock),
        floats=dock.isFloating(),
        view=rectangle(dock.view),
        screen=rectangle(dock),
        results=rectangle(stage.window.results),
    )
    return dock


def go_through_slices(stage: Stage, dock: ViewerDock) -> None:
    """The frame is only around the retrieved slice; Home goes back to it."""
    stage.hand.wheel(dock.view, 2)
    stage.note(wheeled=looks(dock))
    stage.photograph("wheeled")
    stage.hand.press("Next")
    stage.note(paged=looks(dock))
    stage.hand.press("Home")
    stage.note(home=looks(dock))
    stage.photograph("home")


def change_what_is_shown(stage: Stage, dock: ViewerDock) -> None:
    """Another image by a button, the lesion by a key, the window by a drag, zoom by the wheel."""
    stage.hand.click(dock.modalities["FLAIR"])
    wait_for_volume(stage, dock)
    stage.photograph("flair")
    stage.note(flair=looks(dock))
    stage.hand.press("l")
    stage.photograph("lesion")
    stage.hand.press("l")
    middle = dock.view.rect().center()
    stage.hand.drag(dock.view, [middle, middle + QPoint(-60, 0), middle + QPoint(-120, 0)], 3)
    stage.photograph("windowed")
    stage.hand.wheel(dock.view, 3, middle, held=["ctrl"])
    stage.photograph("zoomed")
    stage.hand.double_click(dock.view)
    stage.photograph("reset")


def measure(stage: Stage, dock: ViewerDock) -> None:
    """Measure across; the keys of the viewer are not those of the sketch."""
    tool = stage.sketching.toolbox.tool.name
    stage.hand.press("m")
    middle = dock.view.rect().center()
    stage.hand.drag(dock.view, [middle - RULER_PX, middle, middle + RULER_PX])
    ruler = dock.view.view_state.ruler
    stage.note(
        ruler=ruler.label,
        ruler_px=2 * math.hypot(RULER_PX.x(), RULER_PX.y()),
        tool_kept=stage.sketching.toolbox.tool.name == tool,
    )
    stage.photograph("ruler")
    stage.hand.press("Escape")
    stage.note(ruler_gone=dock.view.view_state.ruler is None)


def open_again(stage: Stage, dock: ViewerDock, row: ResultRow) -> None:
    """The same patient by the menu of its row: the viewer that is there, with another image."""
    stage.hand.click(row.more)
    stage.choose_in(stage.open_menu("of a result"), "Open in viewer as", "T1")
    wait_for_volume(stage, dock)
    stage.note(again=looks(dock), docks=len(open_docks(stage)))


def open_by_keys(stage: Stage, row: ResultRow) -> None:
    """Go to a row from its neighbour, and Enter; then close all, and find the sketch untouched."""
    stage.take_keyboard(stage.window)
    rows = stage.window.results.rows
    way = "Down" if rows.index(row) else "Up"
    rows[abs(rows.index(row) - 1)].setFocus()
    stage.hand.press(way, "Return")
    stage.until(lambda: len(open_docks(stage)) == 2, "the second viewer")
    second = open_docks(stage)[1]
    wait_for_volume(stage, second)
    stage.photograph("two")
    stage.note(second=looks(second), steps=stage.sketching.undo_stack.index())
    for dock in open_docks(stage):
        dock.close()
    stage.rest()
    stage.note(left=len(open_docks(stage)))


def open_docks(stage: Stage) -> list[ViewerDock]:
    """The viewers on the screen."""
    return [dock for dock in stage.window.findChildren(ViewerDock) if dock.isVisible()]


def wait_for_volume(stage: Stage, dock: ViewerDock) -> None:
    """Wait until the viewer shows an image."""
    stage.until(lambda: isinstance(dock._viewer.state, ViewedPatient), "the volume")
    stage.rest()


def looks(dock: ViewerDock) -> dict[str, Any]:
    """What a viewer says of what it shows."""
    return {
        "title": dock.windowTitle(),
        "slice": dock.slices.number.text(),
        "images": [name for name, button in dock.modalities.items() if button.isChecked()],
        "edge": rectangle(dock.view, QRect(1, 30, 2, 40)),
    }


if __name__ == "__main__":
    main()
