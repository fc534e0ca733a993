"""What a user sees on the template slice, and what pointer, wheel and keys do there."""

from __future__ import annotations

import numpy as np
import pytest
from pointer import double_click
from PyQt5.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt
from PyQt5.QtGui import QColor, QImage, QMouseEvent, QPainter, QTabletEvent, QWheelEvent
from PyQt5.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from template_samples import STRUCTURES

from App.model.sketch import Sketch
from App.model.viewport import Viewport
from App.presenter.sketching import SketchingPresenter
from App.tools import ADD, BRUSH, MEASURE, PEN
from App.widget.contour_module.contour import Contour
from App.widget.sketch_canvas import SketchCanvas
from App.widget.sketch_layer import OUTLINE_PX, SketchLayer
from sbmir.labels import TissueClass

ED, ET = TissueClass.ED, TissueClass.ET
# Of the template's picture, in mm: grey tissue, and the bright block at the upper right.
TISSUE_MM = (24.0, 28.0)
ELSEWHERE_MM = (18.0, 36.0)
BRIGHT_MM = (43.5, 11.0)


@pytest.fixture
def presenter(qapp):
    return SketchingPresenter(STRUCTURES, "T1")


@pytest.fixture
def canvas(qtbot, presenter, template):
    canvas = SketchCanvas(presenter)
    qtbot.addWidget(canvas)
    canvas.resize(640, 520)
    presenter.set_template(template)
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


@pytest.fixture
def sketching(canvas, presenter):
    presenter.set_sketching(True)
    return canvas


def place(canvas, point_mm):
    return QPointF(*canvas.viewport().to_px(point_mm))


def color(canvas, point_mm, shift_px=(0, 0)) -> QColor:
    at = place(canvas, point_mm) + QPointF(*shift_px)
    return canvas.grab().toImage().pixelColor(int(at.x()), int(at.y()))


def pixels(canvas):
    """(rows, columns, 4) int64: blue, green, red and alpha."""
    image = canvas.grab().toImage().convertToFormat(QImage.Format_ARGB32)
    data = image.constBits().asarray(image.sizeInBytes())
    return np.frombuffer(data, np.uint8).reshape(image.height(), image.width(), 4).astype(int)


def is_tinted(seen: QColor) -> bool:
    """Whether a colour lies over the grey picture."""
    return (
        max(seen.red(), seen.green(), seen.blue()) - min(seen.red(), seen.green(), seen.blue()) > 30
    )


def send(canvas, kind, point_mm, buttons=Qt.LeftButton, held=Qt.NoModifier):
    button = Qt.NoButton if kind == QEvent.MouseMove else Qt.LeftButton
    event = QMouseEvent(kind, place(canvas, point_mm), button, buttons, held)
    canvas.event(event)


def hover(canvas, point_mm, held=Qt.NoModifier):
    send(canvas, QEvent.MouseMove, point_mm, Qt.NoButton, held)


def drag(canvas, *path_mm, held=Qt.NoModifier):
    send(canvas, QEvent.MouseButtonPress, path_mm[0], held=held)
    for point_mm in path_mm[1:]:
        send(canvas, QEvent.MouseMove, point_mm, held=held)
    send(canvas, QEvent.MouseButtonRelease, path_mm[-1], Qt.NoButton, held=held)


def wheel(canvas, angle):
    middle = QPointF(canvas.rect().center())
    canvas.event(
        QWheelEvent(
            middle, middle, QPoint(), QPoint(0, angle), Qt.NoButton, Qt.NoModifier,
            Qt.NoScrollPhase, False,
        )
    )  # fmt: skip


class Repaints(QObject):
    """Counts how much of a widget is drawn again."""

    def __init__(self, widget):
        super().__init__(widget)
        self.area = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):  # noqa: N802
        if event.type() == QEvent.Paint:
            self.area += sum(r.width() * r.height() for r in event.region().rects())
        return False


class TestPicture:
    def test_without_a_template_words_stand_where_the_slice_will_be(self, qtbot, presenter):
        canvas = SketchCanvas(presenter)
        qtbot.addWidget(canvas)
        canvas.resize(400, 300)
        blank = canvas.grab().toImage()
        bright = [blank.pixelColor(x, y).lightness() > 150 for x in range(400) for y in range(300)]
        assert any(bright)

    def test_the_slice_lies_where_its_millimetres_say(self, canvas):
        assert color(canvas, BRIGHT_MM).lightness() > 240
        assert color(canvas, (3.0, 3.0)).lightness() < 30
        assert 5 < color(canvas, TISSUE_MM).lightness() < 200
        # The block is 6 x 1.5 mm wide and 6 x 1 mm high: its edges are found at both.
        assert (
            color(canvas, (39.0 + 0.9, 11.0)).lightness()
            > color(canvas, (39.0 - 0.9, 11.0)).lightness() + 60
        )
        assert (
            color(canvas, (43.5, 14.0 - 0.6)).lightness()
            > color(canvas, (43.5, 14.0 + 0.6)).lightness() + 60
        )

    def test_it_keeps_its_place_when_the_window_is_resized(self, canvas):
        canvas.resize(900, 500)
        assert color(canvas, BRIGHT_MM).lightness() > 240

    def test_another_slice_or_modality_is_shown_at_once(self, canvas, presenter):
        presenter.go_to_slice(0)  # the block begins at slice 1
        assert color(canvas, BRIGHT_MM).lightness() < 30
        presenter.go_to_slice(2)
        before = color(canvas, TISSUE_MM).lightness()
        presenter.set_modality("FLAIR")
        assert color(canvas, TISSUE_MM).lightness() != before

    def test_letters_stand_at_the_edges(self, canvas):
        image = canvas.grab().toImage()
        for x, y in ((13, 260), (627, 260), (320, 13), (320, 507)):
            around = [image.pixelColor(x + i, y + j) for i in range(-8, 9) for j in range(-8, 9)]
            assert max(c.lightness() for c in around) > 120


class TestDrawing:
    def test_a_drag_leaves_a_mark_that_undo_takes_away(self, sketching, presenter):
        grey = color(sketching, TISSUE_MM)
        drag(sketching, TISSUE_MM, (26.0, 28.0))
        hover(sketching, ELSEWHERE_MM)
        assert is_tinted(color(sketching, TISSUE_MM))
        presenter.undo_stack.undo()
        assert color(sketching, TISSUE_MM) == grey
        presenter.undo_stack.redo()
        assert is_tinted(color(sketching, TISSUE_MM))

    def test_the_mark_is_as_wide_as_the_brush_in_millimetres(self, sketching, presenter):
        presenter.toolbox.set_radius_mm(5.0)
        drag(sketching, TISSUE_MM, (24.0, 28.5))
        hover(sketching, (55.0, 45.0))
        x, y = TISSUE_MM
        assert is_tinted(color(sketching, (x + 4.7, y)))
        assert not is_tinted(color(sketching, (x + 5.4, y)))

    def test_the_mark_grows_while_the_pointer_is_dragged(self, sketching):
        send(sketching, QEvent.MouseButtonPress, TISSUE_MM)
        send(sketching, QEvent.MouseMove, (32.0, 28.0))
        assert is_tinted(color(sketching, (28.0, 28.0)))

    def test_escape_gives_up_the_stroke(self, sketching, presenter, qtbot):
        send(sketching, QEvent.MouseButtonPress, TISSUE_MM)
        send(sketching, QEvent.MouseMove, (32.0, 28.0))
        qtbot.keyClick(sketching, Qt.Key_Escape)
        send(sketching, QEvent.MouseButtonRelease, (32.0, 28.0), Qt.NoButton)
        assert presenter.sketch.is_empty
        assert not is_tinted(color(sketching, (28.0, 28.0)))

    def test_control_erases_and_shift_adds_wherever_one_starts(self, sketching, presenter):
        presenter.toolbox.set_radius_mm(6.0)
        drag(sketching, TISSUE_MM)
        presenter.toolbox.set_radius_mm(2.0)
        drag(sketching, TISSUE_MM, held=Qt.ControlModifier)
        assert not presenter.sketch.covers(ED, TISSUE_MM)
        drag(sketching, (40.0, 28.0), held=Qt.ShiftModifier)
        assert presenter.sketch.covers(ED, (40.0, 28.0))

    def test_later_structures_hide_earlier_ones_as_in_the_label_map(self, sketching, presenter):
        drag(sketching, TISSUE_MM)
        oedema = color(sketching, (24.0, 30.5))
        presenter.toolbox.set_structure(ET)
        presenter.toolbox.set_rule(ADD)
        presenter.toolbox.set_radius_mm(1.5)
        drag(sketching, TISSUE_MM)
        hover(sketching, (55.0, 45.0))
        enhancing = color(sketching, TISSUE_MM)
        assert color(sketching, (24.0, 30.5)) == oedema
        # Brown over grey, with none of the yellow of the oedema below it.
        presenter.toolbox.set_structure(ED)
        presenter.contours.clear_structure()
        assert color(sketching, TISSUE_MM) == enhancing

    def test_right_and_middle_buttons_do_not_draw(self, sketching, presenter, qtbot):
        for button in (Qt.RightButton, Qt.MiddleButton):
            qtbot.mouseClick(sketching, button, pos=place(sketching, TISSUE_MM).toPoint())
        assert presenter.sketch.is_empty

    def test_only_what_a_step_changes_is_drawn_again(self, sketching, qtbot):
        drag(sketching, (12.0, 12.0))
        hover(sketching, TISSUE_MM)
        qtbot.wait(100)
        repaints = Repaints(sketching)
        send(sketching, QEvent.MouseButtonPress, TISSUE_MM, held=Qt.ShiftModifier)
        send(sketching, QEvent.MouseMove, (24.5, 28.0), held=Qt.ShiftModifier)
        qtbot.waitUntil(lambda: repaints.area > 0)
        assert repaints.area < sketching.width() * sketching.height() / 3


class TestBrushRing:
    def test_it_is_drawn_around_the_pointer_in_true_millimetres(self, sketching, presenter):
        presenter.toolbox.set_radius_mm(5.0)
        hover(sketching, TISSUE_MM)
        x, y = TISSUE_MM
        for on_ring in ((x + 5, y), (x - 5, y), (x, y + 5), (x, y - 5)):
            assert is_tinted(color(sketching, on_ring))
        assert not is_tinted(color(sketching, (x + 3, y)))

    def test_it_follows_the_pointer_and_goes_with_it(self, sketching, presenter):
        presenter.toolbox.set_radius_mm(5.0)
        hover(sketching, TISSUE_MM)
        hover(sketching, (40.0, 28.0))
        assert is_tinted(color(sketching, (45.0, 28.0)))
        assert not is_tinted(color(sketching, (19.0, 28.0)))
        sketching.event(QEvent(QEvent.Leave))
        assert not is_tinted(color(sketching, (45.0, 28.0)))

    def test_it_tells_beforehand_whether_a_stroke_would_erase(self, sketching):
        hover(sketching, TISSUE_MM)
        upright = (0, 3)
        assert color(sketching, TISSUE_MM, upright).lightness() > 200  # the stem of a plus
        hover(sketching, TISSUE_MM, Qt.ControlModifier)
        assert color(sketching, TISSUE_MM, upright).lightness() < 200

    def test_there_is_none_outside_sketch_mode(self, canvas, presenter):
        presenter.toolbox.set_radius_mm(5.0)
        hover(canvas, TISSUE_MM)
        assert not is_tinted(color(canvas, (29.0, 28.0)))
        assert canvas.cursor().shape() == Qt.ArrowCursor


class TestActiveContour:
    def edge(self, canvas, point_mm):
        """The brightest of the pixels about a place on an outline."""
        at = place(canvas, point_mm).toPoint()
        image = canvas.grab().toImage()
        around = [image.pixelColor(at + QPoint(x, y)) for x in (-1, 0, 1) for y in (-1, 0, 1)]
        return max(seen.blue() for seen in around)  # yellow has none of it

    def test_it_stands_out_from_the_other_contours(self, sketching, presenter):
        drag(sketching, TISSUE_MM)
        presenter.contours.add()
        drag(sketching, (44.0, 28.0))
        hover(sketching, (55.0, 45.0))
        assert self.edge(sketching, (47.0, 28.0)) > 180
        assert self.edge(sketching, (27.0, 28.0)) < 140
        presenter.contours.next()
        assert self.edge(sketching, (47.0, 28.0)) < 140
        assert self.edge(sketching, (27.0, 28.0)) > 180

    def test_outside_sketch_mode_none_does(self, sketching, presenter):
        drag(sketching, TISSUE_MM)
        presenter.set_sketching(False)
        assert self.edge(sketching, (27.0, 28.0)) < 140


class TestAppearance:
    def test_a_hidden_structure_is_not_seen_but_stays_in_the_sketch(self, sketching, presenter):
        drag(sketching, TISSUE_MM)
        hover(sketching, (55.0, 45.0))
        presenter.appearance.set_shown(ED, False)
        assert not is_tinted(color(sketching, TISSUE_MM))
        assert presenter.sketch.covers(ED, TISSUE_MM)
        presenter.appearance.set_shown(ED, True)
        assert is_tinted(color(sketching, TISSUE_MM))

    def test_opacity_goes_from_the_outline_alone_to_the_full_colour(self, sketching, presenter):
        grey = color(sketching, TISSUE_MM)
        drag(sketching, TISSUE_MM)
        hover(sketching, (55.0, 45.0))
        presenter.appearance.set_opacity(0)
        assert color(sketching, TISSUE_MM) == grey
        presenter.appearance.set_opacity(1)
        assert color(sketching, TISSUE_MM).name() == presenter.appearance.color(ED)

    def test_another_palette_is_seen_at_once(self, sketching, presenter):
        presenter.appearance.set_opacity(1)
        drag(sketching, TISSUE_MM)
        hover(sketching, (55.0, 45.0))
        presenter.appearance.set_palette("Colour-blind safe")
        assert color(sketching, TISSUE_MM).name() == presenter.appearance.color(ED)


@pytest.mark.parametrize("ratio", [1, 2])
def test_outlines_are_as_broad_at_any_scaling(presenter, ratio):
    presenter.appearance.set_opacity(0)
    box = np.array([[10, 10], [50, 10], [50, 50], [10, 50]], float)
    layer, area = SketchLayer(presenter.appearance), QRect(0, 0, 60, 60)
    layer.show(Sketch({ED: (Contour(box),)}), None, Viewport(1.0, 0.0, 0.0), area, ratio)
    image = QImage(60 * ratio, 60 * ratio, QImage.Format_ARGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.transparent)
    painter = QPainter(image)
    layer.paint(painter, area)
    painter.end()
    covered = sum(image.pixelColor(x, 30 * ratio).alphaF() for x in range(30 * ratio)) / ratio
    assert covered == pytest.approx(OUTLINE_PX, abs=0.1)


def test_what_is_drawn_move_by_move_looks_as_if_drawn_at_once(sketching, presenter):
    random = np.random.default_rng(8)
    canvas = sketching
    for number in range(12):
        presenter.toolbox.set_structure([ED, ET][number % 2])
        presenter.toolbox.set_radius_mm(float(random.uniform(1, 6)))
        start = random.uniform((10, 10), (50, 40))
        way = random.normal(0, 3, (6, 2)).cumsum(axis=0)
        held = [Qt.ShiftModifier, Qt.ControlModifier][number % 3 == 2]
        drag(canvas, *map(tuple, (start + way).tolist()), held=held)
        if number % 4 == 3:
            presenter.undo_stack.undo()
        by_moves = pixels(canvas)
        presenter.appearance.changed.emit()  # all is drawn anew
        np.testing.assert_array_equal(by_moves, pixels(canvas))


class TestOutsideSketchMode:
    @pytest.fixture
    def refusals(self, presenter):
        told = []
        presenter.refused.connect(told.append)
        return told

    def test_a_click_or_two_ask_for_nothing_and_reset_the_view(self, canvas, refusals):
        canvas.zoom_by(2.0)
        double_click(canvas, (100, 100))
        assert canvas.view_state.zoom.is_fitting
        assert not refusals

    def test_a_drag_is_told_once_how_to_draw(self, canvas, presenter, refusals):
        drag(canvas, TISSUE_MM, ELSEWHERE_MM)
        assert refusals == ["Turn on sketch mode to draw."]
        assert presenter.sketch.is_empty
        presenter.set_sketching(True)
        drag(canvas, TISSUE_MM, ELSEWHERE_MM)
        assert len(refusals) == 1
        assert not presenter.sketch.is_empty


class TestPen:
    def test_its_line_is_seen_while_it_is_drawn_and_the_region_after_it(self, sketching, presenter):
        presenter.toolbox.set_tool(PEN)
        corners = [(20.0, 20.0), (34.0, 20.0), (34.0, 34.0), (20.0, 34.0)]
        send(sketching, QEvent.MouseButtonPress, corners[0])
        for corner in corners[1:]:
            send(sketching, QEvent.MouseMove, corner)
        assert is_tinted(color(sketching, (27.0, 20.0)))
        assert not is_tinted(color(sketching, (27.0, 27.0)))
        send(sketching, QEvent.MouseButtonRelease, corners[-1], Qt.NoButton)
        assert is_tinted(color(sketching, (27.0, 27.0)))

    def test_a_line_given_up_is_wiped_off(self, sketching, presenter):
        presenter.toolbox.set_tool(PEN)
        send(sketching, QEvent.MouseButtonPress, (20.0, 20.0))
        send(sketching, QEvent.MouseMove, (34.0, 20.0))
        presenter.cancel_stroke()
        hover(sketching, (55.0, 45.0))
        assert not is_tinted(color(sketching, (27.0, 20.0)))

    def test_there_is_no_ring_around_it(self, sketching, presenter):
        presenter.toolbox.set_radius_mm(5.0)
        presenter.toolbox.set_tool(PEN)
        hover(sketching, TISSUE_MM)
        assert not is_tinted(color(sketching, (29.0, 28.0)))


class TestMeasuring:
    def test_a_drag_measures_instead_of_drawing(self, sketching, presenter):
        presenter.toolbox.set_tool(MEASURE)
        drag(sketching, TISSUE_MM, (34.0, 28.0))
        assert presenter.sketch.is_empty
        assert sketching.view_state.ruler.length_mm == pytest.approx(10, abs=0.2)

    def test_the_ruler_goes_when_the_brush_is_taken(self, sketching, presenter):
        presenter.toolbox.set_tool(MEASURE)
        drag(sketching, TISSUE_MM, (34.0, 28.0))
        presenter.toolbox.set_tool(BRUSH)
        assert sketching.view_state.ruler is None
        drag(sketching, TISSUE_MM)
        assert presenter.sketch.covers(ED, TISSUE_MM)

    def test_it_works_outside_sketch_mode(self, canvas, presenter):
        presenter.toolbox.set_tool(MEASURE)
        drag(canvas, TISSUE_MM, (34.0, 28.0))
        assert canvas.view_state.ruler is not None


class Pen:
    """The pen of a tablet, whose events reach the widget as Qt sends them."""

    def __init__(self, canvas, kind=QTabletEvent.Pen):
        self.canvas = canvas
        self.kind = kind

    def send(self, what, point_mm, pressure, buttons=Qt.LeftButton, button=None):
        if button is None:
            button = Qt.NoButton if what == QEvent.TabletMove else Qt.LeftButton
        at = place(self.canvas, point_mm)
        event = QTabletEvent(
            what, at, QPointF(self.canvas.mapToGlobal(at.toPoint())), QTabletEvent.Stylus,
            self.kind, pressure, 0, 0, 0.0, 0.0, 0, Qt.NoModifier, 1, button, buttons,
        )  # fmt: skip
        event.ignore()
        self.canvas.event(event)
        return event.isAccepted()

    def drag(self, *points, pressure=0.5):
        pressures = np.broadcast_to(pressure, len(points)).tolist()
        accepted = [self.send(QEvent.TabletPress, points[0], pressures[0])]
        for point, press in zip(points[1:], pressures[1:], strict=True):
            accepted.append(self.send(QEvent.TabletMove, point, press))
        accepted.append(self.send(QEvent.TabletRelease, points[-1], 0.0, Qt.NoButton))
        return accepted


class TestTablet:
    def test_a_drag_of_its_pen_is_a_stroke_and_one_step(self, sketching, presenter):
        accepted = Pen(sketching).drag(TISSUE_MM, (34.0, 28.0))
        assert all(accepted)  # else Qt would send the same again as a mouse
        assert presenter.sketch.covers(ED, (30.0, 28.0))
        assert presenter.undo_stack.count() == 1

    def test_pressure_does_not_matter_until_it_is_asked_for(self, sketching, presenter):
        presenter.toolbox.set_radius_mm(5)
        Pen(sketching).drag(TISSUE_MM, (34.0, 28.0), pressure=0.1)
        assert presenter.sketch.covers(ED, (30.0, 32.5))

    def test_pressing_more_draws_broader(self, sketching, presenter):
        presenter.toolbox.set_pressure_sets_radius(True)
        presenter.toolbox.set_radius_mm(6)
        Pen(sketching).drag((14.0, 28.0), (24.0, 28.0), (40.0, 28.0), pressure=(0.1, 0.1, 1.0))
        sketch = presenter.sketch
        assert sketch.covers(ED, (40.0, 33.5))
        assert not sketch.covers(ED, (14.0, 31.0))
        assert sketch.covers(ED, (14.0, 29.0))

    def test_a_mouse_always_draws_the_full_radius(self, sketching, presenter):
        presenter.toolbox.set_pressure_sets_radius(True)
        presenter.toolbox.set_radius_mm(6)
        drag(sketching, TISSUE_MM)
        assert presenter.sketch.covers(ED, (29.5, 28.0))

    def test_its_other_end_erases_even_in_the_active_contour(self, sketching, presenter):
        presenter.toolbox.set_radius_mm(6)
        Pen(sketching).drag(TISSUE_MM)
        presenter.toolbox.set_radius_mm(2)
        Pen(sketching, QTabletEvent.Eraser).drag(TISSUE_MM)
        assert not presenter.sketch.covers(ED, TISSUE_MM)
        assert presenter.sketch.covers(ED, (28.0, 28.0))

    def test_above_the_tablet_it_moves_the_ring(self, sketching, presenter):
        presenter.toolbox.set_radius_mm(5)
        Pen(sketching).send(QEvent.TabletMove, TISSUE_MM, 0.0, Qt.NoButton)
        assert is_tinted(color(sketching, (29.0, 28.0)))
        assert presenter.sketch.is_empty

    def test_its_side_button_is_left_to_what_the_mouse_does_with_it(self, sketching, presenter):
        pen = Pen(sketching)
        taken = pen.send(QEvent.TabletPress, TISSUE_MM, 0.5, Qt.RightButton, Qt.RightButton)
        assert not taken
        assert not pen.send(QEvent.TabletMove, (34.0, 28.0), 0.5, Qt.RightButton)
        assert not presenter.is_drawing

    def test_while_measuring_it_is_left_to_the_ruler(self, sketching, presenter):
        presenter.toolbox.set_tool(MEASURE)
        assert not any(Pen(sketching).drag(TISSUE_MM, (34.0, 28.0)))


class TestWheelAndKeys:
    def test_the_wheel_changes_the_slice_outside_sketch_mode(self, canvas, presenter):
        index = presenter.slice_index
        wheel(canvas, -120)
        assert presenter.slice_index == index - 1
        wheel(canvas, 240)
        assert presenter.slice_index == index + 1

    def test_parts_of_a_notch_add_up(self, canvas, presenter):
        index = presenter.slice_index
        for _ in range(3):
            wheel(canvas, -40)
        assert presenter.slice_index == index - 1

    def test_the_wheel_resizes_the_brush_in_sketch_mode(self, sketching, presenter):
        index = presenter.slice_index
        wheel(sketching, 120)
        assert presenter.toolbox.radius_mm > 3.0
        wheel(sketching, -240)
        assert presenter.toolbox.radius_mm < 3.0
        assert presenter.slice_index == index

    def test_keys_go_to_the_canvas_once_the_pointer_is_on_it(self, presenter, template, qtbot):
        window, field = QWidget(), QLineEdit()
        sketching = SketchCanvas(presenter)
        presenter.set_template(template)
        presenter.set_sketching(True)
        qtbot.addWidget(window)
        layout = QVBoxLayout(window)
        layout.addWidget(field)
        layout.addWidget(sketching)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        field.setFocus()
        assert field.hasFocus()
        sketching.event(QEvent(QEvent.Enter))
        assert sketching.hasFocus()
