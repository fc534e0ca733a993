"""How sketches look wherever they are shown: colours, opacity, what is hidden."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QObject, pyqtSignal

from sbmir.config.application import StructureSettings
from sbmir.labels import TissueClass

FIRST_OPACITY = 0.42
CONFIGURED = "As configured"
COLOUR_BLIND_SAFE = "Colour-blind safe"

# Yellow, vermillion and sky blue of Okabe and Ito, "Color universal design" (2008): apart from
# each other, and from the grey of a slice, for all common kinds of colour vision.
OKABE_ITO = {
    TissueClass.ED: "#f0e442",
    TissueClass.ET: "#d55e00",
    TissueClass.NET: "#56b4e9",
}


class Appearance(QObject):
    """Colours of the structures, the opacity of their fill, and which of them are shown.

    Parameters
    ----------
    structures:
        With the colours of the palette "As configured".
    """

    changed = pyqtSignal()

    def __init__(
        self, structures: Sequence[StructureSettings], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._palettes = {
            CONFIGURED: {s.tissue: s.color for s in structures},
            COLOUR_BLIND_SAFE: {s.tissue: OKABE_ITO[s.tissue] for s in structures},
        }
        self._palette = CONFIGURED
        self._opacity = FIRST_OPACITY
        self._hidden: frozenset[TissueClass] = frozenset()

    @property
    def palettes(self) -> tuple[str, ...]:
        """Names of the palettes to choose from."""
        return tuple(self._palettes)

    @property
    def palette(self) -> str:
        """Name of the palette in use."""
        return self._palette

    def set_palette(self, name: str) -> None:
        """Use another palette; a name that is not known, such as an old one, changes nothing."""
        if name in self._palettes and name != self._palette:
            self._palette = name
            self.changed.emit()

    def color(self, tissue: TissueClass) -> str:
        """Colour of a structure, ``#rrggbb``."""
        return self._palettes[self._palette][tissue]

    @property
    def opacity(self) -> float:
        """Of the fill of contours, from 0, outlines only, to 1."""
        return self._opacity

    def set_opacity(self, opacity: float) -> None:
        """Let contours hide less or more of the picture."""
        opacity = min(max(opacity, 0.0), 1.0)
        if opacity != self._opacity:
            self._opacity = opacity
            self.changed.emit()

    def is_shown(self, tissue: TissueClass) -> bool:
        """Whether the contours of a structure are shown."""
        return tissue not in self._hidden

    def set_shown(self, tissue: TissueClass, on: bool) -> None:
        """Show or hide a structure; a search takes it in either way."""
        self._hide(self._hidden - {tissue} if on else self._hidden | {tissue})

    def set_all_shown(self, on: bool) -> None:
        """Show or hide all structures."""
        self._hide(frozenset() if on else frozenset(self._palettes[CONFIGURED]))

    def _hide(self, hidden: frozenset[TissueClass]) -> None:
        if hidden != self._hidden:
            self._hidden = hidden
            self.changed.emit()
