"""A reader study put together: who takes part, the window, and what works behind it."""

from __future__ import annotations

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QApplication, QDialog

from App.dialog.message import ProblemDialog
from App.dialog.reader import ReaderDialog
from App.model.choice import Choice
from App.model.problem import Problem
from App.model.study.questions import open_study
from App.model.study.reader import (
    ReaderSession,
    begin_session,
    unfinished_sessions,
)
from App.preferences import Preferences
from App.presenter.loading import ReferenceState, Searchable
from App.presenter.remembering import remember_look
from App.presenter.study import StudyPresenter
from App.presenter.study_delivery import StudyDelivery
from App.presenters import StudyPresenters
from App.session import BaseSession, running_application
from App.theme import Look
from App.widget.study_window import StudyWindow
from sbmir.config.application import AppConfig
from sbmir.config.study import StudySettings
from sbmir.errors import SbmirError
from sbmir.study.records import LISTED


class StudySession(BaseSession):
    """The window of a reader study with all that works behind it."""

    def __init__(
        self,
        config: AppConfig,
        choice: Choice,
        preferences: Preferences,
        study: StudySettings,
        reader: ReaderSession,
    ) -> None:
        super().__init__(config, choice, LISTED)
        remember_look(preferences, self.sketching.appearance)
        self.study = StudyPresenter(
            self.runner,
            reader,
            study,
            self.sketching,
            self.searching,
            self.template_loader,
            self.notices,
            self,
        )
        self.delivery = StudyDelivery(self.runner, config, reader.sessions_dir, self.notices, self)
        self.study.answered.connect(self.delivery.send)
        self.window = StudyWindow(
            StudyPresenters(
                choice=choice,
                preferences=preferences,
                look=Look(running_application(), preferences, config.window.theme),
                notices=self.notices,
                runner=self.runner,
                template_loader=self.template_loader,
                reference_loader=self.reference_loader,
                sketching=self.sketching,
                searching=self.searching,
                results=self.results,
                viewer=self.viewer,
                study=self.study,
            )
        )
        self.window.shown.connect(lambda: QTimer.singleShot(0, self.load))
        self.window.closed.connect(self._end)

    def open(self) -> None:
        """Show the window; everything else follows behind it."""
        self.window.open_at(self._config.window.width, self._config.window.height)

    def _end(self) -> None:
        self.delivery.send()  # the last answer may have come while others were sent
        self.end()

    def _on_reference_state(self, state: ReferenceState) -> None:
        super()._on_reference_state(state)
        if isinstance(state, Searchable):
            self.delivery.send()  # what an earlier window could not send

    def _keep_at_end(self) -> None:
        self.delivery.close()
        self.study.close()


def ask_reader(config: AppConfig, choice: Choice, study: StudySettings) -> ReaderSession | None:
    """Ask who takes part, or which session goes on; None where nobody does."""
    results_dir = config.paths.save_result_path
    while True:
        dialog = ReaderDialog(unfinished_sessions(results_dir, choice, study))
        if dialog.exec_() != QDialog.DialogCode.Accepted:
            return None
        chosen = dialog.unfinished
        try:
            if chosen is not None:
                return ReaderSession(chosen.folder, chosen.record)
            return begin_session(results_dir, choice, study, dialog.user_name, dialog.years)
        except SbmirError as error:
            ProblemDialog(Problem.of(error)).exec_()


def run_study(
    application: QApplication, config: AppConfig, choice: Choice, preferences: Preferences
) -> int:
    """Let one reader after the other take the study, until nobody wants to any more."""
    study = open_study(choice.dataset)
    while (reader := ask_reader(config, choice, study)) is not None:
        session = StudySession(config, choice, preferences, study, reader)
        session.open()
        status = int(application.exec_())
        if status or not session.study.is_finished:
            return status
    return 0
