"""What answering a question takes: seconds, strokes, undos and searches, counted as they happen."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from App.model.study.progress import Effort, StopWatch
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter


class EffortCounter(QObject):
    """Counts from ``begin`` to ``stop``, and passes over what happens else."""

    changed = pyqtSignal()
    """A search was asked for, or a step taken back."""

    def __init__(
        self,
        sketching: SketchingPresenter,
        searching: SearchPresenter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._sketching = sketching
        self._watch = StopWatch()
        self._effort = Effort()
        self._undo_index = 0
        sketching.stroke_changed.connect(self._on_stroke)
        sketching.stroke_made.connect(self._on_stroke_made)
        sketching.undo_stack.indexChanged.connect(self._on_history)
        searching.started.connect(self._on_search)

    @property
    def effort(self) -> Effort:
        """What the question has taken so far, apart from its seconds."""
        return self._effort

    @property
    def seconds(self) -> float:
        """Since the question was shown, while the window was open."""
        return self._watch.seconds

    def begin(self, effort: Effort, seconds: float) -> None:
        """Count on from what a question took before."""
        self._effort = effort
        self._undo_index = self._sketching.undo_stack.index()
        self._watch.start(seconds)

    def stop(self) -> None:
        """Count no more."""
        self._watch.stop()

    def _on_stroke(self) -> None:
        if self._watch.is_running and self._sketching.is_drawing:
            self._effort = self._effort.with_pen_down(self._watch.seconds)

    def _on_stroke_made(self) -> None:
        if self._watch.is_running:
            self._effort = self._effort.with_stroke()

    def _on_history(self, index: int) -> None:
        # A history that ends goes back to 0 as well, and is empty then.
        is_undo = index < self._undo_index and self._sketching.undo_stack.count() > 0
        self._undo_index = index
        if is_undo and self._watch.is_running:
            self._effort = self._effort.with_undo()
            self.changed.emit()

    def _on_search(self) -> None:
        if self._watch.is_running:
            self._effort = self._effort.with_search(self._watch.seconds)
            self.changed.emit()
