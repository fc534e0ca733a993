"""A retrieved patient who is judged: three boxes, and orange for the presented one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt5.QtCore import QSignalBlocker
from PyQt5.QtWidgets import QHBoxLayout, QToolButton

from App.actions.searching import SearchActions
from App.model.reference import SearchOutcome
from App.presenter.results import ResultsPresenter
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.presenter.study import StudyPresenter
from App.theme import em
from App.widget.found_panel import FoundPanel
from App.widget.result_row import ResultRow
from App.widget.state_page import set_look
from sbmir.labels import TissueClass
from sbmir.study.records import EVALUATED

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient
    from sbmir.similarity import LesionComparison

POINTS = ("Size", "Location", "Pattern of CE")
"""What is judged, in the order in which it is written down."""

TIPS = (
    "The lesion is as large as the one that is looked for",
    "The lesion lies where the one that is looked for does",
    "Contrast enhancement has the pattern of the one that is looked for",
)
OFF, ON = "☐", "☑"


class JudgedRow(ResultRow):
    """A result with a box for each point; red until it is ticked, then blue."""

    def __init__(
        self,
        study: StudyPresenter,
        result: RankedPatient,
        picture_names: Sequence[str],
        tissue_names: Mapping[TissueClass, str],
        colors: Mapping[TissueClass, str],
    ) -> None:
        super().__init__(result, picture_names, tissue_names, colors)
        self._study = study
        self.points = [QToolButton() for _ in POINTS]
        self.setToolTip("A double-click on a picture, or Enter, opens the patient in the viewer")
        # Why it matches would tell the reader what is to be judged.
        self.why.hide()
        self.more.hide()
        row = QHBoxLayout()
        row.setSpacing(em(self, 0.4))
        for number, button in enumerate(self.points):
            button.setProperty("role", "point")
            button.setCheckable(True)
            button.setToolTip(TIPS[number])
            button.toggled.connect(lambda on, number=number: self._tick(number, on))
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)
        study.judgement_changed.connect(self.show_judgement)
        self.show_judgement()

    def show_result(self, result: RankedPatient) -> None:
        """Show another result in this place, with its own judgement."""
        super().show_result(result)
        self.show_judgement()

    def set_reasons(self, reasons: LesionComparison | None) -> None:
        """Keep them to itself."""

    def show_judgement(self) -> None:
        """Show the ticks, and whether it is the presented patient."""
        key = self.result.key
        for name, button, on in zip(POINTS, self.points, self._study.ticks(key), strict=True):
            with QSignalBlocker(button):
                button.setChecked(on)
            button.setText(f"{ON if on else OFF} {name}")
        set_look(self, "presented", "true" if self._study.is_target(key) else "false")

    def _tick(self, point: int, on: bool) -> None:
        self._study.tick(self.result.key, point, on=on)


class JudgedPanel(FoundPanel):
    """Lists the patients that are judged, and no more."""

    def __init__(
        self,
        study: StudyPresenter,
        searching: SearchPresenter,
        results: ResultsPresenter,
        sketching: SketchingPresenter,
        modalities: Sequence[str],
        actions: SearchActions,
    ) -> None:
        self._study = study
        super().__init__(searching, results, sketching, modalities, actions)

    def show_outcome(self, outcome: SearchOutcome) -> None:
        """List the nearest."""
        super().show_outcome(replace(outcome, results=outcome.results[:EVALUATED]))

    def _new_row(self, result: RankedPatient) -> ResultRow:
        return JudgedRow(self._study, result, self._names, self._tissue_names, self._colors())

    def _find_more(self) -> None:
        return  # what is beyond is written down unseen

    def _show_foot(self) -> None:
        self.list.foot.setText("")
