"""What the user prefers, remembered from one start to the next."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import platformdirs
from PyQt5.QtCore import QByteArray, QSettings

RECENT_SKETCHES = 8


def preferences_path() -> Path:
    """Where the preferences of this user lie."""
    return platformdirs.user_config_path("sbmir") / "window.ini"


class Preferences:
    """Named values in an ini file; what is damaged or unknown in it counts as not set.

    Parameters
    ----------
    path:
        The file; its folder is made when something is first written.
    """

    def __init__(self, path: Path) -> None:
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    def text(self, name: str, default: str = "") -> str:
        """A text, or ``default`` where none is set."""
        value = self._settings.value(name, default)
        return value if isinstance(value, str) else default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A yes or no."""
        return {"yes": True, "no": False}.get(self.text(name), default)

    def number(self, name: str, *, default: float) -> float:
        """A finite number."""
        try:
            value = float(self.text(name))
        except ValueError:
            return default
        return value if math.isfinite(value) else default

    def set_text(self, name: str, value: str) -> None:
        """Remember a text."""
        self._settings.setValue(name, value)

    def set_flag(self, name: str, *, value: bool) -> None:
        """Remember a yes or no."""
        self.set_text(name, "yes" if value else "no")

    def state(self, name: str) -> QByteArray:
        """A layout as Qt describes it; empty where none is set."""
        return QByteArray.fromBase64(self.text(name).encode("ascii", "ignore"))

    def set_state(self, name: str, state: QByteArray) -> None:
        """Remember a layout."""
        self.set_text(name, bytes(state.toBase64()).decode("ascii"))

    @property
    def recent_sketches(self) -> tuple[Path, ...]:
        """Files of sketches, the last used first."""
        try:
            names: Any = json.loads(self.text("recent_sketches", "[]"))
        except ValueError:
            return ()
        if not isinstance(names, list):
            return ()
        return tuple(Path(name) for name in names if isinstance(name, str))

    def add_recent_sketch(self, path: Path) -> None:
        """Put a file first among the recent ones."""
        others = [str(known) for known in self.recent_sketches if known != path]
        self.set_text("recent_sketches", json.dumps([str(path), *others][:RECENT_SKETCHES]))
