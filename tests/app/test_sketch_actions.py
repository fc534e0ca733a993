"""Every action of sketching by its key, in the menus and on the buttons of the tool panel."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLineEdit, QMainWindow, QVBoxLayout, QWidget
from template_samples import LESION_SLICES, STRUCTURES

from App.actions.sketching import sketch_actions
from App.presenter.sketching import SketchingPresenter
from App.tools import Held
from App.widget.sketch_canvas import SketchCanvas
from App.widget.tool_panel import ToolPanel
from sbmir.labels import TissueClass

ED, ET, NET = TissueClass.ED, TissueClass.ET, TissueClass.NET
LEFT, RIGHT = (15.0, 25.0), (45.0, 25.0)


class Window(QMainWindow):
    """A canvas, a text field and the tool panel, with the menus that hold the keys."""

    def __init__(self, presenter):
        super().__init__()
        self.presenter = presenter
        self.actions_ = sketch_actions(self, presenter)
        self.canvas = SketchCanvas(presenter)
        self.panel = ToolPanel(presenter, self.actions_)
        self.field = QLineEdit()
        middle = QWidget()
        layout = QVBoxLayout(middle)
        for part in (self.canvas, self.field, self.panel):
            layout.addWidget(part)
        self.setCentralWidget(middle)
        self.menus = []
        for group in (self.actions_.edit, self.actions_.sketch):
            menu = group.menu(self)
            self.menus.append(menu)
            self.menuBar().addMenu(menu)


@pytest.fixture
def presenter(qapp):
    return SketchingPresenter(STRUCTURES, "T1")


@pytest.fixture
def window(qtbot, presenter, template):
    window = Window(presenter)
    qtbot.addWidget(window)
    presenter.set_template(template)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    window.canvas.setFocus()
    return window


def stroke(presenter, *path_mm, held=Held()):  # noqa: B008 (frozen)
    presenter.set_sketching(True)
    presenter.begin_stroke(path_mm[0], held)
    for point_mm in path_mm[1:]:
        presenter.extend_stroke(point_mm)
    presenter.end_stroke()


class TestKeys:
    @pytest.fixture
    def press(self, window, qtbot):
        return lambda *keys, held=Qt.NoModifier: [
            qtbot.keyClick(window.canvas, key, held) for key in keys
        ]

    def test_structures(self, press, presenter):
        seen = []
        for key in (Qt.Key_3, Qt.Key_2, Qt.Key_1, Qt.Key_N):
            press(key)
            seen.append(presenter.toolbox.structure.tissue)
        assert seen == [NET, ET, ED, ET]

    def test_tools(self, press, presenter):
        seen = []
        for key in (Qt.Key_P, Qt.Key_M, Qt.Key_B):
            press(key)
            seen.append(presenter.toolbox.tool.name)
        assert seen == ["Pen", "Measure", "Brush"]

    def test_kinds_of_stroke(self, press, presenter):
        press(Qt.Key_X)
        assert presenter.toolbox.rule.name == "Add"

    def test_brush_size(self, press, presenter):
        press(Qt.Key_BracketRight)
        assert presenter.toolbox.radius_mm == 3.5
        press(Qt.Key_BracketLeft, Qt.Key_BracketLeft)
        assert presenter.toolbox.radius_mm == 2.5

    def test_contours(self, press, presenter):
        stroke(presenter, LEFT)
        press(Qt.Key_A)
        stroke(presenter, RIGHT)
        assert len(presenter.sketch.region(ED)) == 2
        press(Qt.Key_C, Qt.Key_D)
        assert not presenter.sketch.covers(ED, LEFT)
        presenter.contours.point_at(RIGHT)
        press(Qt.Key_S, Qt.Key_Delete)
        assert presenter.sketch.is_empty

    def test_undo_redo_and_clear(self, press, presenter):
        stroke(presenter, LEFT)
        press(Qt.Key_Z, held=Qt.ControlModifier)
        assert presenter.sketch.is_empty
        press(Qt.Key_Z, held=Qt.ControlModifier | Qt.ShiftModifier)
        assert not presenter.sketch.is_empty
        press(Qt.Key_Backspace, held=Qt.ControlModifier)
        assert presenter.sketch.is_empty

    def test_sketch_mode(self, press, presenter):
        press(Qt.Key_E)
        assert presenter.is_sketching
        press(Qt.Key_E)
        assert not presenter.is_sketching

    def test_escape_gives_up_the_stroke(self, press, presenter):
        presenter.set_sketching(True)
        presenter.begin_stroke(LEFT, Held())
        press(Qt.Key_Escape)
        presenter.end_stroke()
        assert presenter.sketch.is_empty

    def test_show_hide_and_opacity(self, press, presenter):
        look = presenter.appearance
        press(Qt.Key_2, held=Qt.ShiftModifier)
        assert not look.is_shown(ET)
        press(Qt.Key_H)
        assert all(look.is_shown(tissue) for tissue in (ED, ET, NET))
        press(Qt.Key_H)
        assert not any(look.is_shown(tissue) for tissue in (ED, ET, NET))
        before = look.opacity
        press(Qt.Key_Period)
        assert look.opacity == pytest.approx(before + 0.1)
        press(Qt.Key_Comma, Qt.Key_Comma)
        assert look.opacity == pytest.approx(before - 0.1)

    def test_pressure(self, press, presenter):
        press(Qt.Key_P, held=Qt.ShiftModifier)
        assert presenter.toolbox.pressure_sets_radius

    def test_letters_typed_into_a_text_field_stay_there(self, window, presenter, qtbot):
        window.field.setFocus()
        qtbot.keyClicks(window.field, "npm123")
        assert window.field.text() == "npm123"
        assert presenter.toolbox.tool.name == "Brush"


class TestMenus:
    def test_no_key_means_two_things(self, window):
        groups = (window.actions_.edit, window.actions_.sketch)
        keys = [
            key.toString()
            for group in groups
            for _, action in group.lines
            for key in action.shortcuts()
        ]
        assert len(keys) == len(set(keys))
        assert len(keys) > 25

    def test_undo_is_called_so_in_lists_whatever_it_takes_back(self, window, presenter):
        presenter.set_sketching(True)
        stroke(presenter, (20.0, 20.0))
        edit = window.actions_.edit
        assert edit.actions[0].text() != "&Undo"
        assert [name for name, _ in edit.lines][:2] == ["Undo", "Redo"]

    def test_every_action_explains_itself(self, window):
        for group in (window.actions_.edit, window.actions_.sketch):
            assert all(action.toolTip() for _, action in group.lines)

    def test_ticks_follow_what_is_chosen_elsewhere(self, window, presenter):
        actions, toolbox = window.actions_, presenter.toolbox
        toolbox.set_structure(NET)
        toolbox.next_rule()
        presenter.appearance.set_shown(ED, False)
        presenter.set_sketching(True)
        assert actions.structures[NET].isChecked()
        assert not actions.structures[ED].isChecked()
        assert actions.rules["Add"].isChecked()
        assert not actions.visible[ED].isChecked()
        assert actions.sketch_mode.isChecked()

    def test_sketch_mode_springs_back_where_it_is_refused(self, window, presenter):
        presenter.go_to_slice(LESION_SLICES[0])
        told = []
        presenter.refused.connect(told.append)
        window.actions_.sketch_mode.trigger()
        assert not window.actions_.sketch_mode.isChecked()
        assert len(told) == 1

    def test_undo_names_the_step(self, window, presenter):
        assert not window.actions_.undo.isEnabled()
        stroke(presenter, LEFT)
        assert window.actions_.undo.text() == "&Undo draw Peritumoral edema"


class TestPanel:
    def test_its_buttons_do_what_they_say(self, window, presenter, qtbot):
        panel, toolbox = window.panel, presenter.toolbox
        presenter.set_sketching(True)
        for button in (panel.structures[ET], panel.tools["Pen"], panel.rules["Erase"]):
            qtbot.mouseClick(button, Qt.LeftButton)
        qtbot.mouseClick(panel.eyes[NET], Qt.LeftButton)
        assert toolbox.structure.tissue == ET
        assert (toolbox.tool.name, toolbox.rule.name) == ("Pen", "Erase")
        assert not presenter.appearance.is_shown(NET)

    def test_radius_and_opacity_go_both_ways(self, window, presenter):
        panel = window.panel
        panel.radius.setValue(12.5)
        assert presenter.toolbox.radius_mm == 12.5
        panel.radius_slider.setValue(0)
        assert presenter.toolbox.radius_mm == 0.5
        panel.opacity.setValue(80)
        assert presenter.appearance.opacity == 0.8
        presenter.toolbox.set_radius_mm(50)
        presenter.appearance.set_opacity(0.1)
        assert panel.radius.value() == 50
        assert panel.radius_slider.value() == panel.radius_slider.maximum()
        assert panel.opacity.value() == 10

    def test_outside_sketch_mode_one_can_still_look(self, window, presenter):
        panel = window.panel
        assert not panel.radius.isEnabled()
        assert not panel.rules["Auto"].isEnabled()
        assert panel.eyes[ED].isEnabled()
        assert panel.opacity.isEnabled()
        assert panel.tools["Measure"].isEnabled()
        presenter.set_sketching(True)
        assert panel.radius.isEnabled()
        panel.tools["Pen"].click()
        assert not panel.radius.isEnabled()
        assert panel.rules["Auto"].isEnabled()
        panel.tools["Measure"].click()
        assert not panel.rules["Auto"].isEnabled()

    def test_its_colours_are_those_of_the_contours(self, window, presenter):
        def colors():
            image = window.panel.structures[ED].icon().pixmap(16).toImage()
            return image.pixelColor(image.width() // 2, image.height() // 2).name()

        assert colors() == presenter.appearance.color(ED)
        presenter.appearance.set_palette("Colour-blind safe")
        assert colors() == presenter.appearance.color(ED)
