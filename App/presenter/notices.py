"""What the window tells in passing: something was done, or something failed."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from App.model.problem import Problem


class Notices(QObject):
    """Carries short messages from presenters to wherever the window shows them."""

    said = pyqtSignal(str)
    failed = pyqtSignal(object)
    """With a ``Problem``."""

    def say(self, text: str) -> None:
        """Tell that something was done; it is shown for a few seconds."""
        self.said.emit(text)

    def fail(self, error: BaseException) -> None:
        """Tell that something did not work, in a dialog that does not block the window."""
        self.failed.emit(Problem.of(error))
