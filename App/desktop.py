"""Qt as the application uses it: scaling, messages, icon, and how it is asked to end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from pathlib import Path

from PyQt5.QtCore import (
    QMessageLogContext,
    QObject,
    QSocketNotifier,
    Qt,
    QtMsgType,
    qInstallMessageHandler,
)
from PyQt5.QtGui import QIcon
from PyQt5.QtWidgets import QApplication

from App.preferences import Preferences
from App.theme import Look
from sbmir import console
from sbmir.config.application import AppConfig
from sbmir.errors import ServiceError

qt_logger = logging.getLogger("App.qt")

ICON = Path(__file__).parent / "icons" / "sbmir.svg"
NO_WINDOW = ServiceError(
    "The window cannot be opened.",
    remedy="Start it where there is a display. Without one, `sbmir query` searches on the command "
    "line and `sbmir demo --headless` runs the demo. `sbmir doctor` says what is missing.",
)


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


def make_qt_application(config: AppConfig, preferences: Preferences) -> QApplication:
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
    Look(application, preferences, config.window.theme).apply()
    return application


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
