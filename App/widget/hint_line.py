"""The line beneath the slice: what to do next, or why what was asked for is not possible."""

from __future__ import annotations

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QLabel, QWidget

from App.presenter.searching import SearchPresenter
from App.presenter.sketching import SketchingPresenter
from App.widget.state_page import set_role

HINT_LOOK = "Choose a slice without lesion, then turn on sketch mode to draw."
SHORTEST_MS = 5000
MS_A_LETTER = 80


class HintLine(QLabel):
    """Says what the tool in hand does; a refusal takes its place while it is being read."""

    def __init__(
        self,
        sketching: SketchingPresenter,
        searching: SearchPresenter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._sketching = sketching
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setAccessibleName("Hint")
        self._refusal_timer = QTimer(self)
        self._refusal_timer.setSingleShot(True)
        self._refusal_timer.timeout.connect(self._show_hint)
        for signal in (
            sketching.template_changed,
            sketching.slice_changed,
            sketching.sketch_changed,
            sketching.sketching_changed,
            sketching.toolbox.tool_changed,
            searching.started,
        ):
            signal.connect(self._show_hint)
        sketching.refused.connect(self._show_refusal)
        searching.refused.connect(self._show_refusal)
        self._show_hint()

    def _show_hint(self) -> None:
        """Say what comes next; on a slice with a lesion, why one can only look at it."""
        self._refusal_timer.stop()
        tool = self._sketching.toolbox.tool
        if self._sketching.template is None:
            self._say("", "")
        elif tool.stroke is None:
            self._say(tool.guide, "quiet")  # works anywhere
        elif why := self._sketching.refusal():
            self._say(why, "")
        else:
            self._say(tool.guide if self._sketching.is_sketching else HINT_LOOK, "quiet")

    def _show_refusal(self, why: str) -> None:
        self._say(why, "problem")
        self._refusal_timer.start(max(SHORTEST_MS, MS_A_LETTER * len(why)))

    def _say(self, text: str, role: str) -> None:
        set_role(self, role)
        self.setText(text)
