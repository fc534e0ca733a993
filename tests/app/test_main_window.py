"""The main window: it opens whatever is missing, explains it, and searches when all is there."""

import shutil

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from window_world import LESION_SLICES, World, opened

from App.model.choice import Choice
from App.model.opening import NoCodes
from App.presenter.loading import Failed, Loading, Searchable, Stopped
from sbmir.database.mongod import find_mongod
from sbmir.errors import SbmirError
from sbmir.labels import TissueClass

LONG_MS = 60_000


def has_mongod() -> bool:
    try:
        return bool(find_mongod())
    except SbmirError:
        return False


needs_mongod = pytest.mark.skipif(not has_mongod(), reason="no mongod on this machine")


@pytest.fixture
def world(tmp_path) -> World:
    world = World(tmp_path)
    world.write_config()
    return world


def states_of(session) -> list:
    """The states that the reference database goes through from now on."""
    states = []
    session.reference_loader.state_changed.connect(states.append)
    return states


def wait_for(qtbot, states, kind):
    qtbot.waitUntil(lambda: bool(states) and isinstance(states[-1], kind), timeout=LONG_MS)
    return states[-1]


def page_text(page) -> str:
    return "\n".join((page.title.text(), page.why.text(), page.remedy.text()))


def test_with_nothing_placed_the_window_opens_and_explains(world, qtbot):
    absent = world.config.dataset_type("Absent")
    with opened(world, qtbot, Choice(absent, absent.model())) as session:
        window = session.window
        assert window.windowTitle() == "Model: Absent - interactive"
        qtbot.waitUntil(lambda: "nowhere" in page_text(window.results.page))
        assert "tiny.ckpt" in page_text(window.results.page)
        assert "Buy it." in page_text(window.results.page)
        qtbot.waitUntil(lambda: "not in place" in page_text(window.query.page))
        assert "Retry" in window.results.page.action.text()
        assert not window.query.search.isEnabled()
        assert not window.query.sketch_mode.isEnabled()


def test_retry_goes_on_where_something_was_missing(world, qtbot):
    world.write_patients(1)
    shutil.move(world.root / "volumes", world.root / "elsewhere")
    with opened(world, qtbot) as session:
        page = session.window.query.page
        qtbot.waitUntil(lambda: "volumes" in page_text(page) and page.action.isVisible())
        shutil.move(world.root / "elsewhere", world.root / "volumes")
        qtbot.mouseClick(page.action, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: session.sketching.template is not None)
        assert session.window.query.canvas.isVisible()


def test_a_lesion_slice_can_be_looked_at_but_refuses_sketch_mode_and_search(world, qtbot):
    world.write_patients(1)
    with opened(world, qtbot) as session:
        query = session.window.query
        qtbot.waitUntil(lambda: session.sketching.template is not None)
        query.slices.bar.setValue(LESION_SLICES[0])
        assert query.slices.number.text() == f"Slice {LESION_SLICES[0]} / 9"
        assert "lesion of its own" in query.hint.text()
        qtbot.mouseClick(query.sketch_mode, Qt.MouseButton.LeftButton)
        assert not query.sketch_mode.isChecked()
        assert "lesion of its own" in query.hint.text()


def test_searching_before_the_database_is_open_says_so(world, qtbot):
    world.write_patients(1)
    with opened(world, qtbot) as session:
        qtbot.waitUntil(lambda: session.sketching.template is not None)
        session.window.search.search.trigger()
        assert "not open yet" in session.window.query.hint.text()


def test_another_template_patient_can_be_chosen(world, qtbot):
    world.write_patients(2)
    with opened(world, qtbot) as session:
        qtbot.waitUntil(lambda: session.sketching.template is not None)
        patients = session.window.query.patients
        patients.setCurrentText("P2")
        patients.textActivated.emit("P2")
        qtbot.waitUntil(lambda: session.sketching.template.patient == "P2")


def test_undo_and_redo_are_in_the_window(world, qtbot):
    world.write_patients(1)
    with opened(world, qtbot) as session:
        qtbot.waitUntil(lambda: session.sketching.template is not None)
        draw(session, qtbot, TissueClass.ED, QPoint(0, 0))
        assert not session.sketching.sketch.is_empty
        qtbot.keyClick(session.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert session.sketching.sketch.is_empty
        session.window.sketch.redo.trigger()
        assert not session.sketching.sketch.is_empty
        session.window.sketch.clear_structure.trigger()
        assert session.sketching.sketch.is_empty


def draw(session, qtbot, tissue, offset):
    """A stroke of a structure near the middle of the slice, with the mouse."""
    query = session.window.query
    if not query.sketch_mode.isChecked():
        qtbot.mouseClick(query.sketch_mode, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(query.tools.structures[tissue], Qt.MouseButton.LeftButton)
    place = query.canvas.rect().center() + offset
    qtbot.mousePress(query.canvas, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseRelease(query.canvas, Qt.MouseButton.LeftButton, pos=place)


@needs_mongod
@pytest.mark.slow
def test_from_an_empty_database_to_ranked_patients(world, qtbot):
    world.write_patients(3)
    world.write_checkpoint()
    with opened(world, qtbot) as session:
        results = session.window.results
        states = states_of(session)
        wait_for(qtbot, states, NoCodes)
        assert "empty" in page_text(results.page)
        qtbot.mouseClick(results.page.action, Qt.MouseButton.LeftButton)
        wait_for(qtbot, states, Searchable)
        assert any(isinstance(s, Loading) and s.total == 30 for s in states)  # slices embedded

        draw(session, qtbot, TissueClass.ED, QPoint(-20, 0))
        draw(session, qtbot, TissueClass.ET, QPoint(-20, 20))
        outcomes = []
        session.searching.found.connect(outcomes.append)
        qtbot.mouseClick(session.window.query.search, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(results.rows) == 2, timeout=LONG_MS)
        assert {row.result.key.patient for row in results.rows} == {"P2", "P3"}  # not P1
        distances = [row.result.distance for row in results.rows]
        assert distances == sorted(distances)
        assert "P1" in results.summary.text() and "left out" in results.summary.text()
        assert "[No.1]" in results.rows[0].title.text()
        qtbot.waitUntil(lambda: all(p.has_picture for row in results.rows for p in row.pictures))

        pixels = outcomes[0].sketch_pixels
        assert pixels[TissueClass.ED] > 0 and pixels[TissueClass.ET] > 0
        check_a_search_that_fails(session, world, qtbot)
        check_search_on_a_lesion_slice(session, qtbot)

    with opened(world, qtbot) as session:  # what was built is there the next time
        wait_for(qtbot, states_of(session), Searchable)
        check_faults_of_pictures(session, world, qtbot)


def check_faults_of_pictures(session, world, qtbot):
    """A result whose files are gone is still shown, and says so in its place."""
    for patient in ("P2", "P3"):
        for path in (world.root / "slices" / patient).glob("*_t1ce_*.npy"):
            path.unlink()
    qtbot.waitUntil(lambda: session.sketching.template is not None)
    results = session.window.results
    session.window.search.search.trigger()
    qtbot.waitUntil(lambda: len(results.rows) == 2, timeout=LONG_MS)
    row = results.rows[0]
    qtbot.waitUntil(lambda: "not there" in row.pictures[1].toolTip())
    qtbot.waitUntil(lambda: row.pictures[0].has_picture and row.pictures[3].has_picture)


def check_a_search_that_fails(session, world, qtbot):
    """A template slice of another size is told; the sketch stays, and one can search again."""
    page, sketch = session.window.results.page, session.sketching.sketch
    session.sketching.set_sketching(False)
    index = session.sketching.slice_index + 1
    session.sketching.go_to_slice(index)
    paths = sorted((world.root / "slices" / "P1").glob(f"*_{index:04d}.npy"))
    whole = [path.read_bytes() for path in paths]
    for path in paths:
        np.save(path, np.load(path)[:8, :8])
    session.window.search.search.trigger()
    qtbot.waitUntil(lambda: "3 × 8 × 8" in page_text(page), timeout=LONG_MS)
    assert session.sketching.sketch is sketch
    for path, content in zip(paths, whole, strict=True):
        path.write_bytes(content)
    qtbot.mouseClick(page.action, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(session.window.results.rows) == 2, timeout=LONG_MS)
    session.sketching.set_sketching(True)


def check_search_on_a_lesion_slice(session, qtbot):
    qtbot.mouseClick(session.window.query.sketch_mode, Qt.MouseButton.LeftButton)
    session.sketching.go_to_slice(LESION_SLICES[0])
    before = session.window.results.rows
    session.window.search.search.trigger()
    assert "lesion of its own" in session.window.query.hint.text()
    qtbot.wait(100)
    assert session.window.results.rows is before


@pytest.mark.slow
def test_a_model_of_another_size_is_told_and_the_window_stays(world, qtbot):
    world.write_patients(1)
    world.write_checkpoint()
    text = world.config_path.read_text().replace("emb_dim: 8", "emb_dim: 16")
    world.config_path.write_text(text)
    with opened(world, qtbot) as session:
        failed = wait_for(qtbot, states_of(session), Failed)
        assert not failed.problem.is_bug
        assert "tiny.ckpt" in failed.problem.text
        assert session.window.isVisible()
        qtbot.waitUntil(lambda: session.sketching.template is not None)


def test_a_database_program_that_is_not_there_is_told(world, qtbot):
    world.write_patients(1)
    world.choice.model.checkpoint.touch()
    world.write_config(mongodb={"binary": "no-such-mongod", "data_dir": "mongodb"})
    with opened(world, qtbot) as session:
        failed = wait_for(qtbot, states_of(session), Failed)
        assert "no-such-mongod" in failed.problem.what
        assert not failed.problem.is_bug
        assert "Retry" in session.window.results.page.action.text()


@pytest.mark.slow
def test_a_database_that_does_not_answer_is_told(world, qtbot):
    world.write_patients(1)
    world.write_checkpoint()
    world.write_config(mongodb={"uri": "mongodb://127.0.0.1:9/", "timeout_s": 0.2})
    with opened(world, qtbot) as session:
        failed = wait_for(qtbot, states_of(session), Failed)
        assert not failed.problem.is_bug
        assert "127.0.0.1:9" in failed.problem.text


def test_loading_can_be_cancelled_and_started_again(world, qtbot):
    world.write_patients(1)
    (world.root / "tiny.ckpt").write_bytes(b"damaged")
    world.write_config(mongodb={"uri": "mongodb://127.0.0.1:9/", "timeout_s": 2})
    with opened(world, qtbot) as session:
        states = states_of(session)
        page = session.window.results.page
        qtbot.waitUntil(lambda: "Connecting" in page.title.text())
        qtbot.mouseClick(page.action, Qt.MouseButton.LeftButton)
        wait_for(qtbot, states, Stopped)
        assert "cancelled" in page_text(page)
        qtbot.mouseClick(page.action, Qt.MouseButton.LeftButton)
        wait_for(qtbot, states, Loading)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_told_from_its_ground(theme):
    from App.theme import DARK, LIGHT

    colors = {"light": LIGHT, "dark": DARK}[theme]
    pairs = [
        (colors.text, colors.window),
        (colors.text, colors.field),
        (colors.text, colors.button),
        (colors.text, colors.chosen),
        (colors.quiet, colors.window),
        (colors.quiet, colors.field),
        (colors.problem, colors.window),
        (colors.on_accent, colors.accent),
    ]
    for one, ground in pairs:
        assert contrast(one, ground) >= 4.5, (one, ground)


def contrast(one: str, other: str) -> float:
    """Of WCAG 2: 1 for equal colours, 21 for black on white."""

    def luminance(color: str) -> float:
        channels = np.frombuffer(bytes.fromhex(color[1:]), np.uint8) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
