"""The viewer as a window: what it shows, and that its keys are its own."""

from __future__ import annotations

import pytest
from pointer import drag, turn_wheel
from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QMainWindow, QWidget
from viewer_world import LESION_SLICES, MODALITIES, choice_of, volume_path, write_patients

from App.actions.group import make_action
from App.model.viewed_patient import ViewedPatient
from App.presenter.appearance import COLOUR_BLIND_SAFE, Appearance
from App.presenter.notices import Notices
from App.presenter.viewer import ViewerPresenter
from App.tasks import TaskRunner
from App.widget.viewer_docks import NEXT_DOCK_PX, ViewerDocks, placed
from sbmir.config.application import read_app_config
from sbmir.keys import SliceKey
from sbmir.layout import APP_CONFIG

FOUND = 6
KEY = SliceKey("Demo", "P1", FOUND)
# Of a slice's picture in mm: the lesion at the upper right, and tissue elsewhere.
OEDEMA_MM, TISSUE_MM = ((40 - 16.5) * 1.5, 22.0), (15.0, 30.0)


class World:
    """A main window with the viewers over it."""

    def __init__(self, volumes_dir, runner):
        self.volumes_dir = volumes_dir
        self.window = QMainWindow()
        self.window.resize(700, 500)
        self.presenter = ViewerPresenter(runner, choice_of(volumes_dir), Notices())
        self.appearance = Appearance(read_app_config(APP_CONFIG).structures)
        self.docks = ViewerDocks(self.window, self.presenter, self.appearance)

    @property
    def dock(self):
        return self.docks.docks[0]

    @property
    def viewer(self):
        return self.presenter.viewers[0]


@pytest.fixture
def world(qtbot, tmp_path):
    write_patients(tmp_path)
    runner = TaskRunner()
    world = World(tmp_path, runner)
    qtbot.addWidget(world.window)
    world.window.show()
    yield world
    world.docks.close_all()
    assert runner.stop_all(10)


@pytest.fixture
def dock(world, qtbot):
    world.presenter.open(KEY, "T1")
    qtbot.waitUntil(lambda: isinstance(world.viewer.state, ViewedPatient))
    return world.dock


def color(view, point_mm) -> QColor:
    x, y = view.viewport().to_px(point_mm)
    return view.grab().toImage().pixelColor(int(x), int(y))


def is_tinted(seen: QColor) -> bool:
    return max(seen.getRgb()[:3]) - min(seen.getRgb()[:3]) > 30


def is_framed(view) -> bool:
    return is_tinted(view.grab().toImage().pixelColor(1, view.height() // 2))


def test_it_floats_and_says_whose_slice_it_shows(dock):
    assert dock.isFloating()
    assert dock.isVisible()
    assert dock.windowTitle() == "P1 - T1"
    assert dock.slices.number.text() == f"Slice {FOUND} / 11"


def test_a_frame_marks_the_slice_that_was_found(dock, world):
    assert is_framed(dock.view)
    turn_wheel(dock.view, (100, 100), 1)
    assert dock.slices.number.text() == f"Slice {FOUND + 1} / 11"
    assert not is_framed(dock.view)
    dock.tools["Retrieved slice"].trigger()
    assert is_framed(dock.view)


def test_the_slice_bar_moves_through_the_volume_and_marks_the_lesion(dock, world):
    dock.slices.bar.setValue(LESION_SLICES[-1] + 1)
    assert world.viewer.slice_index == LESION_SLICES[-1] + 1
    strip = dock.slices.marks.grab().toImage()
    reds = [
        x
        for x in range(strip.width())
        if strip.pixelColor(x, 1).red() > strip.pixelColor(x, 1).blue() + 80
    ]
    assert 0.3 * strip.width() < min(reds) < max(reds) < 0.75 * strip.width()
    assert not dock.slices.legend.isHidden()


def test_the_label_map_lies_over_the_image_in_the_colours_of_sketches(dock, world):
    assert not is_tinted(color(dock.view, OEDEMA_MM))
    dock.tools["Lesion"].trigger()
    yellow = color(dock.view, OEDEMA_MM)
    assert yellow.red() > yellow.blue() + 50
    assert not is_tinted(color(dock.view, TISSUE_MM))
    world.appearance.set_palette(COLOUR_BLIND_SAFE)
    assert color(dock.view, OEDEMA_MM) != yellow
    world.appearance.set_opacity(0.0)
    assert not is_tinted(color(dock.view, OEDEMA_MM))


def test_images_are_switched_by_buttons_and_keep_the_zoom(dock, world, qtbot):
    dock.view.zoom_by(2.0)
    dock.modalities["FLAIR"].click()
    qtbot.waitUntil(lambda: dock.view.isVisible() and world.viewer.modality == "FLAIR")
    assert dock.windowTitle() == "P1 - FLAIR"
    assert dock.view.view_state.zoom.factor == 2.0
    assert not dock.modalities["T1"].isChecked()


def test_distances_are_measured(dock):
    drag(dock.view, (60, 60), (90, 100))
    assert dock.view.view_state.ruler is None
    dock.tools["Measure"].trigger()
    drag(dock.view, (60, 60), (90, 100))
    expected = 50 / dock.view.viewport().px_per_mm
    assert dock.view.view_state.ruler.length_mm == pytest.approx(expected)


def test_the_wheel_counts_while_another_image_is_read(dock, world, qtbot):
    dock.modalities["FLAIR"].click()
    turn_wheel(dock.view, (100, 100), 1)
    assert dock.page.isVisible()
    turn_wheel(dock, (100, 100), 2)  # to which the page hands on what it does not take
    qtbot.waitUntil(dock.view.isVisible)
    assert dock.slices.number.text() == f"Slice {FOUND + 3} / 11"


def test_asking_for_the_same_patient_again_goes_to_the_other_slice(dock, world):
    world.presenter.open(SliceKey("Demo", "P1", 3), "T1")
    assert world.docks.docks == (dock,)
    assert dock.slices.number.text() == "Slice 3 / 11"
    assert is_framed(dock.view)


def test_each_patient_has_a_dock_and_closing_it_lets_go(dock, world):
    world.presenter.open(SliceKey("Demo", "P2", 3), "T1")
    first, second = world.docks.docks
    assert first.pos() != second.pos()
    first.close()
    assert [viewer.patient for viewer in world.presenter.viewers] == ["P2"]
    assert world.docks.docks == (second,)


def test_a_viewer_opens_in_the_free_place_of_one_that_was_closed(dock, world):
    world.presenter.open(SliceKey("Demo", "P2", 3), "T1")
    first, second = world.docks.docks
    place = first.pos()
    first.close()
    world.presenter.open(KEY, "T1")
    assert [each.pos() for each in world.docks.docks] == [second.pos(), place]


class TestPlaces:
    SIZE = QSize(500, 600)
    SCREEN = QRect(0, 0, 1920, 1080)

    def test_beside_the_window_where_there_is_room(self):
        for window, left in ((QRect(0, 40, 1280, 800), 1280), (QRect(600, 40, 1280, 800), 100)):
            query = QRect(window.topLeft(), QSize(640, 800))
            place = placed(self.SIZE, window, query, self.SCREEN, 0)
            assert place == QRect(QPoint(left, 40), self.SIZE)

    @pytest.mark.parametrize("screen", [QRect(0, 0, 1280, 800), QRect(50, 30, 1300, 900)])
    def test_else_over_the_query_so_that_the_results_are_seen(self, screen):
        window = QRect(screen.topLeft(), QSize(1280, 800))
        query = QRect(window.topLeft() + QPoint(0, 30), QSize(640, 770))
        place = placed(self.SIZE, window, query, screen, 0)
        assert query.contains(place)
        assert placed(QSize(2000, 2000), window, query, screen, 0) == query

    def test_each_a_bit_aside_and_wholly_on_the_screen(self):
        window = QRect(0, 0, 1920, 1080)
        query = QRect(0, 30, 960, 1050)
        places = [placed(self.SIZE, window, query, self.SCREEN, n) for n in range(6)]
        assert len({place.left() for place in places}) == 6
        assert places[1].topLeft() - places[0].topLeft() == QPoint(NEXT_DOCK_PX, NEXT_DOCK_PX)
        assert all(self.SCREEN.contains(place) for place in places)


def test_a_damaged_volume_is_said_in_the_dock_and_can_be_retried(world, qtbot):
    path = volume_path(world.volumes_dir, "P1", "t1")
    whole = path.read_bytes()
    path.write_bytes(b"no volume")
    world.presenter.open(KEY, "T1")
    page = world.dock.page
    qtbot.waitUntil(lambda: path.name in page.title.text())
    assert page.isVisible()
    assert not world.dock.tools["Measure"].isEnabled()
    path.write_bytes(whole)
    page.action.click()
    qtbot.waitUntil(world.dock.view.isVisible)
    assert world.dock.tools["Measure"].isEnabled()


def test_while_it_loads_one_can_give_up(world, qtbot):
    world.presenter.open(KEY, "T1")
    page = world.dock.page
    assert page.isVisible()
    assert "Loading T1 of P1" in page.title.text()
    page.action.click()
    assert page.title.text() == "Nothing is loaded"
    page.action.click()
    qtbot.waitUntil(world.dock.view.isVisible)


def test_without_labels_the_button_says_why(world, qtbot):
    volume_path(world.volumes_dir, "P1", "seg").unlink()
    world.presenter.open(KEY, "T1")
    qtbot.waitUntil(world.dock.view.isVisible)
    labels = world.dock.tools["Lesion"]
    assert not labels.isEnabled()
    assert labels.toolTip() == "The patient P1 has no label map."
    assert world.dock.slices.legend.isHidden()


class TestKeys:
    @pytest.fixture
    def main_window_keys(self, world):
        """What the main window does on keys; the viewer's window is active."""
        done = []
        for key in ("PgUp", "D", "T", "Ctrl+S"):
            world.window.addAction(
                make_action(world.window, key, lambda key=key: done.append(key), keys=(key,))
            )
        return done

    def test_they_go_through_slices_and_images(self, dock, world, qtbot):
        qtbot.keyClick(dock.view, Qt.Key_PageUp)
        assert world.viewer.slice_index == FOUND + 1
        qtbot.keyClick(dock.view, Qt.Key_PageDown, Qt.ShiftModifier)
        assert world.viewer.slice_index == 0
        qtbot.keyClick(dock.view, Qt.Key_Home)
        assert world.viewer.slice_index == FOUND
        for name in (*MODALITIES[1:], MODALITIES[0]):
            qtbot.keyClick(dock.view, Qt.Key_T)
            assert world.viewer.modality == name

    def test_they_zoom_and_move(self, dock, qtbot):
        qtbot.keyClick(dock.view, Qt.Key_Plus, Qt.ShiftModifier)
        assert dock.view.view_state.zoom.factor > 1
        qtbot.keyClick(dock.view, Qt.Key_Left, Qt.ShiftModifier)
        assert dock.view.view_state.zoom.center_mm[0] > 30
        qtbot.keyClick(dock.view, Qt.Key_0)
        assert dock.view.view_state.zoom.is_fitting

    def test_they_do_nothing_in_the_main_window(self, dock, world, main_window_keys, qtbot):
        with qtbot.waitActive(dock):
            dock.activateWindow()
        for key in (Qt.Key_PageUp, Qt.Key_D, Qt.Key_T):
            qtbot.keyClick(dock.view, key)
        assert main_window_keys == []
        assert world.viewer.slice_index == FOUND + 1

    def test_in_the_main_window_they_are_the_main_windows(
        self, dock, world, main_window_keys, qtbot
    ):
        field = QWidget(focusPolicy=Qt.StrongFocus)
        world.window.setCentralWidget(field)
        with qtbot.waitActive(world.window):
            world.window.activateWindow()
        field.setFocus()
        qtbot.keyClick(field, Qt.Key_PageUp)
        assert main_window_keys == ["PgUp"]
        assert world.viewer.slice_index == FOUND

    def test_commands_of_the_main_window_still_work(self, dock, main_window_keys, qtbot):
        with qtbot.waitActive(dock):
            dock.activateWindow()
        qtbot.keyClick(dock.view, Qt.Key_S, Qt.ControlModifier)
        assert main_window_keys == ["Ctrl+S"]
