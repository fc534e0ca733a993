"""The strip above the slice that offers what was drawn before a crash."""

from __future__ import annotations

from datetime import datetime

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QImage, QPixmap
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from App.presenter.recovery import Offer, Recovery
from App.theme import em

PICTURE_EM = 4.2


class RecoveryBar(QFrame):
    """Shows the sketch that is offered; hidden while there is none."""

    def __init__(self, recovery: Recovery, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recovery = recovery
        self.setProperty("role", "banner")
        self.setAccessibleName("A sketch that can be had back")
        self.picture = QLabel()
        self.title = QLabel("You can have this sketch back")
        self.title.setProperty("role", "title")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.setToolTip("It was drawn in a window that was not closed")
        self.restore = QPushButton("&Restore")
        self.restore.setProperty("role", "primary")
        self.restore.setToolTip("Show this sketch on its slice; what is drawn now can be undone to")
        self.restore.clicked.connect(recovery.restore)
        self.discard = QPushButton("&Discard")
        self.discard.setToolTip("Delete this sketch for good")
        self.discard.clicked.connect(recovery.discard)
        self._lay_out()
        recovery.changed.connect(self._show)
        self._show()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(em(self, 0.2))
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.text)
        words.addStretch(1)
        row = QHBoxLayout(self)
        space = em(self, 0.5)
        row.setContentsMargins(space, space, space, space)
        row.setSpacing(em(self, 0.7))
        row.addWidget(self.picture)
        row.addLayout(words, 1)
        row.addWidget(self.discard)
        row.addWidget(self.restore)

    def _show(self) -> None:
        offer = self._recovery.offer
        self.setVisible(offer is not None)
        if offer is None:
            return
        key = offer.document.template
        more = f" {offer.n_more} more follow." if offer.n_more > 1 else ""
        more = " One more follows." if offer.n_more == 1 else more
        self.text.setText(
            f"Drawn {when(offer.changed_at)}, on slice {key.index} of {key.patient}.{more}"
        )
        self.picture.setPixmap(self._pixmap(offer))

    def _pixmap(self, offer: Offer) -> QPixmap:
        rows, columns, channels = offer.picture.shape
        image = QImage(
            offer.picture.tobytes(), columns, rows, channels * columns, QImage.Format.Format_RGB888
        )
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap.fromImage(image).scaledToHeight(
            round(em(self, PICTURE_EM) * ratio), Qt.TransformationMode.SmoothTransformation
        )
        pixmap.setDevicePixelRatio(ratio)
        return pixmap


def when(then: datetime, now: datetime | None = None) -> str:
    """A time of the user's own zone as one says it, such as ``today at 14:32``."""
    now = now or datetime.now().astimezone()
    days = (now.date() - then.date()).days
    named = {0: "today", 1: "yesterday"}
    day = named.get(days) or f"on {then.day} {then:%B %Y}"
    return f"{day} at {then:%H:%M}"
