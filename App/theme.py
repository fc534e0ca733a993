"""Colours and sizes of the window: a light and a dark theme, sizes in the font's height."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtGui import QColor, QPalette
from PyQt5.QtWidgets import QApplication, QWidget

from App.preferences import Preferences

DARK_BELOW_LIGHTNESS = 128
DESKTOP_THEME = "desktopTheme"
"""Property of Qt's application: the theme of the desktop, before ours took its place."""
THEME_NAMES = {"system": "As the &desktop", "light": "&Light", "dark": "&Dark"}
"""What can be chosen, and how the menu calls it."""

POINT_OFF, POINT_ON = "#b3261e", "#1763ab"
"""Grounds of a box that is not ticked and of one that is, in all themes: red and blue."""


@dataclass(frozen=True)
class Theme:
    """Colours by their role, as ``#rrggbb``; text on its ground has a contrast of 4.5 or more."""

    window: str
    field: str
    button: str
    text: str
    quiet: str
    """Text that is not the first to be read."""
    disabled: str
    line: str
    accent: str
    on_accent: str
    chosen: str
    """Ground of a button that is switched on."""
    problem: str
    presented: str
    """Ground of the retrieved patient who is the presented one: orange."""


LIGHT = Theme(
    window="#f3f4f6",
    field="#ffffff",
    button="#e6e8ec",
    text="#1b1e24",
    quiet="#565d69",
    disabled="#8f96a1",
    line="#c3c8d0",
    accent="#1763ab",
    on_accent="#ffffff",
    chosen="#cfe2f5",
    problem="#b3261e",
    presented="#ffb454",
)
DARK = Theme(
    window="#22252b",
    field="#191b20",
    button="#343840",
    text="#e7e9ed",
    quiet="#a7adb8",
    disabled="#747b87",
    line="#474c56",
    accent="#3f8fd8",
    on_accent="#0b0d10",
    chosen="#264a6e",
    problem="#ff8a80",
    presented="#a14f00",
)


class Look(QObject):
    """Which theme all windows have; it is remembered, and can change while they are open.

    Parameters
    ----------
    default:
        The theme where the user has not chosen one: a name of ``THEME_NAMES``.
    """

    changed = pyqtSignal()

    def __init__(self, application: QApplication, preferences: Preferences, default: str) -> None:
        super().__init__()
        self._application = application
        self._preferences = preferences
        chosen = preferences.text("theme", default)
        self._name = chosen if chosen in THEME_NAMES else "system"

    @property
    def name(self) -> str:
        """What is chosen, of ``THEME_NAMES``."""
        return self._name

    @property
    def theme(self) -> Theme:
        """The colours that this means now."""
        themes = {"light": LIGHT, "dark": DARK}
        return themes.get(self._name) or system_theme(self._application)

    def apply(self) -> None:
        """Let all windows have the theme's colours."""
        theme = self.theme
        self._application.setStyle("Fusion")
        self._application.setPalette(_palette(theme))
        self._application.setStyleSheet(_style_sheet(theme))

    def choose(self, name: str) -> None:
        """Take another theme, and remember it."""
        if name != self._name:
            self._name = name
            self._preferences.set_text("theme", name)
            self.apply()
            self.changed.emit()


def system_theme(application: QApplication) -> Theme:
    """The theme that suits the desktop: dark where its windows are."""
    known = application.property(DESKTOP_THEME)
    if known is None:
        # The palette tells of the desktop only until we set our own.
        lightness = application.palette().color(QPalette.ColorRole.Window).lightness()
        known = "dark" if lightness < DARK_BELOW_LIGHTNESS else "light"
        application.setProperty(DESKTOP_THEME, known)
    return DARK if known == "dark" else LIGHT


def em(widget: QWidget, count: float) -> int:
    """``count`` times the height of the widget's font, in its pixels."""
    return round(widget.fontMetrics().height() * count)


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for one, color in {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.field,
        role.AlternateBase: theme.window,
        role.Text: theme.text,
        role.PlaceholderText: theme.quiet,
        role.Button: theme.button,
        role.ButtonText: theme.text,
        role.BrightText: theme.problem,
        role.ToolTipBase: theme.field,
        role.ToolTipText: theme.text,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.Mid: theme.line,
        # Of the frames around what floats: white, unless told otherwise.
        role.Light: theme.line,
        role.Midlight: theme.line,
    }.items():
        palette.setColor(one, QColor(color))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, QColor(theme.disabled))
    # Qt lays a copy in this colour beneath the disabled lines of menus: it must not be seen.
    palette.setColor(QPalette.ColorGroup.Disabled, role.Light, QColor(theme.field))
    return palette


def _style_sheet(theme: Theme) -> str:
    """What a palette cannot say; ``role`` is a property that widgets are given."""
    return f"""
        QLabel[role="quiet"] {{ color: {theme.quiet}; }}
        QLabel[role="problem"] {{ color: {theme.problem}; font-weight: bold; }}
        QLabel[role="title"] {{ font-weight: bold; }}
        QPushButton[role="primary"] {{
            background: {theme.accent}; color: {theme.on_accent}; font-weight: bold;
            border: 1px solid {theme.accent}; border-radius: 4px; padding: 0.4em 1.2em;
        }}
        QPushButton[role="primary"]:focus {{ border-color: {theme.text}; outline: none; }}
        QPushButton[role="primary"]:disabled {{
            background: {theme.button}; color: {theme.disabled}; border-color: {theme.line};
        }}
        QToolButton[role="choice"], QToolButton[role="action"], QPushButton[role="choice"] {{
            background: {theme.button}; color: {theme.text};
            border: 1px solid {theme.line}; border-radius: 4px; padding: 0.2em 0.5em;
        }}
        *[role="choice"]:checked {{ background: {theme.chosen}; border-color: {theme.accent}; }}
        *[role="choice"]:hover, *[role="action"]:hover {{ border-color: {theme.quiet}; }}
        *[role="choice"]:focus, *[role="action"]:focus {{ border-color: {theme.text}; }}
        *[role="choice"]:disabled, *[role="action"]:disabled {{
            color: {theme.disabled}; background: {theme.window};
        }}
        QFrame[role="row"] {{
            background: {theme.field}; border: 1px solid {theme.line}; border-radius: 4px;
        }}
        QFrame[role="row"][current="true"] {{ border-color: {theme.accent}; }}
        QFrame[role="row"][presented="true"] {{ background: {theme.presented}; }}
        QFrame[role="row"][presented="true"] QLabel {{ color: {theme.text}; }}
        QToolButton[role="point"] {{
            background: {POINT_OFF}; color: #ffffff; font-weight: bold;
            border: 1px solid {theme.line}; border-radius: 4px; padding: 0.2em 0.5em;
        }}
        QToolButton[role="point"]:checked {{ background: {POINT_ON}; }}
        QToolButton[role="point"]:focus, QToolButton[role="point"]:hover {{
            border-color: {theme.text};
        }}
        QFrame[role="inset"] {{
            background: {theme.window}; border: 1px solid {theme.line}; border-radius: 4px;
        }}
        QFrame[role="banner"], QFrame[role="hint"] {{
            background: {theme.chosen}; border: 1px solid {theme.accent}; border-radius: 4px;
        }}
        QLabel[role="notice"] {{
            background: {theme.chosen}; color: {theme.text}; border-radius: 4px;
        }}
        QLabel[role="small"] {{ color: {theme.quiet}; font-size: 0.9em; }}
        QToolButton[role="plain"] {{
            background: transparent; border: 1px solid transparent; border-radius: 4px;
            padding: 0.1em 0.3em;
        }}
        QToolButton[role="plain"]:hover, QToolButton[role="plain"]:focus {{
            border-color: {theme.quiet};
        }}
        QToolButton[role="plain"]::menu-indicator {{ image: none; }}
        QToolTip {{
            background: {theme.field}; color: {theme.text}; border: 1px solid {theme.line};
        }}
    """
