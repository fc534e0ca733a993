"""All that keyboard, mouse and pen can do, in one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import (
    QAction,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from App.actions.group import ActionGroup, plain
from App.theme import em


@dataclass(frozen=True)
class Gesture:
    """Something that is done with the pointer: what it does, and how."""

    what: str
    how: str


@dataclass(frozen=True)
class Chapter:
    """Gestures of one place."""

    title: str
    gestures: tuple[Gesture, ...]


GESTURES = (
    Chapter(
        "On the slice, with the mouse",
        (
            Gesture("Another slice, or another brush in sketch mode", "Wheel"),
            Gesture("Zoom to the pointer", "Ctrl + wheel"),
            Gesture("Move the picture", "Drag with the middle button"),
            Gesture("Brightness and contrast (window and level)", "Drag with the right button"),
            Gesture("Back to the whole picture and its first window", "Double-click"),
        ),
    ),
    Chapter(
        "On the slice in sketch mode, with mouse or pen",
        (
            Gesture("Add to the active contour, or make one", "Drag from inside of it"),
            Gesture("Take away from the structure", "Drag from outside of the active contour"),
            Gesture("Add wherever the stroke starts", "Shift + drag"),
            Gesture("Erase wherever the stroke starts", "Ctrl + drag, or the pen's eraser end"),
            Gesture("Measure a distance", "Drag, with the tool Measure"),
        ),
    ),
    Chapter(
        "On a result",
        (
            Gesture("Open the patient in the viewer", "Double-click on a picture"),
            Gesture("Save the row as a picture", "Double-click with the right button"),
            Gesture("All that can be done with it", "Right click, or the button …"),
            Gesture("The result above or below; open it in the viewer", "Up, Down; Enter"),
        ),
    ),
    Chapter(
        "In the viewer, besides the keys of the menu View",
        (
            Gesture("Another slice", "Wheel"),
            Gesture("Measure a distance", "M, then drag; Esc takes it away"),
            Gesture("Lay the lesion over the image, or take it away", "L"),
            Gesture("Back to the slice that the search found", "Home"),
        ),
    ),
)


class KeysDialog(QDialog):
    """Lists actions with their keys, and gestures; what is typed narrows the list.

    It stays open beside the window, so that one can try what it says.
    """

    def __init__(self, groups: Sequence[ActionGroup], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and gestures")
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        self._groups = groups
        self.sought = QLineEdit()
        self.sought.setPlaceholderText("Type to find, such as “undo” or “wheel”")
        self.sought.setClearButtonEnabled(True)
        self.sought.setAccessibleName("Find")
        self.sought.setToolTip("Show only what has these words in it")
        self.sought.textChanged.connect(self._narrow)
        self.list = QTreeWidget()
        self.list.setAccessibleName("Keys and gestures")
        self.nothing = QLabel("Nothing is called so.")
        self.nothing.setProperty("role", "quiet")
        self.nothing.hide()
        self._lay_out()

    def open_beside(self) -> None:
        """Show it, with the keys as they are now."""
        self._fill()
        self.sought.clear()
        self.sought.setFocus()
        self.show()
        self.raise_()
        self.activateWindow()

    def _lay_out(self) -> None:
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setIndentation(em(self, 0.8))
        self.list.setItemsExpandable(False)
        self.list.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.list.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        header = self.list.header()
        if header is not None:
            header.setStretchLastSection(False)
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
            header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        space = em(self, 0.6)
        layout.setContentsMargins(space, space, space, space)
        layout.setSpacing(space)
        layout.addWidget(self.sought)
        layout.addWidget(self.nothing)
        layout.addWidget(self.list, 1)
        self.resize(em(self, 38), em(self, 36))

    def _fill(self) -> None:
        self.list.clear()
        for group in self._groups:
            title = plain(group.title)
            lines = [(name, keys_of(one, title), one.toolTip()) for name, one in group.lines]
            self._add(f"Menu {title}", lines)
        for chapter in GESTURES:
            self._add(chapter.title, [(one.what, one.how, "") for one in chapter.gestures])
        self.list.expandAll()

    def _add(self, title: str, lines: Sequence[tuple[str, str, str]]) -> None:
        chapter = QTreeWidgetItem([title])
        font = chapter.font(0)
        font.setBold(True)
        chapter.setFont(0, font)
        for what, how, tip in lines:
            line = QTreeWidgetItem([what, how])
            line.setToolTip(0, tip or what)
            chapter.addChild(line)
        self.list.addTopLevelItem(chapter)
        chapter.setFirstColumnSpanned(True)

    def _narrow(self, sought: str) -> None:
        words = sought.casefold().split()
        any_left = False
        for place in range(self.list.topLevelItemCount()):
            chapter = self.list.topLevelItem(place)
            if chapter is None:
                continue
            left = False
            for number in range(chapter.childCount()):
                line = chapter.child(number)
                if line is not None:
                    text = f"{chapter.text(0)} {line.text(0)} {line.text(1)} {line.toolTip(0)}"
                    fits = all(word in text.casefold() for word in words)
                    line.setHidden(not fits)
                    left = left or fits
            chapter.setHidden(not left)
            any_left = any_left or left
        self.nothing.setVisible(not any_left)


def keys_of(action: QAction, menu: str) -> str:
    """The keys of an action, or the menu in which it is found."""
    form = QKeySequence.SequenceFormat.NativeText
    keys = [key.toString(form) for key in action.shortcuts()]
    return "  or  ".join(keys) or f"in the menu {menu}"
