"""The dock of results: lists that change in place, and pages where there is nothing to list."""

from types import SimpleNamespace

import pytest
from PyQt5.QtCore import QObject, Qt, pyqtSignal
from PyQt5.QtWidgets import QApplication, QMainWindow
from result_samples import COLORS, MODALITIES, TISSUES, outcome, pictures, ranked, reasons

from App.actions.searching import SearchActions, search_actions
from App.model.problem import Problem
from App.presenter.appearance import COLOUR_BLIND_SAFE
from App.presenter.loading import Stopped
from App.presenter.notices import Notices
from App.presenter.results import ResultsPresenter
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.tasks import TaskRunner
from App.widget.found_panel import FoundPanel
from App.widget.results_dock import BUSY_AFTER_MS, ResultsDock
from sbmir.config.application import StructureSettings
from sbmir.filters import Filters
from sbmir.labels import TissueClass

TEN = tuple(f"P{number}" for number in range(2, 12))


class Loader(QObject):
    """What the dock knows of the loading of the database."""

    state_changed = pyqtSignal(object)

    def load(self) -> None:
        """Start again."""


class Desk:
    """A dock in a window, and the presenters behind it."""

    def __init__(self, qtbot) -> None:
        structures = [
            StructureSettings(name=name, tissue=tissue, color=COLORS[tissue])
            for tissue, name in TISSUES.items()
        ]
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.sketching = SketchingPresenter(structures, "T1", self.window)
        notices = Notices(self.window)
        self.runner = TaskRunner(self.window)
        self.searching = SearchPresenter(
            self.runner, self.sketching, weight=0.5, top=10, notices=notices, parent=self.window
        )
        self.results = ResultsPresenter(self.searching, self.sketching, notices, self.window)
        self.actions: SearchActions = search_actions(
            self.window, self.searching, self.results, MODALITIES
        )
        self.said: list[str] = []
        notices.said.connect(self.said.append)
        self.loader = Loader(self.window)
        self.dock = ResultsDock(
            self.loader,
            self.searching,
            FoundPanel(self.searching, self.results, self.sketching, MODALITIES, self.actions),
        )
        self.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.window.resize(900, 600)
        with qtbot.waitActive(self.window):
            self.window.show()

    @property
    def list(self):
        return self.dock.found.list

    def find(self, *patients: str, **changes) -> None:
        """A search found these patients."""
        self.searching.found.emit(outcome(ranked(*patients), **changes))

    def load_pictures(self, level: int = 100) -> None:
        for row in self.dock.rows:
            self.searching.reasons_loaded.emit(row.result.rank, reasons())
            self.searching.pictures_loaded.emit(row.result.rank, pictures(level))


@pytest.fixture
def desk(qtbot) -> Desk:
    return Desk(qtbot)


def patients_of(desk) -> list[str]:
    return [row.result.key.patient for row in desk.dock.rows]


def test_a_newer_search_changes_the_rows_in_place_and_keeps_the_scroll_position(desk, qtbot):
    desk.searching.set_live(True)
    desk.find(*TEN)
    desk.load_pictures()
    bar = desk.list.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 300)
    bar.setValue(250)
    widgets = list(desk.dock.rows)
    desk.find(*reversed(TEN))
    qtbot.wait(50)
    assert list(desk.dock.rows) == widgets
    assert patients_of(desk) == list(reversed(TEN))
    assert bar.value() == 250
    # Pictures that are there already went along to their new places.
    assert all(picture.has_picture for row in desk.dock.rows for picture in row.pictures)


def test_a_search_that_was_asked_for_begins_at_the_nearest(desk, qtbot):
    desk.find(*TEN)
    bar = desk.list.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 300)
    bar.setValue(250)
    desk.find(*reversed(TEN))
    assert bar.value() == 0


def test_another_database_takes_the_results_of_the_one_before_away(desk):
    desk.find(*TEN)
    desk.loader.state_changed.emit(Stopped())
    assert not desk.dock.rows
    assert "not open" in desk.dock.page.title.text()


def test_fewer_and_more_results_leave_no_row_behind(desk):
    desk.find(*TEN)
    desk.find("P5", "P6")
    assert patients_of(desk) == ["P5", "P6"]
    desk.find(*TEN[:4])
    assert patients_of(desk) == list(TEN[:4])
    assert [row.result.rank for row in desk.dock.rows] == [1, 2, 3, 4]


def test_more_results_are_asked_for_near_the_end_and_come_below(desk, qtbot, monkeypatch):
    asked = []
    desk.list.end_neared.connect(lambda: asked.append(True))
    desk.find(*TEN)
    bar = desk.list.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 2 * bar.pageStep())
    asked.clear()
    bar.setValue(1)
    assert not asked
    bar.setValue(bar.maximum())
    assert asked
    desk.searching.more_found.emit(ranked("P20", "P21", first=11))
    assert patients_of(desk) == [*TEN, "P20", "P21"]
    desk.searching.pictures_loaded.emit(12, pictures())
    assert desk.dock.rows[11].pictures[0].has_picture


def test_a_far_nearest_patient_is_plainly_told(desk):
    desk.find("P2")
    assert desk.dock.found.banner.isHidden()
    desk.find("P2", is_far=True)
    assert desk.dock.found.banner.isVisible()
    assert "farther from your sketch than patients" in desk.dock.found.banner.text()


def test_the_summary_tells_what_was_searched_with(desk):
    desk.find("P2")
    assert "29 of 30 patients" in desk.dock.summary.text()
    assert "sketch on slice 5 of P1" in desk.dock.summary.text()
    assert "filters" not in desk.dock.summary.text()
    desk.find("P2", request={"filters": Filters(enhancing=True), "mirror": True})
    assert "with filters" in desk.dock.summary.text()
    assert "left and right exchanged" in desk.dock.summary.text()


def test_reasons_of_the_search_before_do_not_stay(desk):
    desk.find("P2")
    desk.load_pictures()
    assert "0.62" in desk.dock.rows[0].why.text()
    desk.find("P2")
    desk.searching.pictures_loaded.emit(1, pictures())  # its label map could not be read
    assert not desk.dock.rows[0].why.text()


def test_filters_that_nobody_passes_can_be_taken_away_at_once(desk, qtbot):
    desk.searching.set_filters(Filters(enhancing=True))
    desk.find(request={"filters": Filters(enhancing=True)})
    assert desk.dock.page.isVisible()
    assert "filters" in desk.dock.page.title.text()
    qtbot.mouseClick(desk.dock.page.action, Qt.MouseButton.LeftButton)
    assert desk.searching.options.filters.is_off


def test_a_failed_search_is_explained_in_place_of_the_list(desk):
    desk.find(*TEN)
    desk.searching.failed.emit(Problem("The slice is damaged.", why="It is empty."))
    assert not desk.dock.rows
    assert "damaged" in desk.dock.page.title.text()
    assert desk.results.current is None


def test_the_busy_line_is_shown_above_the_list_that_stays(desk, qtbot):
    desk.find(*TEN)
    desk.searching.started.emit()
    assert not desk.dock.found.busy.isVisible()  # a quick search does not flicker
    qtbot.waitUntil(desk.dock.found.busy.isVisible)
    assert desk.dock.rows[0].isVisible()
    desk.find(*TEN)
    assert not desk.dock.found.busy.isVisible()
    qtbot.wait(BUSY_AFTER_MS + 50)
    assert not desk.dock.found.busy.isVisible()


def test_the_first_search_has_a_busy_page_that_can_cancel(desk, qtbot):
    desk.searching.started.emit()
    qtbot.waitUntil(desk.dock.page.action.isVisible)
    qtbot.mouseClick(desk.dock.page.action, Qt.MouseButton.LeftButton)
    assert "cancelled" in desk.dock.page.title.text()


def test_the_outline_is_drawn_over_all_rows_also_those_of_the_next_search(desk, qtbot):
    desk.find("P2")
    desk.load_pictures()
    qtbot.wait(50)  # until the row has its size
    plain = desk.dock.rows[0].pictures[0].grab().toImage()
    desk.actions.outline.trigger()
    assert desk.dock.rows[0].pictures[0].grab().toImage() != plain
    desk.find("P2", "P3")
    desk.load_pictures()
    qtbot.wait(50)
    for row in desk.dock.rows:
        assert row.pictures[0].grab().toImage() != plain
    desk.actions.outline.trigger()
    assert desk.dock.rows[0].pictures[0].grab().toImage() == plain


def test_another_palette_recolours_label_maps_and_reasons(desk):
    desk.find("P2")
    desk.load_pictures()
    row = desk.dock.rows[0]
    before = row.pictures[3].grab().toImage()
    desk.sketching.appearance.set_palette(COLOUR_BLIND_SAFE)
    assert row.pictures[3].grab().toImage() != before
    assert desk.sketching.appearance.color(TissueClass.ED) in row.why.text()


# --- Keys and the actions of a result -----------------------------------------------------------


def test_results_are_walked_through_with_the_arrow_keys(desk, qtbot):
    desk.find(*TEN)
    first = desk.dock.rows[0]
    first.setFocus()
    for _ in range(5):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Down)
    sixth = desk.dock.rows[5]
    assert sixth.hasFocus()
    assert desk.results.current == sixth.result
    assert sixth.property("current") == "true" and first.property("current") != "true"
    port = desk.list.viewport()
    assert port.rect().contains(sixth.mapTo(port, sixth.rect().center()))
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up)
    assert desk.dock.rows[4].hasFocus()


def test_actions_wait_for_a_result_and_then_work_on_it(desk, qtbot, monkeypatch):
    by_text = {action.text(): action for _, action in desk.actions.result.lines}
    assert not any(action.isEnabled() for action in desk.actions.result.actions)
    desk.find("P2", "P3")
    qtbot.mouseClick(desk.dock.rows[1], Qt.MouseButton.LeftButton)
    used = []
    monkeypatch.setattr(desk.searching, "use_as_query", used.append)
    monkeypatch.setattr(desk.searching, "edit_as_sketch", used.append)
    by_text["Use as &query"].trigger()
    by_text["&Edit its lesion as a sketch"].trigger()
    key = desk.dock.rows[1].result.key
    assert used == [key, key]
    by_text["&Copy id"].trigger()
    assert QApplication.clipboard().text() == "P3"
    assert desk.said == ["Copied P3"]
    with qtbot.waitSignal(desk.results.viewer_wanted) as wanted:
        by_text["FLAIR"].trigger()
    assert wanted.args == [key, "FLAIR"]
    with qtbot.waitSignal(desk.results.image_wanted) as image:
        by_text["&Save row as PNG…"].trigger()
    assert image.args == [desk.dock.rows[1].result]


@pytest.mark.parametrize(("place", "modality"), [(0, "T1"), (1, "T1CE"), (2, "FLAIR"), (3, "SEG")])
def test_a_double_click_opens_the_viewer_with_that_picture(desk, qtbot, place, modality):
    desk.find("P2", "P3")
    with qtbot.waitSignal(desk.results.viewer_wanted) as wanted:
        qtbot.mouseDClick(desk.dock.rows[1].pictures[place], Qt.MouseButton.LeftButton)
    assert wanted.args == [desk.dock.rows[1].result.key, modality]


def test_a_right_double_click_saves_that_row(desk, qtbot):
    desk.find("P2", "P3")
    with qtbot.waitSignal(desk.results.image_wanted) as image:
        qtbot.mouseDClick(desk.dock.rows[1].pictures[0], Qt.MouseButton.RightButton)
    assert image.args == [desk.dock.rows[1].result]


def test_the_menu_of_a_row_is_the_menu_result(desk, qtbot):
    desk.find("P2", "P3")
    qtbot.mouseClick(desk.dock.rows[1].more, Qt.MouseButton.LeftButton)
    menu = QApplication.activePopupWidget()
    shown = [action for action in menu.actions() if not action.isSeparator()]
    assert [a.text() for a in shown if a.menu() is None] == [
        a.text() for a in desk.actions.result.actions
    ]
    assert all(action.isEnabled() for action in shown)
    assert desk.results.current == desk.dock.rows[1].result
    menu.close()


def test_the_current_result_stays_current_at_its_new_rank(desk, qtbot):
    desk.find("P2", "P3")
    qtbot.mouseClick(desk.dock.rows[1], Qt.MouseButton.LeftButton)
    desk.find("P3", "P4")
    assert desk.results.current == desk.dock.rows[0].result
    assert desk.dock.rows[0].property("current") == "true"
    assert desk.dock.rows[1].property("current") == "false"
    desk.find("P4")
    assert desk.results.current is None


def test_an_example_is_named_in_the_summary(desk):
    key = SimpleNamespace(patient="P9", index=3)
    desk.find("P2", request={"is_example": True, "template": key})
    assert "slice 3 of P9" in desk.dock.summary.text()
    assert "sketch" not in desk.dock.summary.text()
