"""Files: sketches that are saved and opened, results that are taken elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from App.model.choice import Choice
from App.model.painting import rgb
from App.model.sketch_safe import SketchSafe
from App.model.sketch_storage import SAVED_SUFFIXES, OpenedSketch, open_sketch, save_sketch
from App.preferences import Preferences
from App.presenter.loading import TemplateLoader
from App.presenter.notices import Notices
from App.presenter.placing import SketchPlacer, shown_document
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.tasks import Control, Task, TaskRunner
from sbmir.labels import PAINT_ORDER

if TYPE_CHECKING:
    from App.model.search_export import SearchExport
    from sbmir.retrieval import RankedPatient

FOLDER = "files_folder"
"""The preference that remembers where files were last saved or opened."""


@dataclass(frozen=True)
class _Home:
    """The file of the sketch, and the patient whom the sketch lies on."""

    path: Path
    patient: str


class FilesPresenter(QObject):
    """Reads and writes in the background; what is written is whole or not there."""

    changed = pyqtSignal()
    """What can be saved, reopened or exported is not the same any more."""

    def __init__(
        self,
        runner: TaskRunner,
        choice: Choice,
        sketching: SketchingPresenter,
        searching: SearchPresenter,
        template_loader: TemplateLoader,
        preferences: Preferences,
        notices: Notices,
        safe: SketchSafe,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._choice = choice
        self._sketching = sketching
        self._searching = searching
        self._preferences = preferences
        self._notices = notices
        self._safe = safe
        self.placer = SketchPlacer(choice, sketching, template_loader, notices, self)
        self._home: _Home | None = None
        self._opened: tuple[Path, OpenedSketch] | None = None
        self._opening: Task | None = None
        self._could_save = False
        self._searched_at = datetime.now(UTC)
        sketching.sketch_changed.connect(self._on_sketch)
        sketching.template_changed.connect(self.changed)
        searching.found.connect(self._on_found)
        searching.failed.connect(self.changed)
        searching.readiness_changed.connect(self.changed)
        searching.lesion_loaded.connect(self._on_other_sketch)
        self.placer.placed.connect(self._on_placed)

    # --- Sketches ---------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """The file that the sketch was saved to or opened from; None for one without.

        A sketch on another patient, or one that is begun anew, is another sketch: it must not
        overwrite that file unasked.
        """
        template, home = self._sketching.template, self._home
        if template is None or home is None or home.patient != template.patient:
            return None
        return home.path

    @property
    def can_save(self) -> bool:
        """Whether anything is drawn."""
        return self._sketching.template is not None and not self._sketching.sketch.is_empty

    @property
    def recent_sketches(self) -> tuple[Path, ...]:
        """Files of sketches, the last used first; some may not be there any more."""
        return self._preferences.recent_sketches

    def open(self, path: Path) -> None:
        """Show the sketch of a file, on the slice that it was drawn on."""
        template = self._sketching.template
        shown_extent_mm = template.extent_mm if template is not None else None
        if self._opening is not None:
            self._opening.cancel()
        self._opening = self._start(
            f"open {path.name}",
            lambda _: open_sketch(path, shown_extent_mm),
            partial(self._on_opened, path),
        )

    @property
    def can_reopen(self) -> bool:
        """Whether a window with a sketch was closed before."""
        return self._safe.last_path.is_file()

    def reopen_last(self) -> None:
        """Show the sketch of the window that was closed last."""
        self._start(
            "reopen the last sketch",
            lambda _: open_sketch(self._safe.last_path, None),
            self._on_reopened,
        )

    def save_as(self, path: Path) -> None:
        """Save the sketch; the name's end decides on the form (see ``SAVED_SUFFIXES``)."""
        template = self._sketching.template
        document = shown_document(self._choice.dataset.data_set, self._sketching)
        if document is None or template is None:
            return
        volume = next(iter(template.volumes.values())).geometry
        self._start(
            f"save {path.name}",
            lambda _: save_sketch(path, document, volume),
            lambda _: self._on_saved(path, template.patient),
            to_the_end=True,
        )

    def suggested_path(self, ending: str) -> Path:
        """A name for a new file, in the folder that was last used."""
        template = self._sketching.template
        patient = template.patient if template is not None else "sketch"
        return self.folder / f"{patient}_{self._sketching.slice_index:03d}{ending}"

    @property
    def folder(self) -> Path:
        """Where files were last saved or opened."""
        folder = Path(self._preferences.text(FOLDER))
        return folder if self._preferences.text(FOLDER) and folder.is_dir() else Path.home()

    def _on_opened(self, path: Path, opened: OpenedSketch) -> None:
        self._opening = None
        self._opened = path, opened
        self.placer.place(opened, f"open {path.name}")

    def _on_placed(self, placed: OpenedSketch) -> None:
        template = self._sketching.template
        if self._opened is not None and self._opened[1] is placed and template is not None:
            self._remember(self._opened[0], template.patient)
        else:
            self._on_other_sketch()
        self._opened = None

    def _on_other_sketch(self) -> None:
        """Forget the file: what came from elsewhere must not overwrite it unasked."""
        self._home = None
        self.changed.emit()

    def _on_reopened(self, opened: OpenedSketch) -> None:
        self.placer.place(opened, "reopen the last sketch")

    def _on_saved(self, path: Path, patient: str) -> None:
        self._remember(path, patient)
        self._notices.say(f"The sketch is saved as {path.name}.")

    def _on_sketch(self) -> None:
        if self._sketching.sketch.is_empty:
            self._home = None
        # Told only where it changes something: at each stroke it would cost the stroke's time.
        if self.can_save != self._could_save:
            self._could_save = self.can_save
            self.changed.emit()

    def _remember(self, path: Path, patient: str) -> None:
        self._home = _Home(path, patient) if path.name.endswith(SAVED_SUFFIXES) else None
        self._preferences.add_recent_sketch(path)
        self._preferences.set_text(FOLDER, str(path.parent))
        self.changed.emit()

    # --- Results ----------------------------------------------------------------------------

    @property
    def can_export(self) -> bool:
        """Whether results are shown."""
        return self._searching.outcome is not None and self._searching.reference is not None

    def export(self, path: Path, *, outlined: bool) -> None:
        """Write the search that is shown into a ``.zip`` or, without that ending, a new folder.

        Parameters
        ----------
        outlined:
            Whether the sketch is drawn over the pictures.
        """
        export = self._shown_search()
        if export is None:
            return

        def work(control: Control) -> None:
            from App.model.export import export_search

            export_search(
                path, export, outlined=outlined, progress=control.progress, check=control.check
            )

        self._notices.say(f"Exporting {len(export.results)} results.")
        self._start(
            f"export to {path.name}",
            work,
            lambda _: self._on_written("The search is exported as", path),
        )

    def save_row(self, path: Path, result: RankedPatient, *, outlined: bool) -> None:
        """Save a result of the search that is shown as a PNG."""
        export = self._shown_search()
        if export is None:
            return

        def work(_: Control) -> None:
            from App.model.export import save_row

            save_row(path, export, export.exported(result), outlined=outlined)

        self._start(
            f"save {path.name}", work, lambda _: self._on_written("The result is saved as", path)
        )

    def _shown_search(self) -> SearchExport | None:
        outcome, reference = self._searching.outcome, self._searching.reference
        if outcome is None or reference is None:
            return None
        # Of no use before the first search, and the first window is not to wait for it.
        from App.model.search_export import SearchExport

        appearance = self._sketching.appearance
        return SearchExport(
            reference=reference,
            outcome=outcome,
            results=self._searching.results,
            names={one.tissue: one.name for one in self._sketching.structures},
            colors={tissue: rgb(appearance.color(tissue)) for tissue in PAINT_ORDER},
            searched_at=self._searched_at,
        )

    def _on_found(self) -> None:
        self._searched_at = datetime.now(UTC)
        self.changed.emit()

    def _on_written(self, done: str, path: Path) -> None:
        self._preferences.set_text(FOLDER, str(path.parent))
        self._notices.say(f"{done} {path.name}.")

    # --- In the background ------------------------------------------------------------------

    def _start(
        self,
        name: str,
        work: Callable[[Control], object],
        done: Callable[[Any], None],
        *,
        to_the_end: bool = False,
    ) -> Task:
        task = self._runner.start(name, work, to_the_end=to_the_end)
        task.succeeded.connect(done)
        task.failed.connect(self._notices.fail)
        return task
