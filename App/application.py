"""Where the parts of the application are put together; those of a reader study in `App.study`."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QDialog

from App.desktop import SignalClosing, make_qt_application
from App.dialog.startup import StartupDialog
from App.faults import FaultReporter
from App.model.choice import Choice
from App.model.sketch_safe import SketchSafe, default_safe_folder
from App.preferences import Preferences, preferences_path
from App.presenter.autosave import Autosave
from App.presenter.files import FilesPresenter
from App.presenter.recovery import Recovery
from App.presenter.remembering import remember_settings
from App.presenters import Presenters
from App.session import BaseSession, running_application
from App.study import run_study
from App.theme import Look
from App.widget.main_window import MainWindow
from sbmir.config.application import AppConfig


class Session(BaseSession):
    """The main window with all that works behind it, from its opening to its closing.

    Qt's application has to be there already.
    """

    def __init__(
        self, config: AppConfig, choice: Choice, preferences: Preferences, safe_folder: Path
    ) -> None:
        super().__init__(config, choice, config.search.top_k)
        remember_settings(preferences, self.sketching.appearance, self.searching)
        self._keep_sketches(choice, preferences, SketchSafe(safe_folder, choice.dataset.data_set))
        self.window = MainWindow(
            Presenters(
                choice=choice,
                preferences=preferences,
                look=Look(running_application(), preferences, config.window.theme),
                notices=self.notices,
                template_loader=self.template_loader,
                reference_loader=self.reference_loader,
                sketching=self.sketching,
                searching=self.searching,
                results=self.results,
                viewer=self.viewer,
                files=self.files,
                recovery=self.recovery,
            )
        )
        self.window.shown.connect(lambda: QTimer.singleShot(0, self._load))
        self.window.closed.connect(self.end)

    def _keep_sketches(self, choice: Choice, preferences: Preferences, safe: SketchSafe) -> None:
        runner, notices, sketching = self.runner, self.notices, self.sketching
        self.files = FilesPresenter(
            runner,
            choice,
            sketching,
            self.searching,
            self.template_loader,
            preferences,
            notices,
            safe,
            self,
        )
        self.autosave = Autosave(runner, sketching, choice.dataset.data_set, safe, notices, self)
        self.recovery = Recovery(
            runner,
            choice,
            sketching.appearance,
            safe,
            self.autosave,
            self.files.placer,
            notices,
            self,
        )

    def open(self) -> None:
        """Show the window; everything else follows behind it."""
        self.window.open_at(self._config.window.width, self._config.window.height)

    def _load(self) -> None:
        self.load()
        self.recovery.look()

    def _keep_at_end(self) -> None:
        self.autosave.close()
        self.recovery.close()


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
    preferences = Preferences(preferences_path())
    application = make_qt_application(config, preferences)
    reporter = FaultReporter()
    reporter.install()
    closing = SignalClosing()
    closing.install()
    choice = choice or choose(config)
    if choice is None:
        return 0
    if choice.is_testing:
        return run_study(application, config, choice, preferences)
    session = Session(config, choice, preferences, default_safe_folder())
    session.open()
    return int(application.exec_())
