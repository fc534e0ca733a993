"""Buttons that show an action of the menus."""

from __future__ import annotations

from PyQt5.QtWidgets import QAction, QToolButton


def action_button(action: QAction, role: str = "action") -> QToolButton:
    """Make a button for an action.

    Parameters
    ----------
    role:
        How it looks: ``action``, or ``choice`` for what is on or off; see ``App.theme``.
    """
    button = QToolButton()
    button.setDefaultAction(action)
    button.setProperty("role", role)
    return button
