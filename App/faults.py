"""Exceptions that nothing has caught: logged, and told in a dialog."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QApplication

from App.dialog.message import ProblemDialog
from App.model.problem import Problem

logger = logging.getLogger(__name__)


class FaultReporter(QObject):
    """Shows exceptions that nothing has caught; without it they would be lost or end the window."""

    _raised = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._dialog: ProblemDialog | None = None
        self._raised.connect(self._show)

    def install(self) -> None:
        """Take over what Python does with such exceptions, in all threads."""
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        logger.error("An exception was not handled", exc_info=(kind, error, trace))
        self._raised.emit(error)

    def _on_thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value
        if error is not None:
            self._on_exception(arguments.exc_type, error, arguments.exc_traceback)

    def _show(self, error: BaseException) -> None:
        # One dialog at a time: a fault in painting would else open one at each repaint.
        if self._dialog is None:
            self._dialog = ProblemDialog(Problem.of(error), QApplication.activeWindow())
            self._dialog.finished.connect(self._forget)
            self._dialog.open()

    def _forget(self) -> None:
        self._dialog = None
