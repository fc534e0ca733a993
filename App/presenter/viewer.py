"""Looking at whole patients: which volumes are open, and at which slice."""

from __future__ import annotations

from dataclasses import replace

from PyQt5.QtCore import QObject, pyqtSignal

from App.model.choice import Choice
from App.model.problem import Problem
from App.model.result_pictures import SEGMENTATION_NAME
from App.model.viewed_patient import ViewedPatient, load_viewed
from App.presenter.loading import Failed, Loading, Stopped
from App.presenter.notices import Notices
from App.tasks import Control, Task, TaskRunner
from sbmir.config.application import DatasetType
from sbmir.keys import SliceKey

ViewerState = Loading | Stopped | Failed | ViewedPatient


class Viewer(QObject):
    """One patient: the image that is shown, the slice, and whether its label map lies over it.

    Parameters
    ----------
    patient:
        Whose volumes are read, each in the background when it is first asked for.
    presented:
        The slice that a reader study presents of the patient; None where it presents another one.
    shows_labels:
        Whether the label map may be seen.
    """

    state_changed = pyqtSignal(object)
    """With a ``ViewerState``."""
    slice_changed = pyqtSignal(int)
    modality_changed = pyqtSignal(str)
    retrieved_changed = pyqtSignal(int)
    labels_shown_changed = pyqtSignal(bool)

    def __init__(
        self,
        runner: TaskRunner,
        dataset: DatasetType,
        patient: str,
        notices: Notices,
        parent: QObject | None = None,
        *,
        presented: int | None = None,
        shows_labels: bool = True,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._presented = presented
        self._shows_labels = shows_labels
        self._dataset = dataset
        self._notices = notices
        self.patient = patient
        self._modality = dataset.preferred_modality
        self._volumes: ViewedPatient | None = None
        self._state: ViewerState = Stopped()
        self._task: Task | None = None
        self._slice_index = 0
        self._retrieved = 0
        self._labels_shown = False

    # --- What is shown ----------------------------------------------------------------------

    @property
    def state(self) -> ViewerState:
        """The patient with the image that is shown; or why it is not shown yet."""
        return self._state

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the images of which one can be chosen."""
        return tuple(modality.name for modality in self._dataset.modalities)

    @property
    def modality(self) -> str:
        """Name of the image that is shown or asked for."""
        return self._modality

    @property
    def slice_index(self) -> int:
        """The slice that is shown."""
        return self._slice_index

    @property
    def retrieved_index(self) -> int:
        """The slice that a search found."""
        return self._retrieved

    @property
    def mark(self) -> str:
        """What the slice is called that one came for."""
        return "Presented slice" if self._retrieved == self._presented else "Retrieved slice"

    @property
    def labels_shown(self) -> bool:
        """Whether the label map lies over the image, where there is one."""
        return self._labels_shown

    # --- What the user does -----------------------------------------------------------------

    def show_retrieved(self, index: int, modality: str) -> None:
        """Go to the slice that a search found, in one image; ``SEG`` shows the label map too."""
        self._retrieved = index
        self.retrieved_changed.emit(index)
        self._show_slice(index)
        if modality == SEGMENTATION_NAME:
            self.set_labels_shown(True)
            modality = self._modality
        self.set_modality(modality)

    def go_to_slice(self, index: int) -> None:
        """Show another slice; while another image is read, that slice of it."""
        if self._volumes is not None:
            self._show_slice(index)

    def go_to_retrieved(self) -> None:
        """Show the slice that a search found."""
        self.go_to_slice(self._retrieved)

    def set_modality(self, modality: str) -> None:
        """Show another image of the same slice; it is read where it has not been yet."""
        if modality != self._modality:
            self._modality = modality
            self.modality_changed.emit(modality)
        elif self._task is not None:
            return
        self._load()

    def set_labels_shown(self, on: bool) -> None:
        """Lay the label map over the image, or take it away."""
        on = on and self._shows_labels
        if on != self._labels_shown:
            self._labels_shown = on
            self.labels_shown_changed.emit(on)

    def retry(self) -> None:
        """Read the image again."""
        self._load()

    def cancel(self) -> None:
        """Give up what is being read; an image that was shown before is shown again."""
        if self._task is None:
            return
        self._drop_task()
        if self._volumes is None:
            self._enter(Stopped())
        else:
            self.set_modality(self._volumes.modalities[-1])

    def close(self) -> None:
        """Let go of the volumes; the viewer is not used any more."""
        self._drop_task()
        self._volumes = None
        self._state = Stopped()

    # --- Reading ----------------------------------------------------------------------------

    def _load(self) -> None:
        self._drop_task()
        if self._volumes is not None and self._modality in self._volumes.modalities:
            self._enter(self._volumes)
            return
        dataset, patient, known = self._dataset, self.patient, self._volumes
        wanted = next(m for m in dataset.modalities if m.name == self._modality)

        shows_labels = self._shows_labels

        def work(control: Control) -> ViewedPatient:
            viewed = load_viewed(dataset.volumes_dir, patient, wanted, known, control.check)
            return viewed if shows_labels else replace(viewed, labels=None, labels_problem="")

        text = f"Loading {wanted.name} of {patient}"
        self._enter(Loading(text))
        self._task = self._runner.start(text, work)
        # Of a task that is cancelled for a newer one, nothing but ``cancelled`` comes.
        self._task.succeeded.connect(self._on_loaded)
        self._task.failed.connect(self._on_failed)

    def _on_loaded(self, volumes: ViewedPatient) -> None:
        self._task = None
        is_first = self._volumes is None
        self._volumes = volumes
        self._enter(volumes)
        self.go_to_slice(self._slice_index)  # a slice beyond the volume is not shown
        if is_first and volumes.labels_problem:
            self._notices.say(volumes.labels_problem)

    def _on_failed(self, error: BaseException) -> None:
        self._task = None
        self._enter(Failed(Problem.of(error)))

    def _enter(self, state: ViewerState) -> None:
        self._state = state
        self.state_changed.emit(state)

    def _show_slice(self, index: int) -> None:
        if self._volumes is not None:
            index = min(max(index, 0), self._volumes.n_slices - 1)
        if index != self._slice_index:
            self._slice_index = index
            self.slice_changed.emit(index)

    def _drop_task(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()


class ViewerPresenter(QObject):
    """The patients that are looked at, one viewer for each."""

    opened = pyqtSignal(object)
    """With a ``Viewer`` that is new."""
    asked_again = pyqtSignal(object)
    """With a ``Viewer`` that is open already, and now at another slice or image."""

    def __init__(
        self, runner: TaskRunner, choice: Choice, notices: Notices, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._dataset = choice.dataset
        self._notices = notices
        self._viewers: dict[str, Viewer] = {}
        self._presented: SliceKey | None = None
        self._shows_presented_labels = True

    @property
    def viewers(self) -> tuple[Viewer, ...]:
        """The open ones."""
        return tuple(self._viewers.values())

    def present(self, key: SliceKey | None, *, shows_labels: bool) -> None:
        """Know the slice that a reader study presents, in viewers that are opened from now on.

        Parameters
        ----------
        shows_labels:
            Whether its patient's label map may be seen.
        """
        self._presented = key
        self._shows_presented_labels = shows_labels

    def open(self, key: SliceKey, modality: str) -> None:
        """Show a slice in its patient's volume.

        Parameters
        ----------
        modality:
            Name of the image; ``SEG`` means the preferred one with the label map over it.
        """
        viewer = self._viewers.get(key.patient)
        if viewer is not None:
            viewer.show_retrieved(key.index, modality)
            self.asked_again.emit(viewer)
            return
        presented = self._presented
        is_presented = presented is not None and key.patient == presented.patient
        viewer = Viewer(
            self._runner,
            self._dataset,
            key.patient,
            self._notices,
            self,
            presented=presented.index if presented is not None and is_presented else None,
            shows_labels=self._shows_presented_labels or not is_presented,
        )
        self._viewers[key.patient] = viewer
        self.opened.emit(viewer)
        viewer.show_retrieved(key.index, modality)

    def close(self, viewer: Viewer) -> None:
        """Let go of a viewer and of its volumes."""
        if self._viewers.pop(viewer.patient, None) is not None:
            viewer.close()
            viewer.deleteLater()
