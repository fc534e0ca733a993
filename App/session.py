"""What every window of the application has behind it, whatever it is opened for."""

from __future__ import annotations

import logging
from abc import abstractmethod

from PyQt5.QtCore import QObject, QTimer, pyqtSignal
from PyQt5.QtWidgets import QApplication

from App.model.choice import Choice
from App.model.opening import ReferenceOpener
from App.presenter.loading import (
    Loading,
    ReferenceLoader,
    ReferenceState,
    Searchable,
    TemplateLoader,
    TemplateState,
)
from App.presenter.notices import Notices
from App.presenter.results import ResultsPresenter
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.presenter.viewer import ViewerPresenter
from App.tasks import TaskRunner
from sbmir.config.application import AppConfig

logger = logging.getLogger(__name__)

SECONDS_TO_STOP = 10.0
LONGEST_WAIT_MS = 2000
"""For a template that is slow to load: then the reference database is opened beside it."""


class BaseSession(QObject):
    """A data set and a model at work: sketching, searching, loading behind a window.

    Qt's application has to be there already.

    Parameters
    ----------
    top:
        Patients that a search finds at first.
    """

    closed = pyqtSignal()
    """The window is closed, nothing runs any more, and the database is let go of."""

    def __init__(self, config: AppConfig, choice: Choice, top: int) -> None:
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
            top=top,
            notices=self.notices,
            parent=self,
        )
        self.results = ResultsPresenter(self.searching, self.sketching, self.notices, self)
        self.viewer = ViewerPresenter(self.runner, choice, self.notices, self)
        self.results.viewer_wanted.connect(self.viewer.open)
        self.template_loader = TemplateLoader(self.runner, choice, self)
        self.reference_loader = ReferenceLoader(self.runner, ReferenceOpener(config, choice), self)
        self.reference_loader.state_changed.connect(self._on_reference_state)
        self._reference_soon = QTimer(self)
        self._reference_soon.setSingleShot(True)
        self._reference_soon.setInterval(LONGEST_WAIT_MS)
        self._reference_soon.timeout.connect(self.reference_loader.load)
        self.template_loader.state_changed.connect(self._on_template_state)

    def load(self) -> None:
        """Load the template, then the reference database."""
        self._reference_soon.start()
        self.template_loader.retry()

    def end(self) -> None:
        """Let the background work stop, then let go of everything."""
        self._reference_soon.stop()
        if not self.runner.stop_all(SECONDS_TO_STOP):
            logger.warning("Background work did not stop within %.0f s.", SECONDS_TO_STOP)
        self._keep_at_end()
        self.reference_loader.close()
        # A history with steps tells the actions of its end, when Qt may have deleted them.
        self.sketching.undo_stack.clear()
        self.closed.emit()

    @abstractmethod
    def _keep_at_end(self) -> None:
        """Keep what is to be found again at the next start. No task runs any more."""

    def _on_template_state(self, state: TemplateState) -> None:
        # Both at once would keep each other waiting, and one wants to see the slice first.
        if self._reference_soon.isActive() and not isinstance(state, Loading):
            self._reference_soon.stop()
            self.reference_loader.load()

    def _on_reference_state(self, state: ReferenceState) -> None:
        self.searching.set_reference(state.reference if isinstance(state, Searchable) else None)


def running_application() -> QApplication:
    """Qt's application, which is there already."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise RuntimeError("Qt has not been started")
    return application
