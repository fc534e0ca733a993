"""The parts of the window together: what is done in one of them is seen in the others."""

from contextlib import contextmanager

import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QScrollBar,
)
from search_world import NORMAL_SLICE, Database, make_matrix, make_world, sketch_of
from window_world import opened

from App.dialog.message import ProblemDialog
from App.model.reference import Reference
from App.widget.first_hint import SEEN
from sbmir.encoding import CodeEncoder
from sbmir.labels import TissueClass
from sbmir.retrieval import Retriever
from sbmir.search.engine import MetricKind
from sbmir.search.exact import ExactEngine

SQUARE = (8.0, 10.0, 9.0)
LONG_MS = 30_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    world = make_world(tmp_path_factory.mktemp("wired"))
    # The database of the settings is not there; the tests bring one of their own.
    world.write_config(mongodb={"uri": "mongodb://127.0.0.1:9/", "timeout_s": 0.1})
    model = world.choice.model
    encoder = CodeEncoder.from_checkpoint(model.checkpoint, model.networks)
    matrix, records = make_matrix(world, encoder)
    retriever = Retriever(ExactEngine(matrix), MetricKind.PUBLISHED, Database(records).read)
    return world, Reference(world.choice, encoder, retriever, len(matrix.keys))


@contextmanager
def searchable(made, qtbot):
    """A window on P1 with a database that is open."""
    world, reference = made
    with opened(world, qtbot) as session:
        qtbot.waitUntil(lambda: session.sketching.template is not None)
        qtbot.waitUntil(lambda: not session.runner.is_busy, timeout=LONG_MS)
        session.searching.set_reference(reference)
        session.sketching.go_to_slice(NORMAL_SLICE)
        qtbot.waitUntil(lambda: not session.runner.is_busy, timeout=LONG_MS)
        yield session


def search(session, qtbot):
    """Press Search with a square of oedema; the rows, with all their pictures."""
    session.sketching.load_sketch(sketch_of(SQUARE), "draw")
    with qtbot.waitSignal(session.searching.found, timeout=LONG_MS):
        qtbot.mouseClick(session.window.query.search, Qt.MouseButton.LeftButton)
    rows = session.window.results.rows
    qtbot.waitUntil(lambda: all(p.has_picture for row in rows for p in row.pictures))
    return rows


def test_a_double_click_on_a_picture_opens_that_image_in_a_viewer(made, qtbot):
    with searchable(made, qtbot) as session:
        row = search(session, qtbot)[0]
        flair = row.pictures[2]
        qtbot.mouseDClick(flair, Qt.MouseButton.LeftButton)
        (viewer,) = session.viewer.viewers
        assert viewer.patient == row.result.key.patient
        qtbot.waitUntil(lambda: viewer.state.__class__.__name__ == "ViewedPatient")
        assert viewer.modality == "FLAIR"
        assert viewer.slice_index == row.result.key.index
        (dock,) = session.window.viewers.docks
        assert dock.isVisible()
        session.window.activateWindow()
    assert not session.viewer.viewers  # they close with the window


def test_the_first_hint_is_done_with_the_first_search_and_moves_nothing(made, qtbot):
    world, _ = made
    world.preferences.set_flag(SEEN, value=False)
    with searchable(made, qtbot) as session:
        hint = session.window.hint
        assert hint.isVisible()
        height = session.window.query.canvas.height()
        search(session, qtbot)
        assert hint.steps[-1].text().startswith("✓")
        assert session.window.query.canvas.height() == height
    with searchable(made, qtbot) as session:
        assert not session.window.hint.isVisible()


def test_another_palette_recolours_the_sketch_and_stays(made, qtbot):
    with searchable(made, qtbot) as session:
        session.sketching.load_sketch(sketch_of(SQUARE), "draw")
        before = session.window.query.canvas.grab().toImage()
        lines = {n: a for group in session.window.groups for n, a in group.lines}
        lines["Structure colours: Colour-blind safe"].trigger()
        assert session.window.query.canvas.grab().toImage() != before
        session.sketching.appearance.set_opacity(0.8)
        session.searching.set_live(True)
    with searchable(made, qtbot) as session:
        appearance = session.sketching.appearance
        assert appearance.palette == "Colour-blind safe"
        assert appearance.opacity == pytest.approx(0.8)
        assert session.searching.options.live
        appearance.set_palette("As configured")
        session.searching.set_live(False)


def test_drawing_with_live_search_lists_patients_and_reads_out_the_area(made, qtbot):
    with searchable(made, qtbot) as session:
        session.searching.set_live(True)
        session.sketching.set_sketching(True)
        canvas = session.window.query.canvas
        with qtbot.waitSignal(session.searching.found, timeout=LONG_MS):
            place = canvas.rect().center() + QPoint(0, 4)
            qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=place)
            qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place)
        qtbot.waitUntil(lambda: bool(session.window.results.rows))
        readout = session.window.query.readout
        session.searching.set_live(False)
        qtbot.waitUntil(lambda: "mm²" in readout.readings[TissueClass.ED].text.text())


def test_a_window_that_was_closed_offers_its_sketch_and_nothing_to_recover(made, qtbot):
    with searchable(made, qtbot) as session:
        session.sketching.load_sketch(sketch_of(SQUARE), "draw")
        qtbot.wait(50)
    with searchable(made, qtbot) as session:
        assert not session.window.recovery.isVisible()
        lines = {n: a for group in session.window.groups for n, a in group.lines}
        reopen = lines["Reopen the last sketch"]
        assert reopen.isEnabled()
        reopen.trigger()
        qtbot.waitUntil(lambda: not session.sketching.sketch.is_empty)


def test_a_crashed_window_offers_its_sketch_above_the_slice(made, qtbot, monkeypatch):
    with searchable(made, qtbot) as session:
        with qtbot.waitSignal(session.autosave.kept, timeout=LONG_MS):
            session.sketching.load_sketch(sketch_of(SQUARE), "draw")
        session.searching.cancel()
        qtbot.waitUntil(lambda: not session.runner.is_busy, timeout=LONG_MS)
        (kept,) = made[0].safe_folder.rglob("window-*/sketch.json")
        content = kept.read_bytes()
    crashed = kept.parent.parent / "window-1-crashed"
    crashed.mkdir()
    (crashed / "sketch.json").write_bytes(content)
    with searchable(made, qtbot) as session:
        bar = session.window.recovery
        qtbot.waitUntil(bar.isVisible)
        qtbot.mouseClick(bar.restore, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not session.sketching.sketch.is_empty)
        assert not bar.isVisible()


def test_a_sketch_file_that_is_damaged_is_told_and_the_sketch_stays(made, qtbot, tmp_path):
    with searchable(made, qtbot) as session:
        session.sketching.load_sketch(sketch_of(SQUARE), "draw")
        before = session.sketching.sketch
        path = tmp_path / "damaged.nii.gz"
        path.write_bytes(b"nothing of the kind")
        session.files.open(path)
        qtbot.waitUntil(lambda: session.window.findChild(ProblemDialog) is not None)
        assert session.sketching.sketch is before


def explanation(widget, window) -> str:
    """What Qt shows where the pointer rests: that of the widget, else of what it is part of."""
    while widget is not None and widget is not window:
        if widget.toolTip():
            return widget.toolTip()
        widget = widget.parentWidget()
    return ""


def test_everything_that_can_be_pressed_explains_itself(made, qtbot):
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox)
    with searchable(made, qtbot) as session:
        row = search(session, qtbot)[0]
        session.results.set_current(row.result)
        session.results.open_viewer("T1")
        session.window.search.imagined.trigger()
        window = session.window
        silent = [
            (type(widget.parent()).__name__, getattr(widget, "text", str)(), widget.objectName())
            for kind in kinds
            for root in (window, window.search.filter_popup)
            for widget in root.findChildren(kind)
            if not explanation(widget, window)
            and not isinstance(widget, QScrollBar)
            # Qt's own, which turn up in menus and fields.
            and not widget.objectName().startswith(("qt_menubar", "qt_toolbar", "ScrollLeft"))
        ]
        assert silent == []
