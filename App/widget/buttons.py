"""Buttons that show an action of the menus."""

from __future__ import annotations

from PyQt5.QtWidgets import QAbstractButton, QAction, QDockWidget, QToolButton

from App.actions.group import plain


def action_button(action: QAction, role: str = "action") -> QToolButton:
    """Make a button for an action.

    Parameters
    ----------
    role:
        How it looks: ``action``, or ``choice`` for what is on or off; see ``App.theme``.
    """
    button = QToolButton()
    button.setDefaultAction(action)
    # What it shows may be short: "Add" is two different things.
    button.setAccessibleName(plain(action.text()))
    button.setProperty("role", role)
    return button


def detached_button(action: QAction) -> QToolButton:
    """A button that shows an action and runs it.

    It is not given the action itself: then its key would be one of the main window too.
    """
    button = QToolButton()
    button.setCheckable(action.isCheckable())
    button.setProperty("role", "choice" if action.isCheckable() else "action")
    button.clicked.connect(action.trigger)

    def show() -> None:
        button.setText(action.text())
        button.setEnabled(action.isEnabled())
        button.setToolTip(action.toolTip())
        button.setChecked(action.isChecked())

    action.changed.connect(show)
    show()
    return button


def explain_dock_buttons(dock: QDockWidget) -> None:
    """Say what the small buttons in a dock's title do; Qt gives them no words."""
    for name, tip in (
        ("qt_dockwidget_floatbutton", "Take it out of the window, or put it back"),
        ("qt_dockwidget_closebutton", "Close it"),
    ):
        button = dock.findChild(QAbstractButton, name)
        if button is not None:
            button.setToolTip(tip)
            button.setAccessibleName(tip)
