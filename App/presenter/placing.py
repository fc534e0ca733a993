"""Sketches and the slices that they belong on: taking down where one lies, and putting it there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from PyQt5.QtCore import QObject, pyqtSignal

from App.model.choice import Choice
from App.model.sketch_document import SketchDocument
from App.model.sketch_storage import OpenedSketch, slice_at
from App.model.template import TemplateVolume
from App.presenter.loading import Failed, Stopped, TemplateLoader, TemplateState
from App.presenter.notices import Notices
from App.presenter.sketching import SketchingPresenter
from sbmir.errors import DataError
from sbmir.keys import SliceKey

SAME_EXTENT_MM = 0.5


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A sketch whose template patient is being loaded."""

    patient: str
    opened: OpenedSketch
    text: str


class SketchPlacer(QObject):
    """Shows sketches, each on its own template patient where that one is at hand.

    Another patient is loaded first. Replacing the sketch is one step of the history.
    """

    placed = pyqtSignal(object)
    """With the ``OpenedSketch`` that is shown now."""

    def __init__(
        self,
        choice: Choice,
        sketching: SketchingPresenter,
        template_loader: TemplateLoader,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._choice = choice
        self._sketching = sketching
        self._loader = template_loader
        self._notices = notices
        self._waiting: _Waiting | None = None
        sketching.template_changed.connect(self._on_template)
        template_loader.state_changed.connect(self._on_loader)

    def place(self, opened: OpenedSketch, text: str) -> None:
        """Show a sketch in place of what is drawn; where that cannot be, the user is told.

        Parameters
        ----------
        text:
            How the history calls the step, such as ``"open a.json"``.
        """
        self._waiting = None
        patient = self._patient_at_hand(opened)
        shown = self._sketching.template
        if patient is not None and (shown is None or shown.patient != patient):
            self._waiting = _Waiting(patient, opened, text)
            self._notices.say(f"Loading {patient}, whom the sketch was drawn on.")
            self._loader.load(patient)
        elif shown is None:
            self._notices.fail(
                DataError(
                    "There is no template patient to lay the sketch on.",
                    remedy="Open it again once a template patient is shown.",
                )
            )
        else:
            self._put(opened, text, shown)

    def _patient_at_hand(self, opened: OpenedSketch) -> str | None:
        """The patient whom the sketch names, where this data set has them."""
        key = opened.template
        if key is None or key.dataset != self._choice.dataset.data_set:
            return None
        return key.patient if key.patient in self._choice.template_patients() else None

    def _on_template(self) -> None:
        waiting, shown = self._waiting, self._sketching.template
        if waiting is None or shown is None:
            return
        self._waiting = None
        if shown.patient == waiting.patient:
            self._put(waiting.opened, waiting.text, shown)
        else:
            self._notices.say("The sketch was not opened, as another patient was chosen meanwhile.")

    def _on_loader(self, state: TemplateState) -> None:
        if isinstance(state, Failed | Stopped) and self._waiting is not None:
            self._waiting = None
            self._notices.say("The sketch was not opened, as its template patient is not loaded.")

    def _put(self, opened: OpenedSketch, text: str, shown: TemplateVolume) -> None:
        key = opened.template
        is_own = key is not None and key.patient == shown.patient
        if not _same_extent(opened.extent_mm, shown.extent_mm):
            self._notices.fail(_wrong_size(opened, shown))
            return
        if key is not None and is_own and key.index >= shown.n_slices:
            self._notices.fail(_no_such_slice(key.index, shown))
            return
        index = _slice_of(opened, shown) if is_own or key is None else None
        has_lesion = index is not None and shown.is_abnormal(index)
        # A slice with a lesion of its own can be looked at, but nothing may be laid on it.
        self._sketching.load_sketch(opened.sketch, text, None if has_lesion else index)
        if has_lesion:
            self._notices.say(
                f"The sketch is here. Slice {index}, which it was saved on, shows a lesion of its "
                "own; choose another to search on."
            )
        elif key is not None and not is_own:
            self._notices.say(
                f"The sketch was drawn on {key.patient}, who is not in this data set. It lies on "
                f"{shown.patient} now: check its place."
            )
        self.placed.emit(opened)


def shown_document(data_set: str, sketching: SketchingPresenter) -> SketchDocument | None:
    """What is drawn, with the slice that it lies on; None where nothing is."""
    template = sketching.template
    if template is None or sketching.sketch.is_empty:
        return None
    key = SliceKey(data_set, template.patient, sketching.slice_index)
    return SketchDocument(key, template.extent_mm, sketching.sketch, datetime.now(UTC))


def _slice_of(opened: OpenedSketch, shown: TemplateVolume) -> int | None:
    """The slice that a file names or lies on; None where it tells neither."""
    if opened.template is not None:
        return opened.template.index
    if opened.plane is None:
        return None
    return slice_at(next(iter(shown.volumes.values())).geometry, opened.plane)


def _same_extent(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(a - b) <= SAME_EXTENT_MM for a, b in zip(one, other, strict=True))


def _no_such_slice(index: int, shown: TemplateVolume) -> DataError:
    return DataError(
        f"The sketch was drawn on slice {index} of {shown.patient}.",
        why=f"That patient has the slices 0 to {shown.n_slices - 1} here.",
    )


def _wrong_size(opened: OpenedSketch, shown: TemplateVolume) -> DataError:
    def size(extent_mm: tuple[float, float]) -> str:
        return f"{extent_mm[1]:.0f} x {extent_mm[0]:.0f} mm"

    return DataError(
        "The sketch is of another size than the slices of the template patient.",
        why=f"It lies on a picture of {size(opened.extent_mm)}; those of {shown.patient} "
        f"are {size(shown.extent_mm)}. Stretching it would change the lesion.",
        remedy="Open it on the patient whom it was drawn on.",
    )
