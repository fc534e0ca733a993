"""The query: the template slice, what is sketched on it, and the Search button."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtWidgets import (
    QAction,
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from App.actions.searching import SearchActions
from App.model.choice import Choice
from App.presenter.loading import (
    Failed,
    Loading,
    Stopped,
    TemplateLoaded,
    TemplateLoader,
    TemplateState,
)
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.theme import em
from App.widget.buttons import action_button
from App.widget.choice_box import ChoiceBox
from App.widget.field_label import field_label
from App.widget.hint_line import HintLine
from App.widget.imagined_inset import ImaginedInset
from App.widget.search_panel import SearchButton, SearchPanel
from App.widget.sketch_canvas import SketchCanvas
from App.widget.slice_bar import SliceBar
from App.widget.state_page import StatePage
from App.widget.tool_panel import ToolPanel

WIDEST_EM = 60
"""On a large screen, the slice takes the room, and what belongs together stays close."""


class QueryPanel(QWidget):
    """Everything of a query, from the template patient down to the Search button.

    Parameters
    ----------
    patients:
        Who can be sketched on.
    readout:
        Tells the measures of what is drawn; it has its place beneath the tools.
    search_panel:
        Starts the search; at the bottom.
    """

    def __init__(
        self,
        choice: Choice,
        *,
        patients: Sequence[str],
        loader: TemplateLoader,
        sketching: SketchingPresenter,
        searching: SearchPresenter,
        sketch_mode: QAction,
        tools: ToolPanel,
        readout: QWidget,
        actions: SearchActions,
        search_panel: SearchPanel | SearchButton,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._loader = loader
        self._sketching = sketching
        self._mode = sketch_mode
        self.patients = ChoiceBox()
        self.patients.addItems(patients)
        self.modalities: dict[str, QToolButton] = {}
        self.sketch_mode = action_button(sketch_mode, "choice")
        self.canvas = SketchCanvas(sketching)
        self.page = StatePage()
        self.slices = SliceBar(sketching)
        self.hint = HintLine(sketching, searching)
        self.tools = tools
        self.readout = readout
        self.search_panel = search_panel
        names = [modality.name for modality in choice.dataset.modalities]
        self._lay_out(names)
        self.imagined = ImaginedInset(self.canvas, searching, actions.imagined, names)
        self._connect()
        self._show_modality()
        self._mode.setEnabled(False)

    @property
    def search(self) -> QPushButton:
        """The button that searches."""
        return self.search_panel.search

    # --- Layout -----------------------------------------------------------------------------

    def _lay_out(self, modalities: list[str]) -> None:
        layout = QVBoxLayout(self)
        space = em(self, 0.5)
        layout.setContentsMargins(space, space, space, space)
        layout.setSpacing(em(self, 0.35))
        layout.addLayout(self._top_row(modalities))
        view = QWidget()
        self._stack = QStackedLayout(view)
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self.page)
        layout.addWidget(view, 1)
        layout.addWidget(self.slices)
        for part in (self.hint, self.tools, self.readout, self.search_panel):
            part.setMaximumWidth(em(self, WIDEST_EM))
            layout.addWidget(part)

    def _top_row(self, modalities: list[str]) -> QHBoxLayout:
        self.patients.setAccessibleName("Template patient")
        self.patients.setToolTip("The patient whose slice of normal brain is sketched on")
        self.patients.setMinimumContentsLength(12)
        self.patients.setSizeAdjustPolicy(
            ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        row = QHBoxLayout()
        row.addWidget(field_label("&Template", self.patients))
        self.patients.setMaximumWidth(em(self, WIDEST_EM / 2))
        row.addWidget(self.patients, 100)
        row.addStretch(1)
        row.addSpacing(em(self, 0.5))
        switch = QHBoxLayout()
        switch.setSpacing(2)
        group = QButtonGroup(self)
        for name in modalities:
            button = QToolButton()
            button.setText(name)
            button.setProperty("role", "choice")
            button.setCheckable(True)
            button.setToolTip(f"Show the {name} image")
            button.clicked.connect(lambda _, name=name: self._sketching.set_modality(name))
            group.addButton(button)
            switch.addWidget(button)
            self.modalities[name] = button
        row.addLayout(switch)
        row.addSpacing(em(self, 0.5))
        row.addWidget(self.sketch_mode)
        return row

    def _connect(self) -> None:
        sketching = self._sketching
        self._loader.state_changed.connect(self._show_template_state)
        self.patients.textActivated.connect(self._loader.load)
        sketching.modality_changed.connect(self._show_modality)
        sketching.sketching_changed.connect(self._show_sketching)

    # --- What is shown ----------------------------------------------------------------------

    def _show_template_state(self, state: TemplateState) -> None:
        self._stack.setCurrentWidget(self.page)
        self.patients.setCurrentText(self._loader.patient)  # a file may have asked for another
        match state:
            case Loading(text, done, total):
                self.page.show_busy(text, done, total, self._loader.cancel)
            case Stopped():
                self.page.show_message(
                    "No template patient",
                    "You cancelled its loading.",
                    "&Load it",
                    self._loader.retry,
                )
            case Failed(problem):
                self.page.show_problem(problem, "&Retry", self._loader.retry)
            case TemplateLoaded(template):
                self._sketching.set_template(template)
                self._mode.setEnabled(True)
                self._stack.setCurrentWidget(self.canvas)
                self.canvas.setFocus()

    def _show_modality(self) -> None:
        for name, button in self.modalities.items():
            button.setChecked(name == self._sketching.modality)

    def _show_sketching(self, on: bool) -> None:
        if on:
            self.canvas.setFocus()
