"""The only place where the parts of the application are put together."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import TracebackType

from PyQt5.QtCore import (
    QMessageLogContext,
    QObject,
    QSocketNotifier,
    Qt,
    QTimer,
    QtMsgType,
    pyqtSignal,
    qInstallMessageHandler,
)
from PyQt5.QtGui import QIcon
from PyQt5.QtWidgets import QApplication, QDialog

from App.dialog.message import ProblemDialog
from App.dialog.startup import StartupDialog
from App.model.choice import Choice
from App.model.opening import ReferenceOpener
from App.model.problem import Problem
from App.presenter.loading import ReferenceLoader, ReferenceState, Searchable, TemplateLoader
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.tasks import TaskRunner
from App.theme import DARK, LIGHT, apply_theme, system_theme
from App.widget.main_window import MainWindow
from sbmir import console
from sbmir.config.application import AppConfig
from sbmir.errors import ServiceError

logger = logging.getLogger(__name__)
qt_logger = logging.getLogger("App.qt")

ICON = Path(__file__).parent / "icons" / "sbmir.svg"
SECONDS_TO_STOP = 10.0
NO_WINDOW = ServiceError(
    "The window cannot be opened.",
    remedy="Start it where there is a display. Without one, `sbmir query` searches on the command "
    "line and `sbmir demo --headless` runs the demo. `sbmir doctor` says what is missing.",
)


class Session(QObject):
    """The main window with all that works behind it, from its opening to its closing."""

    closed = pyqtSignal()
    """The window is closed, nothing runs any more, and the database is let go of."""

    def __init__(self, config: AppConfig, choice: Choice) -> None:
        super().__init__()
        self._config = config
        self.runner = TaskRunner(self)
        self.sketching = SketchingPresenter(
            config.structures, choice.dataset.preferred_modality, self
        )
        self.searching = SearchPresenter(
            self.runner,
            self.sketching,
            weight=choice.model.weight,
            top=config.search.top_k,
            parent=self,
        )
        self.template_loader = TemplateLoader(self.runner, choice, self)
        self.reference_loader = ReferenceLoader(self.runner, ReferenceOpener(config, choice), self)
        self.reference_loader.state_changed.connect(self._on_reference_state)
        self.window = MainWindow(
            choice,
            template_loader=self.template_loader,
            reference_loader=self.reference_loader,
            sketching=self.sketching,
            searching=self.searching,
        )
        self.window.shown.connect(lambda: QTimer.singleShot(0, self._load))
        self.window.closed.connect(self._close)

    def open(self) -> None:
        """Show the window; everything else follows behind it."""
        self.window.open_at(self._config.window.width, self._config.window.height)

    def _load(self) -> None:
        self.template_loader.retry()
        self.reference_loader.load()

    def _on_reference_state(self, state: ReferenceState) -> None:
        self.searching.set_reference(state.reference if isinstance(state, Searchable) else None)

    def _close(self) -> None:
        if not self.runner.stop_all(SECONDS_TO_STOP):
            logger.warning("Background work did not stop within %.0f s.", SECONDS_TO_STOP)
        self.reference_loader.close()
        self.closed.emit()


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


class SignalClosing(QObject):
    """Closes the windows on Ctrl+C and on the system's request to end.

    Qt's loop runs no Python code while it waits, so that a signal has to wake it by a socket.
    """

    def __init__(self) -> None:
        super().__init__()
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(
            self._reader.fileno(),  # type: ignore[arg-type]  # PyQt names the type of Windows
            QSocketNotifier.Type.Read,
            self,
        )
        self._notifier.activated.connect(self._close)

    def install(self) -> None:
        """Take over SIGINT and SIGTERM."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)

    def _close(self) -> None:
        self._reader.recv(64)
        QApplication.closeAllWindows()


def make_qt_application(config: AppConfig) -> QApplication:
    """Start Qt: scaling, messages, icon and colours."""
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise NO_WINDOW
    qInstallMessageHandler(_log_qt_message)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    # Whole factors keep lines sharp. Fonts take the rest, and all sizes follow the font.
    QApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.RoundPreferFloor
    )
    application = QApplication(["SBMIR"])
    application.setApplicationName("SBMIR")
    application.setWindowIcon(QIcon(str(ICON)))
    themes = {"dark": DARK, "light": LIGHT, "system": system_theme(application)}
    apply_theme(application, themes[config.window.theme])
    return application


def choose(config: AppConfig) -> Choice | None:
    """Ask for a data set and a model; None where the user wants to quit."""
    dialog = StartupDialog(config)
    return dialog.choice if dialog.exec_() == QDialog.DialogCode.Accepted else None


def run(config: AppConfig, choice: Choice | None) -> int:
    """Open the application and stay until its window is closed.

    Parameters
    ----------
    choice:
        Data set and model; None to ask for them first.
    """
    application = make_qt_application(config)
    reporter = FaultReporter()
    reporter.install()
    closing = SignalClosing()
    closing.install()
    choice = choice or choose(config)
    if choice is None:
        return 0
    session = Session(config, choice)
    session.open()
    return int(application.exec_())


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.DEBUG,
        QtMsgType.QtWarningMsg: logging.DEBUG,  # of use to programmers only
    }
    qt_logger.log(levels.get(kind, logging.ERROR), "Qt: %s", message)
    if kind == QtMsgType.QtFatalMsg:
        # Qt aborts after this message, which is how it ends where there is no display.
        console.say(str(NO_WINDOW))
        os._exit(NO_WINDOW.exit_status)
