"""Asking for files: dialogs that do not block the window behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QFileDialog, QMessageBox, QWidget

from App.theme import em


@dataclass(frozen=True)
class FileKind:
    """A line of the dialog's choice of kinds: what it is called and how such names end.

    A folder's name ends with nothing.
    """

    name: str
    endings: tuple[str, ...]

    @property
    def filter(self) -> str:
        """As Qt writes it."""
        return f"{self.name} ({' '.join(f'*{ending}' for ending in self.endings)})"


def ask_existing(
    parent: QWidget,
    title: str,
    folder: Path,
    kinds: Sequence[FileKind],
    then: Callable[[Path], None],
) -> QFileDialog:
    """Ask for a file that is there, and call ``then`` with it."""
    dialog = _dialog(parent, title, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setDirectory(str(folder))
    dialog.fileSelected.connect(lambda name: then(Path(name)))
    dialog.open()
    return dialog


def ask_new(
    parent: QWidget, title: str, path: Path, kinds: Sequence[FileKind], then: Callable[[Path], None]
) -> QFileDialog:
    """Ask for the name of a new file, and call ``then`` with it.

    A name without one of the known endings gets that of the kind that is chosen. A file that is
    there already is replaced only where the user says so.
    """
    dialog = _dialog(parent, title, kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # Qt would ask about the name before it has its ending.
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.setDirectory(str(path.parent))
    dialog.selectFile(path.name)
    dialog.fileSelected.connect(partial(_with_ending, parent, dialog, tuple(kinds), then))
    dialog.open()
    return dialog


def _dialog(parent: QWidget, title: str, kinds: Sequence[FileKind]) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    # Qt's own dialog looks and behaves alike everywhere, and follows the window's theme.
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.resize(em(dialog, 40), em(dialog, 24))
    dialog.setNameFilters([kind.filter for kind in kinds])
    return dialog


def _with_ending(
    parent: QWidget,
    dialog: QFileDialog,
    kinds: tuple[FileKind, ...],
    then: Callable[[Path], None],
    name: str,
) -> None:
    path = Path(name)
    known = tuple(ending for kind in kinds for ending in kind.endings if ending)
    if not path.name.endswith(known):
        chosen = next((k for k in kinds if k.filter == dialog.selectedNameFilter()), kinds[0])
        path = path.with_name(path.name + chosen.endings[0])
    if not path.is_file():
        then(path)
        return
    question = QMessageBox(
        QMessageBox.Icon.Question,
        "Replace the file?",
        f"{path.name} is there already.",
        QMessageBox.StandardButtons(QMessageBox.StandardButton.Cancel),
        parent,
    )
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    replace = question.addButton("&Replace", QMessageBox.ButtonRole.DestructiveRole)
    question.setDefaultButton(QMessageBox.StandardButton.Cancel)
    question.buttonClicked.connect(lambda button: then(path) if button is replace else None)
    question.open()
