"""What to do in one's first search, above the slice; done steps are ticked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from App.preferences import Preferences
from App.presenter.recovery import Recovery
from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.theme import em
from App.widget.state_page import set_role

SEEN = "first_hint_seen"
STEPS = ("Pick a slice", "Sketch mode", "Draw", "Search")
TIPS = (
    "Choose a slice of normal brain: one that the slice bar does not mark",
    "Turn on sketch mode, above the slice",
    "Choose a structure and drag on the slice",
    "Press Search, or Enter",
)
SLICE, MODE, DRAW, SEARCH = range(len(STEPS))


class FirstHint(QFrame):
    """Leads through the first search, and is not there at the next start.

    It stays until one sends it away: if it left by itself, the slice would move under the pen.

    Parameters
    ----------
    show_guide:
        What its button for the user guide does.
    """

    def __init__(
        self,
        sketching: SketchingPresenter,
        searching: SearchPresenter,
        recovery: Recovery,
        preferences: Preferences,
        show_guide: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._recovery = recovery
        self._preferences = preferences
        self._is_wanted = not preferences.flag(SEEN)
        self.setProperty("role", "hint")
        self.steps = [QLabel() for _ in STEPS]
        self._lay_out(show_guide)
        for number in range(len(STEPS)):
            self._show_step(number, done=False)
        self._show_or_wait()
        recovery.changed.connect(self._show_or_wait)
        sketching.slice_changed.connect(lambda _: self._show_step(SLICE, not sketching.refusal()))
        sketching.sketching_changed.connect(partial(self._show_step, MODE))
        sketching.sketch_changed.connect(
            lambda: self._show_step(DRAW, done=not sketching.sketch.is_empty)
        )
        searching.found.connect(self._on_found)

    def leave(self) -> None:
        """Go, and stay away at the next start."""
        self._preferences.set_flag(SEEN, value=True)
        self._is_wanted = False
        self._show_or_wait()

    def _on_found(self) -> None:
        self._preferences.set_flag(SEEN, value=True)
        self._show_step(SEARCH, done=True)

    def _show_or_wait(self) -> None:
        # A sketch to be had back comes first; both together would leave the slice little room.
        self.setVisible(self._is_wanted and self._recovery.offer is None)

    def _lay_out(self, show_guide: Callable[[], None]) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(em(self, 0.6), em(self, 0.3), em(self, 0.4), em(self, 0.3))
        row.setSpacing(em(self, 0.8))
        for label, tip in zip(self.steps, TIPS, strict=True):
            label.setToolTip(tip)
            row.addWidget(label)
        row.addStretch(1)
        guide = QPushButton("G&uide")
        guide.setToolTip("Open the user guide")
        guide.clicked.connect(lambda *_: show_guide())
        enough = QPushButton("&Got it")
        enough.setToolTip("Do not show this again; the menu Help has it all")
        enough.clicked.connect(self.leave)
        for button in (guide, enough):
            button.setAutoDefault(False)
            row.addWidget(button)

    def _show_step(self, number: int, done: bool) -> None:
        label = self.steps[number]
        label.setText(f"{'✓' if done else number + 1}  {STEPS[number]}")
        set_role(label, "quiet" if done else "")
