"""The window of a reader study: the question, the query, the results that are judged."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QMainWindow, QMessageBox, QWidget

from App.actions.comfort import comfort_entries
from App.actions.group import ActionGroup, make_action
from App.actions.help import help_actions
from App.actions.searching import search_actions, viewing_only
from App.actions.sketching import sketch_actions
from App.actions.viewing import view_actions
from App.dialog.credit import CreditDialog
from App.dialog.guide import GuideWindow
from App.dialog.keys import KeysDialog
from App.dialog.message import ProblemDialog
from App.model.problem import Problem
from App.presenters import StudyPresenters
from App.widget.judged_row import JudgedPanel
from App.widget.notice_bar import NoticeBar
from App.widget.query_panel import QueryPanel
from App.widget.question_dock import ENDED, QuestionDock
from App.widget.results_dock import ResultsDock
from App.widget.search_panel import SearchButton
from App.widget.structure_readout import StructureReadout
from App.widget.tool_panel import ToolPanel
from App.widget.viewer_docks import ViewerDocks
from App.widget.window_layout import WindowLayout
from sbmir.errors import NotFoundError

QUESTION_SHARE, RESULTS_SHARE = 0.2, 0.38
"""Of the window's width, at the first start."""


class StudyWindow(QMainWindow):
    """Shows the presenters of a study; loading begins when it is on screen.

    It offers no other way to search than with a sketch on a template slice: everybody shall have
    the same means.
    """

    shown = pyqtSignal()
    """It is on screen for the first time."""
    closed = pyqtSignal()

    def __init__(self, presenters: StudyPresenters, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presenters = presenters
        self.setWindowTitle(f"Model: {presenters.choice.dataset.name} - testing")
        self._is_shown = False
        self._guide: GuideWindow | None = None
        self.message: QMessageBox | None = None
        """What is told after an answer, while it is on screen."""
        self._layout = WindowLayout(self, presenters.preferences, self._arrange, "_study")
        self._modalities = [one.name for one in presenters.choice.dataset.modalities]
        self._make_parts()
        self.groups = self._make_groups()
        """The menus, which are also the chapters of the keys dialog."""
        self._fill_menu_bar()
        self.keys = KeysDialog(self.groups, self)
        presenters.study.answered.connect(self._on_answered)
        presenters.study.question_changed.connect(self._on_question)

    def open_at(self, width: int, height: int) -> None:
        """Show the window as it was the last time; in that size where there was none."""
        self._layout.restore(QSize(width, height))
        self.show()

    def event(self, event: QEvent | None) -> bool:
        """Notice when the window has been painted for the first time."""
        handled = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.Paint and not self._is_shown:
            self._is_shown = True
            self._layout.settle()
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
        self.sketch = sketch_actions(self, parts.sketching)
        self.search = viewing_only(
            search_actions(self, parts.searching, parts.results, self._modalities)
        )
        self.query = QueryPanel(
            parts.choice,
            patients=parts.choice.study_templates(),
            loader=parts.template_loader,
            sketching=parts.sketching,
            searching=parts.searching,
            sketch_mode=self.sketch.sketch_mode,
            tools=ToolPanel(parts.sketching, self.sketch),
            readout=StructureReadout(parts.sketching),
            actions=self.search,
            search_panel=SearchButton(parts.searching),
        )
        self.setCentralWidget(self.query)
        self.question = QuestionDock(
            parts.choice,
            parts.study,
            parts.viewer,
            parts.sketching.appearance,
            parts.runner,
            parts.notices,
        )
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.question)
        self.results = ResultsDock(
            parts.reference_loader,
            parts.searching,
            JudgedPanel(
                parts.study,
                parts.searching,
                parts.results,
                parts.sketching,
                self._modalities,
                self.search,
            ),
        )
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.results)
        self.viewers = ViewerDocks(self, parts.viewer, parts.sketching.appearance)

    def _arrange(self) -> None:
        self.results.setFloating(False)
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.question)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.results)
        self.question.show()
        self.results.show()
        shares = [round(self.width() * share) for share in (QUESTION_SHARE, RESULTS_SHARE)]
        self.resizeDocks([self.question, self.results], shares, Qt.Orientation.Horizontal)

    # --- Menus ------------------------------------------------------------------------------

    def _make_groups(self) -> tuple[ActionGroup, ...]:
        parts = self._presenters
        submit = make_action(
            self,
            "S&ubmit",
            parts.study.submit,
            keys=("Ctrl+Return", "Ctrl+Enter"),
            tip="Save the answer and go on",
        )
        leave = make_action(self, "&Quit", self.close, keys=("Ctrl+Q",), tip="Close the window")
        view = view_actions(self, self.query.canvas, parts.sketching, self._modalities)
        comfort = comfort_entries(self, parts.look, parts.sketching.appearance, self._layout.reset)
        return (
            ActionGroup("S&tudy", (submit, None, leave)),
            self.sketch.edit,
            self.sketch.sketch,
            view.followed_by(None, *comfort),
            ActionGroup("Se&arch", (self.search.search, self.search.outline)),
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

    # --- How the study goes -----------------------------------------------------------------

    def _on_question(self) -> None:
        study = self._presenters.study
        self.viewers.close_all()
        question = study.question
        if question is not None:
            target = question.target_key(self._presenters.choice.dataset.data_set)
            self._presenters.viewer.present(target, shows_labels=question.shows_label_map)
        if question is None and study.is_finished:
            self._tell(ENDED, self.close)

    def _on_answered(self, text: str) -> None:
        if text:
            self._tell(text, self._presenters.study.go_on)
        else:
            self._presenters.study.go_on()

    def _tell(self, text: str, after: Callable[[], object]) -> None:
        """Show a message that does not block the window's work; go on when it is closed."""

        def go_on(_: int) -> None:
            after()

        box = QMessageBox(QMessageBox.Icon.Information, "Reader study", text, parent=self)
        box.finished.connect(go_on)
        self.message = box
        box.open()

    # --- What opens beside ------------------------------------------------------------------

    def _show_problem(self, problem: Problem) -> None:
        ProblemDialog(problem, self).open()

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
