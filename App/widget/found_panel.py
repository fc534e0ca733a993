"""The found patients: what was searched for, a sign where all are far, and the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from App.actions.searching import SearchActions
from App.model.reference import SearchOutcome
from App.model.result_pictures import SEGMENTATION_NAME, ResultPicture
from App.model.results import FAR
from App.presenter.results import ResultsPresenter
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.theme import em
from App.widget.buttons import action_button
from App.widget.picture_view import Outline
from App.widget.result_list import ResultList
from App.widget.result_menu import ResultMenu
from App.widget.result_row import ResultRow
from sbmir.labels import PAINT_ORDER, TissueClass

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient
    from sbmir.similarity import LesionComparison


class FoundPanel(QWidget):
    """Lists what each search finds, the rows of the one before taking the new results.

    Parameters
    ----------
    sketching:
        Knows the names and colours of the structures.
    modalities:
        Names of the images of a result.
    actions:
        Those of the menu Result are offered at each row.
    """

    def __init__(
        self,
        searching: SearchPresenter,
        results: ResultsPresenter,
        sketching: SketchingPresenter,
        modalities: Sequence[str],
        actions: SearchActions,
    ) -> None:
        super().__init__()
        self._searching = searching
        self._results = results
        self._appearance = sketching.appearance
        self._tissue_names = {s.tissue: s.name for s in sketching.toolbox.structures}
        self._names = (*modalities, SEGMENTATION_NAME)
        self._outcome: SearchOutcome | None = None
        self._without_reasons: set[int] = set()
        self.banner = QLabel()
        self.summary = QLabel()
        self.busy = QProgressBar()
        self.list = ResultList(self._make_row)
        self._menu = ResultMenu(actions.result.menu(self))
        self._lay_out(actions)
        searching.more_found.connect(self._show_more)
        searching.reasons_loaded.connect(self._show_reasons)
        searching.pictures_loaded.connect(self._show_pictures)
        results.current_changed.connect(self._show_current)
        results.outline_changed.connect(self._show_outline)
        self._menu.kept.connect(results.save_image)
        self._appearance.changed.connect(self._show_colors)
        self.list.end_neared.connect(self._find_more)

    def _lay_out(self, actions: SearchActions) -> None:
        self.banner.setWordWrap(True)
        self.banner.setMargin(em(self, 0.25))
        self.banner.setProperty("role", "banner")
        self.banner.hide()
        self.summary.setWordWrap(True)
        self.summary.setProperty("role", "quiet")
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setFixedHeight(em(self, 0.25))
        keep = self.busy.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.busy.setSizePolicy(keep)
        self.busy.hide()
        head = QHBoxLayout()
        head.setSpacing(em(self, 0.5))
        head.addWidget(self.summary, 1)
        head.addWidget(action_button(actions.outline, "choice"), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(em(self, 0.5), em(self, 0.4), em(self, 0.3), 0)
        column.setSpacing(em(self, 0.25))
        column.addLayout(head)
        column.addWidget(self.busy)
        column.addWidget(self.banner)
        column.addWidget(self.list, 1)

    # --- What was found ---------------------------------------------------------------------

    def show_outcome(self, outcome: SearchOutcome) -> None:
        """List the results; what is known of a slice that was there before stays."""
        self._outcome = outcome
        self._without_reasons = {result.rank for result in outcome.results}
        self.list.show_results(outcome.results)
        if not self._searching.options.live:
            self.list.go_to_top()  # who asks wants to see the nearest
        self._keep_current(outcome.results)
        self._show_outline()
        self._show_foot()
        self.summary.setText(summary_of(outcome))
        self.banner.setText(FAR.format(query="example" if outcome.request.is_example else "sketch"))
        self.banner.setVisible(outcome.is_far)

    def clear(self) -> None:
        """List nothing."""
        self._outcome = None
        self.list.show_results(())
        self._results.set_current(None)

    def _keep_current(self, results: Sequence[RankedPatient]) -> None:
        """Stay with the slice that actions are done with, at whatever rank it is now."""
        current = self._results.current
        same = (one for one in results if current is not None and one.key == current.key)
        self._results.set_current(next(same, None))

    def _find_more(self) -> None:
        self._searching.more()

    def _show_more(self, further: Sequence[RankedPatient]) -> None:
        self._without_reasons |= {result.rank for result in further}
        self.list.append(further)
        self._show_foot()

    def _show_foot(self) -> None:
        is_end = bool(self.list.rows) and not self._searching.can_find_more
        self.list.foot.setText("These are all." if is_end else "")

    def _show_reasons(self, rank: int, reasons: LesionComparison) -> None:
        self._without_reasons.discard(rank)
        if row := self.list.row_of(rank):
            row.set_reasons(reasons)

    def _show_pictures(self, rank: int, pictures: Sequence[ResultPicture]) -> None:
        row = self.list.row_of(rank)
        if row is None:
            return
        row.set_pictures(pictures)
        if rank in self._without_reasons:
            row.set_reasons(None)  # what is shown may be of the search before

    # --- How results look -------------------------------------------------------------------

    def _make_row(self, result: RankedPatient) -> ResultRow:
        row = self._new_row(result)
        row.chosen.connect(lambda: self._results.set_current(row.result))
        row.opened.connect(lambda name: self._open(row, name))
        row.kept.connect(lambda: self._keep(row))
        row.menu_wanted.connect(self._menu.popup)
        return row

    def _new_row(self, result: RankedPatient) -> ResultRow:
        return ResultRow(result, self._names, self._tissue_names, self._colors())

    def _colors(self) -> dict[TissueClass, str]:
        return {tissue: self._appearance.color(tissue) for tissue in PAINT_ORDER}

    def _show_colors(self) -> None:
        self.list.set_colors(self._colors())

    def _show_outline(self) -> None:
        outline = None
        if self._outcome is not None and self._results.is_outlined:
            outline = Outline(self._outcome.compared, self._outcome.extent_mm)
        self.list.set_outline(outline)

    def _show_current(self) -> None:
        for row in self.list.rows:
            row.set_current(row.result == self._results.current)

    def _open(self, row: ResultRow, picture: str) -> None:
        self._results.set_current(row.result)
        self._results.open_viewer(picture)

    def _keep(self, row: ResultRow) -> None:
        self._results.set_current(row.result)
        self._results.save_image()


def summary_of(outcome: SearchOutcome) -> str:
    """What the list shows, in a line or two."""
    request = outcome.request
    if request.is_example:
        what = f"slice {request.template.index} of {request.template.patient}"
    elif request.sketch.is_empty:
        what = f"slice {request.template.index} of {request.template.patient} without a lesion"
    else:
        what = f"the sketch on slice {request.template.index} of {request.template.patient}"
    passed = "" if request.filters.is_off else " (with filters)"
    mirrored = ", left and right exchanged" if request.mirror else ""
    return (
        f"{outcome.n_searched} of {outcome.n_patients} patients{passed}, nearest first, for {what}"
        f"{mirrored}; that patient is left out ({outcome.timings_ms['total']:.0f} ms)"
    )
