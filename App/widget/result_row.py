"""One retrieved patient: its name, its distance, its pictures, and why it matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from PyQt5.QtCore import QEvent, QPoint, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout

from App.model.framing import part_with_head
from App.model.reasons import dice_text, in_full, shift_text, size_text
from App.model.result_pictures import ResultPicture
from App.model.results import result_title
from App.theme import em
from App.widget.picture_view import Outline, PictureView
from App.widget.state_page import set_look
from sbmir.labels import PAINT_ORDER, TissueClass

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient
    from sbmir.similarity import LesionComparison

HINT = (
    "A double-click on a picture, or Enter, opens the patient in the viewer. "
    "A double-click with the right button saves the row as a picture."
)
ENTER_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ResultRow(QFrame):
    """A retrieved patient; the pictures and the reasons come later than the name.

    Parameters
    ----------
    picture_names:
        Of the images, and of the label map at last.
    tissue_names:
        What the structures are called in the window.
    colors:
        ``#rrggbb`` of each tissue.
    """

    opened = pyqtSignal(str)
    """It is to be opened in the viewer; with the name of the picture, or nothing for any."""
    kept = pyqtSignal()
    """It is to be saved as a picture."""
    chosen = pyqtSignal()
    """It has the focus: what one does with results, one does with this one."""
    menu_wanted = pyqtSignal(QPoint)
    """With a place on the screen."""

    def __init__(
        self,
        result: RankedPatient,
        picture_names: Sequence[str],
        tissue_names: Mapping[TissueClass, str],
        colors: Mapping[TissueClass, str],
    ) -> None:
        super().__init__()
        self.result = result
        self.loaded: tuple[ResultPicture, ...] = ()
        self.reasons: LesionComparison | None = None
        self._tissue_names = dict(tissue_names)
        self._colors = colors
        self.title = QLabel()
        self.distance = QLabel()
        self.why = QLabel()
        self.more = QToolButton()
        self.pictures = [PictureView(name, colors) for name in picture_names]
        self.setProperty("role", "row")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(HINT)
        self._lay_out()
        for picture in self.pictures:
            picture.opened.connect(self.opened)
            picture.kept.connect(self.kept)
        self.more.clicked.connect(self._show_menu)
        self._show_title()

    def show_result(self, result: RankedPatient) -> None:
        """Show another result in this place; what is known of the same slice stays."""
        is_same = result.key == self.result.key
        self.result = result
        self._show_title()
        if is_same:
            return
        self.loaded = ()
        self.set_reasons(None)
        for picture in self.pictures:
            picture.set_stale()

    def set_pictures(self, pictures: Sequence[ResultPicture]) -> None:
        """Show the pictures."""
        self.loaded = tuple(pictures)
        part = part_with_head(pictures)
        for view, picture in zip(self.pictures, pictures, strict=True):
            view.set_picture(picture, part)

    def set_reasons(self, reasons: LesionComparison | None) -> None:
        """Say how the lesion compares with the sketched one; None while that is not known."""
        self.reasons = reasons
        self._show_reasons()

    def set_outline(self, outline: Outline | None) -> None:
        """Draw the sketch over the pictures, or no longer."""
        for picture in self.pictures:
            picture.set_outline(outline)

    def set_colors(self, colors: Mapping[TissueClass, str]) -> None:
        """Give the tissues other colours."""
        self._colors = colors
        for picture in self.pictures:
            picture.set_colors(colors)
        self._show_reasons()

    def set_current(self, on: bool) -> None:
        """Mark it as the row that actions are done with."""
        set_look(self, "current", "true" if on else "false")

    # --- Layout -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.title.setWordWrap(True)
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.title.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.title.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # the row has one
        self.distance.setProperty("role", "quiet")
        self.distance.setToolTip("Of the query's code to this slice's; smaller is more alike")
        self.why.setProperty("role", "quiet")
        self.why.setTextFormat(Qt.TextFormat.RichText)
        # The line may be cut off in a narrow dock; the tooltip has all of it.
        self.why.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.why.setFixedHeight(em(self, 1.1))
        self.more.setText("⋯")
        self.more.setProperty("role", "plain")
        self.more.setToolTip("What one can do with this result")
        self.more.setAccessibleName("More")
        self.more.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.more.setFixedSize(QSize(em(self, 1.7), em(self, 1.3)))
        header = QHBoxLayout()
        header.setSpacing(em(self, 0.4))
        header.addWidget(self.title, 1)
        header.addWidget(self.distance)
        header.addWidget(self.more)
        row = QHBoxLayout()
        row.setSpacing(em(self, 0.25))
        for picture in self.pictures:
            row.addWidget(picture, 1)
        self.column = QVBoxLayout(self)
        space = em(self, 0.45)
        self.column.setContentsMargins(space, round(space * 0.7), space, round(space * 0.7))
        self.column.setSpacing(em(self, 0.25))
        self.column.addLayout(header)
        self.column.addLayout(row)
        self.column.addWidget(self.why)

    def _show_title(self) -> None:
        title = result_title(self.result)
        number, _, name = title.partition(" ")
        self.title.setText(f"<b>{escape(number)}</b> {escape(name)}")
        self.distance.setText(f"distance {self.result.distance:.3f}")
        self.setAccessibleName(title)

    def _show_reasons(self) -> None:
        reasons = self.reasons
        if reasons is None:
            self.why.setText("")
            self.why.setToolTip("")
            return
        parts = [
            f'<span style="color:{self._colors[tissue]}">⬤</span>&nbsp;{tissue.name}&nbsp;'
            f"{dice_text(reasons.dice[tissue])}"
            for tissue in PAINT_ORDER
        ]
        overlap = "Dice&nbsp; " + "&nbsp; ".join(parts)
        words = (size_text(reasons.size_ratio), shift_text(reasons.centroid_shift_mm))
        self.why.setText(" &nbsp;·&nbsp; ".join((overlap, *filter(None, words))))
        self.why.setToolTip(in_full(reasons, self._tissue_names))

    # --- What the user does -----------------------------------------------------------------

    def event(self, event: QEvent | None) -> bool:
        """Keep Enter for this row while it has the focus; elsewhere it searches."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in ENTER_KEYS
        ):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Enter opens the viewer."""
        if event is not None and event.key() in ENTER_KEYS:
            self.opened.emit("")
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Become the row that actions are done with."""
        self.chosen.emit()
        super().focusInEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Offer what one can do with it, by the right button or the menu key."""
        if event is not None:
            self.chosen.emit()
            self.menu_wanted.emit(event.globalPos())

    def _show_menu(self) -> None:
        self.chosen.emit()
        self.menu_wanted.emit(self.more.mapToGlobal(QPoint(0, self.more.height())))
