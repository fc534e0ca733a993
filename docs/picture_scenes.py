"""What each picture of the user guide shows, in the order in which a user comes to it.

Each scene goes on where the one before ended.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import picture_drawing as drawing
from picture_stage import Stage, StudyStage
from PyQt5.QtCore import QPoint
from PyQt5.QtWidgets import QApplication

from App.dialog.message import ProblemDialog
from App.model.sketch_document import read_document, write_document
from App.model.sketch_safe import SketchSafe
from App.widget.result_row import ResultRow
from App.widget.viewer_dock import ViewerDock
from sbmir.catalogue import Side
from sbmir.filters import Filters
from sbmir.slices import SEGMENTATION_PATTERN, load_slice

DRAWN_AT = datetime(2026, 11, 20, 14, 32, tzinfo=UTC)
FRONT_Y_MM, BACK_Y_MM = 56, 186
"""Of two foci in one slice, which no patient of the guide has."""
Scene = Callable[[Stage], None]


# --- Searching ------------------------------------------------------------------------------


def search(stage: Stage) -> None:
    """What is found."""
    stage.script.search()
    stage.take_window("window")
    stage.take_widget("results", stage.window.results, 560)


def dark(stage: Stage) -> None:
    """The dark theme, with colours for all eyes."""
    stage.do("Theme: Dark")
    stage.do("Structure colours: Colour-blind safe")
    stage.take_window("dark")
    stage.do("Structure colours: As configured")
    stage.do("Theme: Light")


def outline(stage: Stage) -> None:
    """The sketch over a result."""
    stage.do("Sketch over the results")
    stage.take_widget("outline", row(stage, 0))
    stage.do("Sketch over the results")


def options(stage: Stage) -> None:
    """The row of what one searches with, and the filters above it."""
    actions, panel = stage.window.search, stage.window.query.search_panel
    stage.do("Live search")
    stage.script.searched(lambda: stage.session.searching.set_filters(Filters(side=Side.RIGHT)))
    actions.filters.trigger()
    stage.take_around("filters", panel, above=actions.filter_popup)
    actions.filter_popup.close()
    stage.script.searched(lambda: stage.session.searching.set_filters(Filters()))
    stage.do("Live search")


def imagined(stage: Stage) -> None:
    """What the model makes of the query."""
    inset = stage.window.query.imagined
    stage.do("Imagined image")
    stage.script.search()
    stage.wait(
        lambda: all(view.has_picture for view in inset.pictures.values()), "the imagined image"
    )
    stage.take_widget("imagined", stage.window.query.canvas)
    stage.do("Imagined image")


def menu(stage: Stage) -> None:
    """What one can do with a result."""
    shown = row(stage, 0)
    shown.more.click()
    lines = QApplication.activePopupWidget()
    if lines is None:
        raise RuntimeError("No menu has opened")
    # A screen that is not there is too small for it to open where it would.
    corner = shown.more.mapToGlobal(shown.more.rect().bottomRight())
    lines.move(corner - QPoint(lines.width(), 0))
    stage.take_around("result_menu", shown, above=lines)
    lines.close()


def example(stage: Stage) -> None:
    """A result as the query."""
    choose(stage, 0)
    stage.script.searched(lambda: stage.do("Use as query"))
    panel = stage.window.query.search_panel
    stage.take_around("example", panel)
    stage.script.searched(lambda: stage.do("Back to the sketch"))


def viewer(stage: Stage) -> None:
    """A result in the viewer, with its label map."""
    choose(stage, 0)
    stage.do("Open in viewer as: FLAIR")
    dock: ViewerDock = stage.window.viewers.docks[0]
    stage.wait(lambda: not dock.slices.isHidden(), "the viewer")
    dock.resize(560, 640)
    dock.tools["Lesion"].trigger()
    stage.take_widget("viewer", dock)
    dock.close()


def edited(stage: Stage) -> None:
    """The lesion of a result, to be changed."""
    sketch = stage.session.sketching.sketch
    stage.session.results.set_current(with_lesion(stage).result)
    stage.do("Edit its lesion as a sketch")
    stage.wait(lambda: stage.session.sketching.sketch is not sketch, "the lesion")
    stage.take_widget("edited", stage.window.query.canvas)
    stage.undo()
    stage.script.search()


def far(stage: Stage) -> None:
    """The sign that nothing is near."""
    results = stage.window.results
    stage.do("Clear sketch")
    for structure, y_mm in ((drawing.ET, FRONT_Y_MM), (drawing.NET, BACK_Y_MM)):
        stage.draw(structure, [(118, y_mm), (122, y_mm)], 15)
    stage.script.search()
    stage.wait(results.found.banner.isVisible, "the sign of distance")
    stage.take_widget("far", results, 300)
    for _ in range(3):
        stage.undo()
    stage.script.search()


# --- Keeping --------------------------------------------------------------------------------


def export(stage: Stage) -> None:
    """The sheet of an exported search."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "search"
        stage.session.files.export(folder, outlined=True)
        stage.wait((folder / "contact_sheet.png").exists, "the export")
        stage.take_file("sheet", folder / "contact_sheet.png", (640, 620))


def recovery(stage: Stage) -> None:
    """The sketch of a window that was not closed."""
    session = stage.session
    with tempfile.TemporaryDirectory() as name:
        drawn = Path(name) / "drawn.json"
        write_document(drawn, replace(stage.document(), changed_at=DRAWN_AT))
        process = multiprocessing.get_context("spawn").Process(
            target=keep_and_crash, args=(stage.safe_folder, drawn)
        )
        process.start()
        process.join()
    session.recovery.look()
    bar = stage.window.recovery
    stage.wait(lambda: session.recovery.offer is not None, "the sketch to be offered")
    stage.take_around("recovery", bar)
    session.recovery.discard()


def keep_and_crash(folder: Path, drawn: Path) -> None:
    """Do what a window does in which one draws, and then end by force."""
    document = read_document(drawn)
    SketchSafe(folder, document.template.dataset).keep(document)
    os._exit(1)


def problem(stage: Stage) -> None:
    """A message about something that did not work."""
    with tempfile.TemporaryDirectory() as name, chdir(name):
        broken = Path("sketch.json")
        broken.write_text("{", encoding="utf-8")
        stage.session.files.open(broken)
        stage.wait(lambda: bool(stage.dialogs(ProblemDialog)), "the message")
    dialog = stage.dialogs(ProblemDialog)[0]
    stage.take_widget("problem", dialog)
    dialog.accept()


# --- The reader study -----------------------------------------------------------------------


def reader_study(stage: StudyStage) -> None:
    """A question, what was found for the reader's sketch, and how it is judged."""
    presented = stage.session.study.question
    template = stage.session.sketching.template
    if presented is None or template is None:
        raise RuntimeError("Nothing is asked")
    key = presented.target_key(stage.data_set)
    if key is None:
        raise RuntimeError("The first question presents no case")
    labels = load_slice(stage.slices_dir, key.patient, SEGMENTATION_PATTERN, key.index)
    row, column = np.argwhere(labels).mean(axis=0) / labels.shape
    height_mm, width_mm = template.extent_mm
    stage.script.draw_lesion((column * width_mm, row * height_mm))
    outcome = stage.script.search()
    first, second = (result.key for result in outcome.results[:2])
    for key, point in ((first, 0), (first, 1), (second, 2)):
        stage.session.study.tick(key, point, on=True)
    stage.take_window("reader_study")


# --- The window itself ----------------------------------------------------------------------


def keys(stage: Stage) -> None:
    """The list of keys."""
    stage.do("Keys and gestures")
    stage.take_widget("keys", stage.window.keys, 420)
    stage.window.keys.close()


SCENES: tuple[Scene, ...] = (
    *(drawing.start, drawing.first, drawing.lesion_slice, drawing.closer, drawing.measure),
    *(drawing.brush, drawing.pen, drawing.contours),
    *(search, dark, outline, options, imagined, menu, example, viewer, edited, far),
    *(export, recovery, problem, keys),
)


def row(stage: Stage, number: int) -> ResultRow:
    """A result that is listed."""
    shown: ResultRow = stage.window.results.rows[number]
    return shown


def with_lesion(stage: Stage) -> ResultRow:
    """The listed result, below the nearest, with the largest lesion; the nearest may have none."""
    rows: Sequence[ResultRow] = stage.window.results.rows[1:]

    def size(shown: ResultRow) -> float:
        return -1.0 if shown.reasons is None else shown.reasons.size_ratio or 0.0

    stage.wait(lambda: all(size(shown) >= 0 for shown in rows), "the reasons")
    return max(rows, key=size)


def choose(stage: Stage, number: int) -> None:
    """Make a result the one that things are done with."""
    stage.session.results.set_current(row(stage, number).result)
