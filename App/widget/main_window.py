"""The main window: the query to the left, the results to the right, the menus above."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from App.actions.comfort import comfort_entries
from App.actions.files import ask_row_image, file_actions
from App.actions.group import ActionGroup, make_action
from App.actions.help import help_actions
from App.actions.searching import search_actions
from App.actions.sketching import sketch_actions
from App.actions.viewing import view_actions
from App.dialog.credit import CreditDialog
from App.dialog.guide import GuideWindow
from App.dialog.keys import KeysDialog
from App.dialog.message import ProblemDialog
from App.model.problem import Problem
from App.presenters import Presenters
from App.theme import em
from App.widget.dock_share import DockShare
from App.widget.first_hint import FirstHint
from App.widget.found_panel import FoundPanel
from App.widget.notice_bar import NoticeBar
from App.widget.query_panel import QueryPanel
from App.widget.recovery_bar import RecoveryBar
from App.widget.results_dock import ResultsDock
from App.widget.search_panel import SearchPanel
from App.widget.structure_readout import StructureReadout
from App.widget.tool_panel import ToolPanel
from App.widget.viewer_docks import ViewerDocks
from App.widget.window_layout import WindowLayout
from sbmir.errors import NotFoundError

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient

RESULTS_SHARE = 0.5
"""Of the window's width, at the first start."""


class MainWindow(QMainWindow):
    """Shows the presenters; loading begins when it is on screen."""

    shown = pyqtSignal()
    """It is on screen for the first time."""
    closed = pyqtSignal()

    def __init__(self, presenters: Presenters, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenters = presenters
        self.setWindowTitle(f"Model: {presenters.choice.dataset.name} - interactive")
        self._is_shown = False
        self._guide: GuideWindow | None = None
        self._layout = WindowLayout(self, presenters.preferences, self._arrange)
        self._modalities = [one.name for one in presenters.choice.dataset.modalities]
        self._make_parts()
        self.groups = self._make_groups()
        """The menus, which are also the chapters of the keys dialog."""
        self._fill_menu_bar()
        self.keys = KeysDialog(self.groups, self)

    def open_at(self, width: int, height: int) -> None:
        """Show the window as it was the last time; in that size where there was none."""
        self._layout.restore(QSize(width, height))
        self.show()

    def arrange(self, size: QSize) -> None:
        """Take a size, and part it between query and results."""
        self._layout.take(size)

    def event(self, event: QEvent | None) -> bool:
        """Notice when the window has been painted for the first time."""
        handled = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.Paint and not self._is_shown:
            self._is_shown = True
            self._layout.settle()
            self._results_share.keep()
            self.shown.emit()
        return handled

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Disappear at once, then let the background work stop."""
        self.viewers.close_all()
        if self._is_shown:
            self._layout.remember()
        self.hide()
        self.closed.emit()
        super().closeEvent(event)

    # --- Parts ------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        parts = self._presenters
        self._make_actions()
        self.query = QueryPanel(
            parts.choice,
            patients=parts.choice.template_patients(),
            loader=parts.template_loader,
            sketching=parts.sketching,
            searching=parts.searching,
            sketch_mode=self.sketch.sketch_mode,
            tools=ToolPanel(parts.sketching, self.sketch),
            readout=StructureReadout(parts.sketching),
            actions=self.search,
            search_panel=SearchPanel(parts.searching, self.search),
        )
        self.recovery = RecoveryBar(parts.recovery)
        self.hint = FirstHint(
            parts.sketching, parts.searching, parts.recovery, parts.preferences, self._show_guide
        )
        self.setCentralWidget(self._middle())
        self.results = ResultsDock(
            parts.reference_loader,
            parts.searching,
            FoundPanel(
                parts.searching, parts.results, parts.sketching, self._modalities, self.search
            ),
        )
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.results)
        self._results_share = DockShare(self, self.results)
        self.viewers = ViewerDocks(self, parts.viewer, parts.sketching.appearance)
        parts.results.image_wanted.connect(self._ask_row_image)

    def _middle(self) -> QWidget:
        """The query with bars above it, which leave no gap where they are hidden."""
        bars = QWidget()
        inner = QVBoxLayout(bars)
        inner.setContentsMargins(em(self, 0.5), 2, em(self, 0.5), 0)
        inner.addWidget(self.recovery)
        inner.addWidget(self.hint)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bars)
        column.addWidget(self.query, 1)
        return middle

    def _arrange(self) -> None:
        self.results.setFloating(False)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.results)
        self.results.show()
        self._results_share.set_share(RESULTS_SHARE)

    # --- Menus ------------------------------------------------------------------------------

    def _make_actions(self) -> None:
        parts = self._presenters
        self.sketch = sketch_actions(self, parts.sketching)
        self.search = search_actions(self, parts.searching, parts.results, self._modalities)

    def _make_groups(self) -> tuple[ActionGroup, ...]:
        parts = self._presenters
        leave = make_action(self, "&Quit", self.close, keys=("Ctrl+Q",), tip="Close the window")
        view = view_actions(self, self.query.canvas, parts.sketching, self._modalities)
        comfort = comfort_entries(self, parts.look, parts.sketching.appearance, self._layout.reset)
        return (
            file_actions(self, parts.files).followed_by(None, leave),
            self.sketch.edit,
            self.sketch.sketch,
            view.followed_by(None, *comfort),
            self.search.menu,
            self.search.result,
            help_actions(
                self,
                show_keys=self._show_keys,
                show_guide=self._show_guide,
                show_credit=lambda: CreditDialog(self).open(),
            ),
        )

    def _fill_menu_bar(self) -> None:
        bar = self.menuBar()
        if bar is None:
            return
        bar.setNativeMenuBar(False)  # the room beside the menus is for messages
        for group in self.groups:
            bar.addMenu(group.menu(self))
        self.notice = NoticeBar(bar)
        self._presenters.notices.said.connect(self.notice.say)
        self._presenters.notices.failed.connect(self._show_problem)

    # --- What opens beside ------------------------------------------------------------------

    def _show_problem(self, problem: Problem) -> None:
        ProblemDialog(problem, self).open()

    def _ask_row_image(self, result: RankedPatient) -> None:
        parts = self._presenters
        ask_row_image(self, parts.files, result, parts.results.is_outlined)

    def _show_keys(self) -> None:
        self.keys.open_beside()

    def _show_guide(self) -> None:
        try:
            self._guide = self._guide or GuideWindow(self)
        except NotFoundError as error:
            self._presenters.notices.fail(error)
            return
        self._guide.show()
        self._guide.raise_()
        self._guide.activateWindow()
