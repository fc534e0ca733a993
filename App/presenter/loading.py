"""Loading what the window needs: the template patient, and the reference database."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import QObject, pyqtSignal

from App.model.choice import Choice
from App.model.opening import NoCodes, ReferenceOpener
from App.model.problem import Problem
from App.model.reference import Reference
from App.model.template import TemplateVolume, load_template
from App.tasks import Control, Task, TaskRunner, Work


@dataclass(frozen=True)
class Loading:
    """Work is going on: what, and how far it is (``total`` 0 where that is not known)."""

    text: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Stopped:
    """The user cancelled it."""


@dataclass(frozen=True)
class Failed:
    """It did not work."""

    problem: Problem


@dataclass(frozen=True, eq=False)
class TemplateLoaded:
    """The template patient can be shown."""

    template: TemplateVolume


@dataclass(frozen=True, eq=False)
class Searchable:
    """The reference database can be searched."""

    reference: Reference


TemplateState = Loading | Stopped | Failed | TemplateLoaded
ReferenceState = Loading | Stopped | Failed | NoCodes | Searchable


class _Loader(QObject):
    """Runs one task at a time, which returns a state, and makes states of what it tells."""

    state_changed = pyqtSignal(object)

    def __init__(self, runner: TaskRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._task: Task | None = None
        self._text = ""

    def cancel(self) -> None:
        """Give up what is being loaded; a state follows when it has ended."""
        if self._task is not None:
            self._enter(Loading("Stopping"))
            self._task.cancel()

    def _start(self, text: str, work: Work) -> None:
        self._text = text
        self._enter(Loading(text))
        task = self._runner.start(text, work)
        task.said.connect(self._on_said)
        task.progressed.connect(self._on_progressed)
        task.succeeded.connect(self._on_succeeded)
        task.failed.connect(self._on_failed)
        task.cancelled.connect(self._on_cancelled)
        self._task = task

    def _on_said(self, text: str) -> None:
        self._text = text
        self._enter(Loading(text))

    def _on_progressed(self, done: int, total: int) -> None:
        self._enter(Loading(self._text, done, total))

    def _on_succeeded(self, state: object) -> None:
        self._task = None
        self._enter(state)

    def _on_failed(self, error: BaseException) -> None:
        self._task = None
        self._enter(Failed(Problem.of(error)))

    def _on_cancelled(self) -> None:
        self._task = None
        self._enter(Stopped())

    def _enter(self, state: object) -> None:
        self.state_changed.emit(state)


class TemplateLoader(_Loader):
    """Loads a template patient; ``state_changed`` carries a ``TemplateState``."""

    def __init__(self, runner: TaskRunner, choice: Choice, parent: QObject | None = None) -> None:
        super().__init__(runner, parent)
        self._choice = choice
        self._patient = choice.template_patients()[0]
        self._next: str | None = None

    @property
    def patient(self) -> str:
        """The patient that is loaded or asked for."""
        return self._patient

    def load(self, patient: str) -> None:
        """Load a patient; where another is still being loaded, that one is given up first."""
        self._patient = patient
        if self._task is not None:
            self._next = patient
            self._task.cancel()
            return
        choice, dataset = self._choice, self._choice.dataset

        def work(control: Control) -> TemplateState:
            if problem := choice.missing_patients():
                return Failed(problem)
            return TemplateLoaded(
                load_template(
                    dataset.volumes_dir,
                    dataset.slices_dir,
                    patient,
                    dataset.modalities,
                    progress=control.progress,
                    should_stop=control.should_stop,
                )
            )

        self._start(f"Loading the template patient {patient}", work)

    def cancel(self) -> None:
        """Give up what is being loaded, and whoever was to be loaded after that."""
        self._next = None
        super().cancel()

    def retry(self) -> None:
        """Load the patient again."""
        self.load(self._patient)

    def _on_cancelled(self) -> None:
        patient, self._next = self._next, None
        if patient is None:
            super()._on_cancelled()
            return
        self._task = None
        self.load(patient)


class ReferenceLoader(_Loader):
    """Opens the reference database; ``state_changed`` carries a ``ReferenceState``."""

    def __init__(
        self, runner: TaskRunner, opener: ReferenceOpener, parent: QObject | None = None
    ) -> None:
        super().__init__(runner, parent)
        self._opener = opener

    def load(self) -> None:
        """Open the database, the networks and the codes."""
        if self._task is None:
            self._start(
                "Opening the reference database", lambda control: _state(self._opener.open(control))
            )

    def build(self) -> None:
        """Fill the database with the patients that have slices, then open it."""
        if self._task is None:
            self._start(
                "Building the reference database",
                lambda control: _state(self._opener.fill(control)),
            )

    def close(self) -> None:
        """Let go of the database. No task may run any more."""
        self._opener.close()


def _state(opened: Reference | NoCodes) -> ReferenceState:
    return Searchable(opened) if isinstance(opened, Reference) else opened
