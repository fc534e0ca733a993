"""Steps of the history. They hold values before and after, so that each is undone exactly."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtWidgets import QUndoCommand

from App.model.drawing import Drawing

SLICE_CHANGE_ID = 1
"""Qt asks consecutive commands of one id whether they are one step."""


class SketchChange(QUndoCommand):
    """A stroke, a clear, a contour that goes. Both drawings share what did not change."""

    def __init__(
        self,
        text: str,
        before: Drawing,
        after: Drawing,
        show: Callable[[Drawing], None],
        parent: QUndoCommand | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._before = before
        self._after = after
        self._show = show

    def undo(self) -> None:
        """Show the drawing as it was."""
        self._show(self._before)

    def redo(self) -> None:
        """Show the changed drawing."""
        self._show(self._after)


class SliceChange(QUndoCommand):
    """Going to another slice; wheeling through many of them is one step."""

    def __init__(
        self,
        before: int,
        after: int,
        show: Callable[[int], None],
        parent: QUndoCommand | None = None,
    ) -> None:
        super().__init__(f"go to slice {after}", parent)
        self._before = before
        self._after = after
        self._show = show

    def id(self) -> int:
        """Tell Qt that slice changes may be merged."""
        return SLICE_CHANGE_ID

    def mergeWith(self, other: QUndoCommand | None) -> bool:  # noqa: N802 (Qt's name)
        """Take a slice change that follows this one into it."""
        if not isinstance(other, SliceChange):
            return False
        self._after = other._after
        self.setText(other.text())
        self.setObsolete(self._before == self._after)
        return True

    def undo(self) -> None:
        """Show the slice from before."""
        self._show(self._before)

    def redo(self) -> None:
        """Show the slice gone to."""
        self._show(self._after)
