"""Zooming, panning, windowing and measuring with the mouse, as they are seen on the slice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pointer import double_click, drag, move, press, release, turn_wheel
from PyQt5.QtCore import QEvent, QPointF, Qt
from PyQt5.QtGui import QMouseEvent

from App.model.picture import Letters, SlicePicture
from App.model.view_state import ViewState
from App.model.viewport import Frame
from App.widget.slice_view import ZOOM_STEP, SliceView

# 60 x 60 mm; a bright square from (30, 10) to (40, 20) mm in grey tissue.
VALUES = np.full((60, 60), 200.0, np.float32)
VALUES[10:20, 30:40] = 800.0
PICTURE = SlicePicture(
    VALUES, (0.0, 1000.0), (60.0, 60.0), Frame(0, 0, 60, 60), Letters(*"LRAP"), "P1", "T1", 4
)
BRIGHT_MM, TISSUE_MM, OTHER_TISSUE_MM = (35.0, 15.0), (20.0, 40.0), (10.0, 20.0)


@pytest.fixture
def view(qtbot):
    view = SliceView("No slice")
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.show()
    view.set_picture(PICTURE)
    return view


def px(view, point_mm):
    return view.viewport().to_px(point_mm)


def lightness(view, at_px):
    return view.grab().toImage().pixelColor(int(at_px[0]), int(at_px[1])).lightness()


def is_written(view):
    """Whether something stands in the lower left corner, beside the picture."""
    image = view.grab().toImage()
    places = [(x, y) for x in range(75) for y in range(470, 500)]
    return any(image.pixelColor(x, y).lightness() > 150 for x, y in places)


def is_reset(view):
    return view.view_state == ViewState()


class TestZoom:
    def test_ctrl_wheel_enlarges_what_the_pointer_is_on(self, view):
        at = px(view, BRIGHT_MM)
        before = view.viewport()
        turn_wheel(view, at, 3, Qt.ControlModifier)
        after = view.viewport()
        assert after.px_per_mm == pytest.approx(before.px_per_mm * ZOOM_STEP**3)
        assert after.to_mm(*at) == pytest.approx(BRIGHT_MM)
        assert lightness(view, at) > 150

    def test_the_enlarged_square_has_its_edges_where_its_millimetres_are(self, view):
        view.zoom_by(5.0, px(view, BRIGHT_MM))
        assert lightness(view, px(view, (30.8, 15))) > lightness(view, px(view, (29.2, 15))) + 80
        assert lightness(view, px(view, (35, 19.2))) > lightness(view, px(view, (35, 20.8))) + 80

    def test_parts_of_a_notch_add_up(self, view):
        for _ in range(4):
            turn_wheel(view, (300, 250), 0.25, Qt.ControlModifier)
        assert view.view_state.zoom.factor == pytest.approx(ZOOM_STEP)

    def test_a_plain_wheel_is_left_to_others(self, view):
        turn_wheel(view, (300, 250), 1)
        assert is_reset(view)

    def test_it_is_kept_for_other_slices_and_images_but_not_for_another_patient(self, view):
        view.zoom_by(3.0)
        zoom = view.view_state.zoom
        view.set_picture(replace(PICTURE, index=5))
        view.set_picture(replace(PICTURE, index=5, modality="FLAIR"))
        assert view.view_state.zoom == zoom
        view.set_picture(replace(PICTURE, patient="P2"))
        assert is_reset(view)

    def test_its_size_is_written_while_it_is_not_the_fitting_one(self, view):
        assert not is_written(view)
        view.zoom_by(0.8)
        assert is_written(view)
        view.reset_view()
        assert not is_written(view)


class TestPan:
    def test_a_middle_drag_takes_the_picture_along(self, view):
        at = px(view, BRIGHT_MM)
        drag(view, at, (at[0] - 90, at[1] + 60), Qt.MiddleButton)
        assert px(view, BRIGHT_MM) == pytest.approx((at[0] - 90, at[1] + 60))
        assert lightness(view, (at[0] - 90, at[1] + 60)) > 150

    def test_escape_puts_it_back(self, view, qtbot):
        press(view, (300, 250), Qt.MiddleButton)
        move(view, (200, 200), Qt.MiddleButton)
        qtbot.keyClick(view, Qt.Key_Escape)
        assert is_reset(view)
        move(view, (100, 100), Qt.MiddleButton)
        release(view, (100, 100), Qt.MiddleButton)
        assert is_reset(view)


class TestWindow:
    def test_a_right_drag_upwards_brightens_and_downwards_darkens(self, view):
        at = px(view, TISSUE_MM)
        before = lightness(view, at)
        drag(view, (300, 250), (300, 200), Qt.RightButton)
        brighter = lightness(view, at)
        drag(view, (300, 200), (300, 300), Qt.RightButton)
        assert lightness(view, at) < before < brighter

    def test_a_right_drag_to_the_left_gives_contrast(self, view):
        def contrast():
            return lightness(view, px(view, BRIGHT_MM)) - lightness(view, px(view, TISSUE_MM))

        before = contrast()
        drag(view, (300, 250), (260, 250), Qt.RightButton)
        assert contrast() > before + 20

    def test_it_is_written_while_one_drags(self, view):
        press(view, (300, 250), Qt.RightButton)
        move(view, (301, 250), Qt.RightButton)
        assert is_written(view)
        release(view, (301, 250), Qt.RightButton)
        assert not is_written(view)

    def test_each_image_has_its_own(self, view):
        drag(view, (300, 250), (250, 200), Qt.RightButton)
        window = view.view_state.window(PICTURE)
        flair = replace(PICTURE, modality="FLAIR")
        view.set_picture(flair)
        assert view.view_state.window(flair) == PICTURE.window
        view.set_picture(PICTURE)
        assert view.view_state.window(PICTURE) == window != PICTURE.window


class TestReset:
    @pytest.mark.parametrize("button", [Qt.LeftButton, Qt.MiddleButton])
    def test_a_double_click_shows_the_whole_in_its_own_window(self, view, button):
        view.zoom_by(3.0)
        drag(view, (300, 250), (250, 200), Qt.RightButton)
        double_click(view, (300, 250), button)
        assert is_reset(view)

    def test_two_buttons_at_once_do_not_start_a_second_drag(self, view):
        press(view, (300, 250), Qt.MiddleButton)
        move(view, (320, 250), Qt.MiddleButton)
        zoom = view.view_state.zoom
        view.mousePressEvent(_both_pressed((320, 250)))
        release(view, (320, 250), Qt.MiddleButton)
        move(view, (400, 400), Qt.RightButton)
        assert view.view_state.zoom == zoom
        assert not view.view_state.windows


class TestRuler:
    def test_a_drag_measures_while_measuring_is_on(self, view):
        drag(view, px(view, (10, 40)), px(view, (13, 44)))
        assert view.view_state.ruler is None
        view.set_measuring(True)
        drag(view, px(view, (10, 40)), px(view, (13, 44)))
        assert view.view_state.ruler.label == "5.00mm"

    def test_it_is_drawn_between_its_points_and_stays_there_when_zoomed(self, view):
        view.set_measuring(True)
        drag(view, px(view, (10, 40)), px(view, (20, 40)))
        for _ in range(2):
            assert lightness(view, px(view, (15, 40))) > 120
            assert lightness(view, px(view, (15, 42))) < 80
            view.zoom_by(1.7)

    def test_the_next_one_takes_its_place(self, view):
        view.set_measuring(True)
        drag(view, (100, 100), (200, 100))
        drag(view, px(view, (10, 10)), px(view, (10, 30)))
        assert view.view_state.ruler.label == "20.00mm"

    @pytest.mark.parametrize("way", ["escape", "leave", "slice", "click"])
    def test_it_goes_with_escape_with_the_mode_with_the_slice_and_with_a_click(
        self, view, way, qtbot
    ):
        view.set_measuring(True)
        drag(view, (100, 100), (200, 100))
        match way:
            case "escape":
                qtbot.keyClick(view, Qt.Key_Escape)
            case "leave":
                view.set_measuring(False)
            case "slice":
                view.set_picture(replace(PICTURE, index=9))
            case "click":
                drag(view, (50, 50), (50, 50))
        assert view.view_state.ruler is None

    def test_it_stays_when_the_image_changes_or_the_view_is_reset(self, view):
        view.set_measuring(True)
        drag(view, (100, 100), (200, 100))
        ruler = view.view_state.ruler
        view.set_picture(replace(PICTURE, modality="FLAIR"))
        view.reset_view()
        assert view.view_state.ruler == ruler

    def test_its_length_is_never_outside_the_widget(self, view):
        view.set_measuring(True)
        drag(view, (300, 250), (599, 499))
        image = view.grab().copy(440, 440, 160, 60).toImage()
        greens = [
            (x, y)
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).green() > image.pixelColor(x, y).red() + 40
        ]
        columns = {x for x, _ in greens}
        assert len(columns) > 50  # the label and not just the line


def test_all_of_it_is_nothing_without_a_picture(qtbot):
    view = SliceView("No slice")
    qtbot.addWidget(view)
    view.zoom_by(2.0)
    view.pan_by(0.1, 0.1)
    drag(view, (10, 10), (50, 50), Qt.MiddleButton)
    view.reset_view()
    assert view.viewport() is None
    assert is_reset(view)


def _both_pressed(at_px):
    buttons = Qt.MiddleButton | Qt.RightButton
    return QMouseEvent(
        QEvent.MouseButtonPress, QPointF(*at_px), Qt.RightButton, buttons, Qt.NoModifier
    )
