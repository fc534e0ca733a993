"""What the model makes of the query: the image that it imagines, in a corner of the slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt5.QtCore import QEvent, QObject, Qt
from PyQt5.QtWidgets import (
    QAction,
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from App.model.result_pictures import ResultPicture
from App.presenter.searching import SearchPresenter
from App.theme import em
from App.widget.picture_view import PictureView

LEAST_EM, MOST_EM = 9.0, 18.0
SHARE = 0.24
"""Of the slice's width, between those two."""
HEIGHT_SHARE = 0.38
"""Of the slice's height, at most: one draws on the rest."""
PREFERRED = "FLAIR"
"""Shows the whole lesion, oedema included, and small models imagine it best."""


class ImaginedInset(QFrame):
    """Lies over a corner of the slice while it is switched on.

    Parameters
    ----------
    over:
        The widget in whose lower right corner it lies.
    toggle:
        Switches it on and off.
    modalities:
        Names of the images that the model imagines.
    """

    def __init__(
        self,
        over: QWidget,
        searching: SearchPresenter,
        toggle: QAction,
        modalities: Sequence[str],
    ) -> None:
        super().__init__(over)
        self._over = over
        self.pictures = {name: PictureView("Imagined", {}) for name in modalities}
        self.switch = QToolButton()
        self._stack = QStackedWidget()
        self._close = QToolButton()
        self.setProperty("role", "inset")
        self.setAutoFillBackground(True)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setToolTip("What the model makes of the query, made up from its code")
        self._lay_out(toggle)
        self._choose(PREFERRED if PREFERRED in self.pictures else modalities[-1])
        over.installEventFilter(self)
        toggle.toggled.connect(self._show_or_hide)
        searching.imagined.connect(self._show_pictures)
        self._show_or_hide(toggle.isChecked())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Stay in the corner when the slice's place changes its size."""
        if event is not None and event.type() == QEvent.Type.Resize:
            self._place()
        return bool(super().eventFilter(watched, event))

    def _lay_out(self, toggle: QAction) -> None:
        for name, picture in self.pictures.items():
            picture.setAccessibleName(f"Imagined {name}")
            picture.set_message("Search to see it")
            self._stack.addWidget(picture)
        self.switch.setProperty("role", "plain")
        self.switch.setToolTip(f"Show the next of {', '.join(self.pictures)}")
        self.switch.setAccessibleName("Next imagined image")
        self.switch.clicked.connect(self._choose_next)
        self._close.setText("×")
        self._close.setProperty("role", "plain")
        self._close.setToolTip("Hide the imagined image (I)")
        self._close.setAccessibleName("Hide the imagined image")
        self._close.clicked.connect(lambda: toggle.setChecked(False))
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.switch)
        row.addStretch(1)
        row.addWidget(self._close)
        layout = QVBoxLayout(self)
        space = em(self, 0.2)
        layout.setContentsMargins(space, space, space, space)
        layout.setSpacing(space)
        layout.addLayout(row)
        layout.addWidget(self._stack, 1)

    def _choose(self, name: str) -> None:
        self.switch.setText(f"{name} ⇄")
        self._stack.setCurrentWidget(self.pictures[name])

    def _choose_next(self) -> None:
        names = list(self.pictures)
        self._choose(names[(self._stack.currentIndex() + 1) % len(names)])

    def _show_or_hide(self, on: bool) -> None:
        self.setVisible(on)
        if on:
            self._place()
            self.raise_()

    def _show_pictures(self, pictures: Mapping[str, ResultPicture] | None) -> None:
        for name, view in self.pictures.items():
            if pictures is not None and name in pictures:
                view.set_picture(pictures[name])
            else:
                view.set_stale()
        self._place()

    def _place(self) -> None:
        """Take the corner: as wide as the buttons need, as high as the image then is."""
        share = round(self._over.width() * SHARE)
        width = min(max(share, em(self, LEAST_EM)), em(self, MOST_EM))
        margins = self.contentsMargins()
        picture = next(iter(self.pictures.values()))
        inner = width - 2 * em(self, 0.2) - margins.left() - margins.right()
        header = self._close.sizeHint().height() + 3 * em(self, 0.2)
        image = picture.heightForWidth(inner)
        room = round(self._over.height() * HEIGHT_SHARE) - header
        if image > room:
            width -= round(inner * (1 - room / image))
            image = room
        height = header + image
        self.setGeometry(
            self._over.width() - width - em(self, 0.3),
            self._over.height() - height - em(self, 0.3),
            width,
            height,
        )
