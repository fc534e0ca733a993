"""One retrieved patient: its name, its distance and its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPixmap
from PyQt5.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from App.model.result_pictures import ResultPicture
from App.presenter.searching import result_title
from App.theme import em

if TYPE_CHECKING:
    from sbmir.retrieval import RankedPatient

BACKGROUND = QColor(16, 18, 22)
TEXT_COLOR = QColor(206, 211, 219)
CAPTION_GROUND = QColor(0, 0, 0, 150)


class PictureView(QWidget):
    """A picture as wide as its place, in true proportion, with its name in a corner."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._aspect = 1.0
        self._note = ""
        self._image: QPixmap | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(em(self, 4))
        self.setAccessibleName(name)

    def set_picture(self, picture: ResultPicture) -> None:
        """Show the picture, or why it cannot be shown."""
        self._aspect = picture.aspect
        self._note = picture.problem
        self.setToolTip(picture.problem)
        if picture.pixels is not None:
            rows, columns, channels = picture.pixels.shape
            image = QImage(
                picture.pixels.tobytes(),
                columns,
                rows,
                channels * columns,
                QImage.Format.Format_RGB888,
            )
            self._image = QPixmap.fromImage(image)
        self.updateGeometry()
        self.update()

    @property
    def has_picture(self) -> bool:
        """Whether there are pixels to see."""
        return self._image is not None

    def hasHeightForWidth(self) -> bool:  # noqa: N802 (Qt's name)
        """The height follows from the width and the true proportion."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 (Qt's name)
        """Height of the picture at that width."""
        return round(width / self._aspect)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """As it is at a usual width of the window."""
        width = em(self, 9)
        return QSize(width, self.heightForWidth(width))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Draw the picture, its name, and what there is to say instead of it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), BACKGROUND)
        if self._image is not None:
            painter.drawPixmap(self._fitted(), self._image, QRectF(self._image.rect()))
        painter.setPen(TEXT_COLOR)
        if self._note:
            inside = QRectF(self.rect()).adjusted(6, 6, -6, -6)
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(inside, flags, "Not readable")
        self._paint_name(painter)

    def _fitted(self) -> QRectF:
        width = min(float(self.width()), self.height() * self._aspect)
        height = width / self._aspect
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _paint_name(self, painter: QPainter) -> None:
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.85)
        metrics = QFontMetrics(font)
        place = QRectF(0, 0, metrics.horizontalAdvance(self._name) + 8, metrics.height() + 2)
        painter.setFont(font)
        painter.fillRect(place, CAPTION_GROUND)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), self._name)


class ResultRow(QFrame):
    """A retrieved patient; the pictures come later than the name."""

    def __init__(
        self, result: RankedPatient, names: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.result = result
        self.setProperty("role", "row")
        title = result_title(result)
        self.setAccessibleName(title)
        number, _, name = title.partition(" ")
        self.title = QLabel(f"<b>{escape(number)}</b> {escape(name)}")
        self.title.setWordWrap(True)
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        distance = QLabel(f"distance {result.distance:.3f}")
        distance.setProperty("role", "quiet")
        distance.setToolTip("Of the query's code to this slice's; smaller is more alike")
        header = QHBoxLayout()
        header.addWidget(self.title, 1)
        header.addWidget(distance)
        self.pictures = [PictureView(name) for name in names]
        row = QHBoxLayout()
        row.setSpacing(em(self, 0.25))
        for picture in self.pictures:
            row.addWidget(picture, 1)
        layout = QVBoxLayout(self)
        space = em(self, 0.5)
        layout.setContentsMargins(space, space, space, space)
        layout.setSpacing(em(self, 0.35))
        layout.addLayout(header)
        layout.addLayout(row)

    def set_pictures(self, pictures: Sequence[ResultPicture]) -> None:
        """Show the pictures."""
        for view, picture in zip(self.pictures, pictures, strict=True):
            view.set_picture(picture)
