"""What the main window shows: everything that it needs, and nothing that it makes itself."""

from __future__ import annotations

from dataclasses import dataclass

from App.model.choice import Choice
from App.preferences import Preferences
from App.presenter.files import FilesPresenter
from App.presenter.loading import ReferenceLoader, TemplateLoader
from App.presenter.notices import Notices
from App.presenter.recovery import Recovery
from App.presenter.results import ResultsPresenter
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.presenter.study import StudyPresenter
from App.presenter.viewer import ViewerPresenter
from App.tasks import TaskRunner
from App.theme import Look


@dataclass(frozen=True, kw_only=True, eq=False)
class Presenters:
    """The presenters of one window, with what was chosen and what the user prefers."""

    choice: Choice
    preferences: Preferences
    look: Look
    notices: Notices
    template_loader: TemplateLoader
    reference_loader: ReferenceLoader
    sketching: SketchingPresenter
    searching: SearchPresenter
    results: ResultsPresenter
    viewer: ViewerPresenter
    files: FilesPresenter
    recovery: Recovery


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyPresenters:
    """The presenters of the window of a reader study."""

    choice: Choice
    preferences: Preferences
    look: Look
    notices: Notices
    runner: TaskRunner
    template_loader: TemplateLoader
    reference_loader: ReferenceLoader
    sketching: SketchingPresenter
    searching: SearchPresenter
    results: ResultsPresenter
    viewer: ViewerPresenter
    study: StudyPresenter
