"""What the user does with what was found: which result it is done with, and how they look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtGui import QGuiApplication

from App.presenter.notices import Notices
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient


class ResultsPresenter(QObject):
    """Keeps the current result, on which the actions of the menu Result work."""

    current_changed = pyqtSignal()
    outline_changed = pyqtSignal(bool)
    viewer_wanted = pyqtSignal(object, str)
    """With a ``SliceKey`` and the modality to begin with."""
    image_wanted = pyqtSignal(object)
    """With the ``RankedPatient`` whose row is to be saved as a picture."""

    def __init__(
        self,
        searching: SearchPresenter,
        sketching: SketchingPresenter,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._searching = searching
        self._sketching = sketching
        self._notices = notices
        self._current: RankedPatient | None = None
        self._is_outlined = False

    @property
    def current(self) -> RankedPatient | None:
        """The result that was last clicked or reached by keys; None before that."""
        return self._current

    def set_current(self, result: RankedPatient | None) -> None:
        """Do with this result what is asked for next."""
        if result != self._current:
            self._current = result
            self.current_changed.emit()

    @property
    def is_outlined(self) -> bool:
        """Whether the sketch is drawn over the pictures."""
        return self._is_outlined

    def set_outlined(self, on: bool) -> None:
        """Draw the sketch over the pictures of all results, or no longer."""
        if on != self._is_outlined:
            self._is_outlined = on
            self.outline_changed.emit(on)

    def open_viewer(self, modality: str = "") -> None:
        """Open the patient at the retrieved slice.

        Parameters
        ----------
        modality:
            The image to begin with, or the label map; empty for the image that the query shows.
        """
        if self._current is not None:
            self.viewer_wanted.emit(self._current.key, modality or self._sketching.modality)

    def use_as_query(self) -> None:
        """Search for patients that are similar to this one."""
        if self._current is not None:
            self._searching.use_as_query(self._current.key)

    def edit_as_sketch(self) -> None:
        """Put this one's lesion on the template as a sketch."""
        if self._current is not None:
            self._searching.edit_as_sketch(self._current.key)

    def save_image(self) -> None:
        """Ask for a file for the picture of this result's row."""
        if self._current is not None:
            self.image_wanted.emit(self._current)

    def copy_id(self) -> None:
        """Put the patient's name on the clipboard."""
        clipboard = QGuiApplication.clipboard()
        if self._current is not None and clipboard is not None:
            clipboard.setText(self._current.key.patient)
            self._notices.say(f"Copied {self._current.key.patient}")
