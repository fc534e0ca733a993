"""The only place where the parts of the application are put together."""

from __future__ import annotations

import logging
from pathlib import Path

from PyQt5.QtCore import QObject, QTimer, pyqtSignal
from PyQt5.QtWidgets import QApplication, QDialog

from App.desktop import SignalClosing, make_qt_application
from App.dialog.startup import StartupDialog
from App.faults import FaultReporter
from App.model.choice import Choice
from App.model.opening import ReferenceOpener
from App.model.sketch_safe import SketchSafe, default_safe_folder
from App.preferences import Preferences, preferences_path
from App.presenter.autosave import Autosave
from App.presenter.files import FilesPresenter
from App.presenter.loading import (
    Loading,
    ReferenceLoader,
    ReferenceState,
    Searchable,
    TemplateLoader,
    TemplateState,
)
from App.presenter.notices import Notices
from App.presenter.recovery import Recovery
from App.presenter.remembering import remember_settings
from App.presenter.results import ResultsPresenter
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.presenter.viewer import ViewerPresenter
from App.presenters import Presenters
from App.tasks import TaskRunner
from App.theme import Look
from App.widget.main_window import MainWindow
from sbmir.config.application import AppConfig

logger = logging.getLogger(__name__)

SECONDS_TO_STOP = 10.0
LONGEST_WAIT_MS = 2000
"""For a template that is slow to load: then the reference database is opened beside it."""


class Session(QObject):
    """The main window with all that works behind it, from its opening to its closing.

    Qt's application has to be there already.
    """

    closed = pyqtSignal()
    """The window is closed, nothing runs any more, and the database is let go of."""

    def __init__(
        self, config: AppConfig, choice: Choice, preferences: Preferences, safe_folder: Path
    ) -> None:
        super().__init__()
        self._config = config
        self.runner = TaskRunner(self)
        self.notices = Notices(self)
        self.sketching = SketchingPresenter(
            config.structures, choice.dataset.preferred_modality, self
        )
        self.searching = SearchPresenter(
            self.runner,
            self.sketching,
            weight=choice.model.weight,
            top=config.search.top_k,
            notices=self.notices,
            parent=self,
        )
        self.results = ResultsPresenter(self.searching, self.sketching, self.notices, self)
        self.viewer = ViewerPresenter(self.runner, choice, self.notices, self)
        self.results.viewer_wanted.connect(self.viewer.open)
        remember_settings(preferences, self.sketching.appearance, self.searching)
        self.template_loader = TemplateLoader(self.runner, choice, self)
        self.reference_loader = ReferenceLoader(self.runner, ReferenceOpener(config, choice), self)
        self.reference_loader.state_changed.connect(self._on_reference_state)
        self._reference_soon = QTimer(self)
        self._reference_soon.setSingleShot(True)
        self._reference_soon.setInterval(LONGEST_WAIT_MS)
        self._reference_soon.timeout.connect(self.reference_loader.load)
        self.template_loader.state_changed.connect(self._on_template_state)
        self._keep_sketches(choice, preferences, SketchSafe(safe_folder, choice.dataset.data_set))
        self.window = MainWindow(
            Presenters(
                choice=choice,
                preferences=preferences,
                look=Look(_application(), preferences, config.window.theme),
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
        self.window.closed.connect(self._close)

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
        self._reference_soon.start()
        self.template_loader.retry()
        self.recovery.look()

    def _on_template_state(self, state: TemplateState) -> None:
        # Both at once would keep each other waiting, and one wants to see the slice first.
        if self._reference_soon.isActive() and not isinstance(state, Loading):
            self._reference_soon.stop()
            self.reference_loader.load()

    def _on_reference_state(self, state: ReferenceState) -> None:
        self.searching.set_reference(state.reference if isinstance(state, Searchable) else None)

    def _close(self) -> None:
        self._reference_soon.stop()
        if not self.runner.stop_all(SECONDS_TO_STOP):
            logger.warning("Background work did not stop within %.0f s.", SECONDS_TO_STOP)
        self.autosave.close()
        self.recovery.close()
        self.reference_loader.close()
        # A history with steps tells the actions of its end, when Qt may have deleted them.
        self.sketching.undo_stack.clear()
        self.closed.emit()


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
    session = Session(config, choice, preferences, default_safe_folder())
    session.open()
    return int(application.exec_())


def _application() -> QApplication:
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise RuntimeError("Qt has not been started")
    return application
