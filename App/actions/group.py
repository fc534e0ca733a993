"""Actions and the groups in which menus and the keys dialog show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PyQt5.QtCore import QObject
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QMenu, QWidget

Entry = QAction | QMenu | None
"""A line of a menu; None is a separator."""


@dataclass(frozen=True, eq=False)
class ActionGroup:
    """A menu of the window, which is also a chapter of the keys dialog."""

    title: str
    entries: tuple[Entry, ...]

    @property
    def actions(self) -> tuple[QAction, ...]:
        """The actions, without separators and what submenus hold."""
        return tuple(entry for entry in self.entries if isinstance(entry, QAction))

    @property
    def lines(self) -> tuple[tuple[str, QAction], ...]:
        """All actions, also those that submenus hold now, by what they are called."""
        found: list[tuple[str, QAction]] = []
        for entry in self.entries:
            if isinstance(entry, QMenu):
                found += _lines_of(entry, "")
            elif entry is not None:
                found.append((_name(entry), entry))
        return tuple(found)

    def followed_by(self, *entries: Entry) -> ActionGroup:
        """The same menu with more lines below."""
        return replace(self, entries=(*self.entries, *entries))

    def menu(self, parent: QWidget) -> QMenu:
        """The group as a menu, which explains its lines where the pointer rests."""
        menu = QMenu(self.title, parent)
        menu.setToolTipsVisible(True)
        for entry in self.entries:
            if entry is None:
                menu.addSeparator()
            elif isinstance(entry, QMenu):
                menu.addMenu(entry)
            else:
                menu.addAction(entry)
        return menu


def plain(text: str) -> str:
    """A text of a menu without the marks of its mnemonic."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def make_action(
    parent: QObject,
    text: str,
    run: Callable[..., Any],
    *,
    keys: Sequence[str] = (),
    tip: str = "",
    short: str = "",
    checkable: bool = False,
) -> QAction:
    """Make an action.

    Parameters
    ----------
    text:
        As the menu shows it, with ``&`` before the letter of its mnemonic.
    run:
        Called without arguments; for a checkable action with whether it is on now.
    keys:
        Shortcuts, such as ``Ctrl+S``; the first is the one that is shown.
    tip:
        What it does, for the tooltip.
    short:
        The text on a button, where the menu's is too long.
    """
    action = QAction(text, parent)
    action.setShortcuts([QKeySequence(key) for key in keys])
    action.setToolTip(tip or plain(text))
    if short:
        action.setIconText(short)
    action.setCheckable(checkable)
    if checkable:
        action.toggled.connect(run)
    else:
        action.triggered.connect(lambda *_: run())
    return action


def _lines_of(menu: QMenu, prefix: str) -> list[tuple[str, QAction]]:
    prefix = f"{prefix}{plain(menu.title())}: "
    found: list[tuple[str, QAction]] = []
    for action in menu.actions():
        inner = action.menu()
        if inner is not None:
            found += _lines_of(inner, prefix)
        elif not action.isSeparator():
            found.append((prefix + _name(action), action))
    return found


def _name(action: QAction) -> str:
    """What it is called in lists; an object's name where its text changes, as that of Undo does."""
    return action.objectName() or plain(action.text()).removesuffix("…")
