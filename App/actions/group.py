"""Actions and the groups in which menus and the keys dialog show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import QObject
from PyQt5.QtGui import QKeySequence
from PyQt5.QtWidgets import QAction, QMenu

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
    action.setToolTip(tip or text.replace("&", ""))
    if short:
        action.setIconText(short)
    action.setCheckable(checkable)
    if checkable:
        action.toggled.connect(run)
    else:
        action.triggered.connect(lambda *_: run())
    return action
