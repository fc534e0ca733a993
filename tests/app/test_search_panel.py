"""How one searches: weight, live, mirror, filters, the example, and the imagined image."""

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QMainWindow, QVBoxLayout, QWidget
from result_samples import COLORS, MODALITIES, TISSUES, pictures

from App.actions.searching import search_actions
from App.presenter.notices import Notices
from App.presenter.results import ResultsPresenter
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.tasks import TaskRunner
from App.widget.imagined_inset import ImaginedInset
from App.widget.search_panel import SearchPanel
from sbmir.catalogue import Side
from sbmir.config.application import StructureSettings
from sbmir.filters import Filters
from sbmir.keys import SliceKey

EXAMPLE = SliceKey("Tiny", "P9", 3)


class Desk:
    """The search panel below an empty place for the slice."""

    def __init__(self, qtbot) -> None:
        structures = [
            StructureSettings(name=name, tissue=tissue, color=COLORS[tissue])
            for tissue, name in TISSUES.items()
        ]
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        sketching = SketchingPresenter(structures, "T1", self.window)
        notices = Notices(self.window)
        self.searching = SearchPresenter(
            TaskRunner(self.window),
            sketching,
            weight=0.5,
            top=10,
            notices=notices,
            parent=self.window,
        )
        results = ResultsPresenter(self.searching, sketching, notices, self.window)
        self.actions = search_actions(self.window, self.searching, results, MODALITIES)
        self.place = QWidget()
        self.panel = SearchPanel(self.searching, self.actions)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.addWidget(self.place, 1)
        column.addWidget(self.panel)
        self.window.setCentralWidget(middle)
        for action in (*self.actions.menu.actions, *self.actions.result.actions):
            self.window.addAction(action)
        self.inset = ImaginedInset(self.place, self.searching, self.actions.imagined, MODALITIES)
        self.window.resize(640, 560)
        with qtbot.waitActive(self.window):
            self.window.show()

    @property
    def filters(self) -> Filters:
        return self.searching.options.filters


@pytest.fixture
def desk(qtbot) -> Desk:
    return Desk(qtbot)


def click(qtbot, button) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_weight_goes_both_ways(desk):
    desk.panel.weight.setValue(16)
    assert desk.searching.weight == pytest.approx(0.8)
    assert desk.panel.weight_value.text() == "0.80"
    desk.searching.set_weight(0.25)
    assert desk.panel.weight.value() == 5
    assert desk.panel.weight_value.text() == "0.25"


def test_the_weight_changes_by_keys_up_to_its_ends(desk, qtbot):
    qtbot.keyClick(desk.window, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert desk.searching.weight == pytest.approx(0.55)
    for _ in range(30):
        qtbot.keyClick(desk.window, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert desk.searching.weight == 0.0


@pytest.mark.parametrize(("name", "key"), [("live", Qt.Key.Key_L), ("mirror", Qt.Key.Key_M)])
def test_live_and_mirror_are_switched_by_button_and_key_and_shown(desk, qtbot, name, key):
    button = getattr(desk.panel, name)
    click(qtbot, button)
    assert getattr(desk.searching.options, name)
    assert button.isChecked()
    qtbot.keyClick(desk.window, key, Qt.KeyboardModifier.ControlModifier)
    assert not getattr(desk.searching.options, name)
    assert not button.isChecked()


def test_search_waits_for_the_database(desk):
    assert not desk.panel.search.isEnabled()
    assert "not open" in desk.panel.search.toolTip()


def test_filters_open_above_their_button_and_count_at_once(desk, qtbot):
    popup = desk.actions.filter_popup
    click(qtbot, desk.panel.filters)
    assert popup.isVisible()
    assert desk.panel.filters.text() == "Filters"
    assert not desk.panel.filters.isChecked()
    click(qtbot, popup.side.buttons["Left"])
    assert desk.filters == Filters(side=Side.LEFT)
    click(qtbot, popup.enhancing.buttons["No"])
    popup.smallest.setValue(2.0)
    assert desk.filters == Filters(side=Side.LEFT, enhancing=False, min_lesion_cm2=2.0)
    assert desk.panel.filters.text() == "Filters (3)"
    assert desk.panel.filters.isChecked()
    click(qtbot, popup.clear)
    assert desk.filters.is_off
    assert popup.side.buttons["Any"].isChecked()
    assert desk.panel.filters.text() == "Filters"
    popup.close()


def test_limits_of_the_area_never_cross(desk):
    popup = desk.actions.filter_popup
    popup.smallest.setValue(5.0)
    assert desk.filters == Filters(min_lesion_cm2=5.0)
    popup.largest.setValue(3.0)
    assert desk.filters == Filters(min_lesion_cm2=3.0, max_lesion_cm2=3.0)
    popup.smallest.setValue(8.0)
    assert desk.filters == Filters(min_lesion_cm2=8.0, max_lesion_cm2=8.0)
    popup.largest.setValue(0.0)
    assert desk.filters == Filters(min_lesion_cm2=8.0)
    assert popup.largest.text() == "any"


def test_filters_that_are_set_elsewhere_are_shown(desk):
    desk.searching.set_filters(Filters(side=Side.RIGHT, max_lesion_cm2=12.0))
    popup = desk.actions.filter_popup
    assert popup.side.buttons["Right"].isChecked()
    assert popup.largest.value() == 12.0
    assert desk.panel.filters.text() == "Filters (2)"


def test_an_example_as_the_query_is_told_with_a_way_back(desk, qtbot):
    bar = desk.panel.example
    assert bar.isHidden()
    assert not desk.actions.back.isEnabled()
    desk.searching.use_as_query(EXAMPLE)
    assert bar.isVisible()
    assert "slice 3 of P9" in bar.text.text()
    click(qtbot, bar.back)
    assert desk.searching.options.example is None
    assert bar.isHidden()


def test_the_imagined_image_lies_in_the_corner_while_it_is_switched_on(desk, qtbot):
    assert desk.inset.isHidden()
    desk.actions.imagined.trigger()
    assert desk.inset.isVisible()
    assert desk.place.rect().contains(desk.inset.geometry())
    assert desk.inset.geometry().right() > desk.place.width() - 20
    desk.window.resize(900, 700)
    qtbot.waitUntil(lambda: desk.inset.geometry().right() > desk.place.width() - 20)
    assert desk.place.rect().contains(desk.inset.geometry())


def test_the_imagined_images_can_be_switched_between(desk, qtbot):
    desk.actions.imagined.trigger()
    one, *_ = pictures(level=60)
    other, *_ = pictures(level=180)
    desk.searching.imagined.emit({"T1": one, "FLAIR": other})
    shown = desk.inset.pictures
    assert shown["FLAIR"].isVisible() and shown["FLAIR"].has_picture
    click(qtbot, desk.inset.switch)
    assert desk.inset.switch.text().startswith("T1 ")
    assert shown["T1"].isVisible() and not shown["FLAIR"].isVisible()
    center = shown["T1"].rect().center()
    assert shown["T1"].grab().toImage().pixelColor(center).red() == 60
