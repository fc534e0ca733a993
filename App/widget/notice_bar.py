"""Short messages in the room that the menus leave: they cover nothing, and nothing jumps."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, Qt, QTimer
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QLabel, QMenuBar

from App.theme import em

SHORTEST_MS = 4000
MS_A_LETTER = 70


class NoticeBar(QLabel):
    """Shows a message to the right of the menus, for as long as it takes to read it."""

    def __init__(self, menus: QMenuBar) -> None:
        super().__init__(menus)
        self._menus = menus
        self._whole = ""
        self.setProperty("role", "notice")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAccessibleName("Message")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()
        menus.installEventFilter(self)

    def say(self, text: str) -> None:
        """Show a message in the place of the one before."""
        self._whole = text
        self.setToolTip(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start(max(SHORTEST_MS, MS_A_LETTER * len(text)))

    @property
    def message(self) -> str:
        """The whole message that is shown, though there may be room for a part only."""
        return self._whole if self.isVisible() else ""

    def eventFilter(self, menus: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Stay at the right end of the menu bar."""
        if isinstance(event, QResizeEvent):
            self._place()
        return super().eventFilter(menus, event)

    def _place(self) -> None:
        lines = self._menus.actions()
        begin = self._menus.actionGeometry(lines[-1]).right() if lines else 0
        gap = em(self, 0.5)
        room = self._menus.width() - begin - 3 * gap
        metrics = self.fontMetrics()
        width = min(metrics.horizontalAdvance(self._whole) + 2 * gap, room)
        self.setText(
            metrics.elidedText(self._whole, Qt.TextElideMode.ElideMiddle, width - 2 * gap + 1)
        )
        self.setGeometry(self._menus.width() - width - gap, 1, width, self._menus.height() - 2)
