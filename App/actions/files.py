"""The File menu: sketches in and out, results to take elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtWidgets import QAction, QMenu, QWidget

from App.actions.group import ActionGroup, make_action
from App.dialog.files import FileKind, ask_existing, ask_new
from App.model.sketch_storage import OPENED_SUFFIXES
from App.presenter.files import FilesPresenter

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient

LABEL_MAP = FileKind("Label map", (".nii.gz", ".nii"))
CONTOURS = FileKind("Contours", (".json",))
ARCHIVE = FileKind("Archive", (".zip",))
FOLDER = FileKind("Folder", ("",))
PICTURE = FileKind("Picture", (".png",))
ANY_SKETCH = FileKind("All sketches", OPENED_SUFFIXES)


class FileActions:
    """Asks for the file that each action needs, and hands it to the presenter."""

    def __init__(self, parent: QWidget, files: FilesPresenter) -> None:
        self._parent = parent
        self._files = files
        self.open = make_action(
            parent,
            "&Open sketch…",
            self._open,
            keys=["Ctrl+O"],
            tip="Show a saved sketch on the slice that it was drawn on",
        )
        self.recent = QMenu("Open &recent", parent)
        self.recent.aboutToShow.connect(self._fill_recent)
        self.reopen = make_action(
            parent,
            "Reopen the &last sketch",
            files.reopen_last,
            tip="Show what was drawn in the window that was closed last",
        )
        self.save = make_action(
            parent,
            "&Save sketch",
            self._save,
            keys=["Ctrl+S"],
            tip="Save the sketch to its file, or to a new one",
        )
        self.save_as = make_action(
            parent,
            "Save sketch &as…",
            self._save_as,
            keys=["Ctrl+Shift+S"],
            tip="Save the sketch to a new file: a NIfTI label map, or contours as JSON",
        )
        self.export = make_action(
            parent,
            "&Export the search…",
            self._export,
            keys=["Ctrl+E"],
            tip="Write the results into a folder or a .zip: a table, pictures, and a report from "
            "which the search can be repeated",
        )
        files.changed.connect(self._update)
        self._update()

    @property
    def group(self) -> ActionGroup:
        """The menu."""
        opening = (self.open, self.recent, self.reopen)
        return ActionGroup("&File", (*opening, None, self.save, self.save_as, None, self.export))

    def _open(self) -> None:
        ask_existing(
            self._parent,
            "Open a sketch",
            self._files.folder,
            [ANY_SKETCH, LABEL_MAP, CONTOURS],
            self._files.open,
        )

    def _save(self) -> None:
        path = self._files.path
        if path is None:
            self._save_as()
        else:
            self._files.save_as(path)

    def _save_as(self) -> None:
        path = self._files.path or self._files.suggested_path(".nii.gz")
        ask_new(self._parent, "Save the sketch", path, [LABEL_MAP, CONTOURS], self._files.save_as)

    def _export(self) -> None:
        ask_new(
            self._parent,
            "Export the search",
            self._files.suggested_path("_search.zip"),
            [ARCHIVE, FOLDER],
            lambda path: self._files.export(path, outlined=True),
        )

    def _fill_recent(self) -> None:
        self.recent.clear()
        for path in self._files.recent_sketches:
            self.recent.addAction(self._recent_action(path))

    def _recent_action(self, path: Path) -> QAction:
        name = path.name.replace("&", "&&")
        action = make_action(self.recent, name, partial(self._files.open, path), tip=str(path))
        action.setEnabled(path.is_file())
        return action

    def _update(self) -> None:
        for action in (self.save, self.save_as):
            action.setEnabled(self._files.can_save)
        self.export.setEnabled(self._files.can_export)
        self.reopen.setEnabled(self._files.can_reopen)
        self.recent.setEnabled(bool(self._files.recent_sketches))


def ask_row_image(
    parent: QWidget, files: FilesPresenter, result: RankedPatient, outlined: bool
) -> None:
    """Ask for a file, and save the row of a result in it as a picture."""
    name = f"{result.key.patient}_{result.key.index:03d}_rank{result.rank:02d}.png"
    ask_new(
        parent,
        "Save the result as a picture",
        files.folder / name,
        [PICTURE],
        lambda path: files.save_row(path, result, outlined=outlined),
    )


def file_actions(parent: QWidget, files: FilesPresenter) -> ActionGroup:
    """The File menu of a window, up to where Quit follows."""
    return FileActions(parent, files).group
