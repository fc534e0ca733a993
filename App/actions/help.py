"""Help: the keys, the user guide, and who made this."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtWidgets import QWidget

from App.actions.group import ActionGroup, make_action


def help_actions(
    parent: QWidget,
    *,
    show_keys: Callable[[], None],
    show_guide: Callable[[], None],
    show_credit: Callable[[], None],
) -> ActionGroup:
    """Make the actions of the menu Help."""
    return ActionGroup(
        "&Help",
        (
            make_action(
                parent,
                "&Keys and gestures",
                show_keys,
                keys=("F1", "Ctrl+/"),
                tip="All that the keyboard, the mouse and the pen can do",
            ),
            make_action(
                parent,
                "User &guide",
                show_guide,
                keys=("Shift+F1",),
                tip="How to use this window, with pictures",
            ),
            None,
            make_action(
                parent,
                "&Credit",
                show_credit,
                tip="The paper behind it, the licence, the versions",
            ),
        ),
    )
