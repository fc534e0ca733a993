"""How the window looks: its theme, the colours of structures, and where its parts are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PyQt5.QtWidgets import QAction, QActionGroup, QMenu, QWidget

from App.actions.group import Entry, make_action, plain
from App.presenter.appearance import Appearance
from App.theme import THEME_NAMES, Look


class ChoiceMenu(QMenu):
    """A submenu of which one line is ticked: the one that is chosen.

    Parameters
    ----------
    names:
        What can be chosen, and how the menu calls it.
    chosen, choose:
        Tell which it is, and choose another.
    """

    def __init__(
        self,
        parent: QWidget,
        title: str,
        names: Mapping[str, str],
        chosen: Callable[[], str],
        choose: Callable[[str], None],
    ) -> None:
        super().__init__(title, parent)
        self.setToolTipsVisible(True)
        self._chosen = chosen
        self._choose = choose
        group = QActionGroup(self)
        self.lines = {
            name: _line(group, text, f"{plain(title)}: {plain(text)}")
            for name, text in names.items()
        }
        self.addActions(group.actions())
        group.triggered.connect(self._on_line)
        self.aboutToShow.connect(self.show_choice)
        self.show_choice()

    def show_choice(self) -> None:
        """Tick what is chosen now."""
        for name, line in self.lines.items():
            line.setChecked(name == self._chosen())

    def _on_line(self) -> None:
        for name, line in self.lines.items():
            if line.isChecked():
                self._choose(name)


def _line(group: QActionGroup, text: str, tip: str) -> QAction:
    line = QAction(text, group)  # the group takes its children in
    line.setToolTip(tip)
    line.setCheckable(True)
    return line


def comfort_entries(
    parent: QWidget, look: Look, appearance: Appearance, reset_layout: Callable[[], None]
) -> tuple[Entry, ...]:
    """Make the lines of the menu View that are about the window itself."""
    reset = make_action(
        parent,
        "&Reset the layout",
        reset_layout,
        keys=("Ctrl+Shift+L",),
        tip="Put the parts of the window where they were at the first start",
    )
    theme = ChoiceMenu(parent, "&Theme", THEME_NAMES, lambda: look.name, look.choose)
    colors = ChoiceMenu(
        parent,
        "Structure &colours",
        {name: name for name in appearance.palettes},
        lambda: appearance.palette,
        appearance.set_palette,
    )
    return (theme, colors, None, reset)
