"""The user guide in a window of its own, beside the main window."""

from __future__ import annotations

import re
from pathlib import Path

from PyQt5.QtCore import QEvent, Qt, QUrl
from PyQt5.QtGui import (
    QDesktopServices,
    QFontDatabase,
    QImage,
    QPalette,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextFragment,
)
from PyQt5.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from App.theme import em
from sbmir.errors import NotFoundError
from sbmir.layout import USER_GUIDE

PLACE = Qt.ItemDataRole.UserRole
IMAGE_RESOURCE = QTextDocument.ResourceType.ImageResource
DEEPEST_HEADING = 3


class GuidePage(QTextBrowser):
    """A Markdown page whose pictures are never wider than itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._whole_pictures: dict[str, QImage] = {}
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._follow)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)

    def read(self, path: Path) -> None:
        """Show a page.

        Raises
        ------
        NotFoundError
            Where it cannot be read.
        """
        try:
            self._text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise NotFoundError(
                f"The user guide is not there: {path}",
                why=error.strerror or "",
                remedy="It comes with the project's files, in the folder docs.",
            ) from error
        self.setSearchPaths([str(path.parent)])
        self._show()

    def headings(self) -> list[tuple[int, str, int]]:
        """Level, text and place in the document of each heading."""
        return [
            (block.blockFormat().headingLevel(), block.text(), block.position())
            for block in self._blocks()
            if 0 < block.blockFormat().headingLevel() <= DEEPEST_HEADING
        ]

    def go_to(self, position: int) -> None:
        """Bring a place of the document to the top."""
        document, bar = self.document(), self.verticalScrollBar()
        pages = None if document is None else document.documentLayout()
        if document is None or pages is None or bar is None:
            return
        cursor = QTextCursor(document)
        cursor.setPosition(position)
        self.setTextCursor(cursor)
        # Unlike a cursor's place, this waits for the layout of all that stands before.
        top = pages.blockBoundingRect(document.findBlock(position)).top()
        bar.setValue(round(top) - em(self, 0.5))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Fit the pictures to another width."""
        super().resizeEvent(event)
        self._fit_pictures()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Take the colours of another theme, which the document has taken in."""
        super().changeEvent(event)
        bar = self.verticalScrollBar()
        if event is not None and event.type() == QEvent.Type.PaletteChange and bar is not None:
            place = bar.value()
            self._show()
            bar.setValue(place)

    def _show(self) -> None:
        self.setMarkdown(self._text)
        document = self.document()
        if document is not None:
            document.setDocumentMargin(em(self, 1))
        for block in self._blocks():
            self._space(block)
        for piece in self._pieces():
            if piece.charFormat().fontFixedPitch():
                self._set_apart(piece)
        self._fit_pictures()

    def _space(self, block: QTextBlock) -> None:
        form = block.blockFormat()
        form.setTopMargin(em(self, 1.0 if form.headingLevel() else 0.0))
        if block.textList() is None and QTextCursor(block).currentTable() is None:
            form.setBottomMargin(em(self, 0.5))
        QTextCursor(block).setBlockFormat(form)

    def _set_apart(self, piece: QTextFragment) -> None:
        """Let keys and commands look like what is typed."""
        form = piece.charFormat()
        form.setFontFamily(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family())
        form.setBackground(self.palette().color(QPalette.ColorRole.AlternateBase))
        self._selected(piece.position(), piece.length()).setCharFormat(form)

    def _blocks(self) -> list[QTextBlock]:
        document = self.document()
        if document is None:
            return []
        blocks, block = [], document.begin()
        while block.isValid():
            blocks.append(block)
            block = block.next()
        return blocks

    def _pieces(self) -> list[QTextFragment]:
        pieces = []
        for block in self._blocks():
            place = block.begin()
            while not place.atEnd():
                pieces.append(place.fragment())
                place += 1
        return pieces

    def _selected(self, position: int, length: int) -> QTextCursor:
        cursor = QTextCursor(self.document())
        cursor.setPosition(position)
        cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _fit_pictures(self) -> None:
        document, viewport = self.document(), self.viewport()
        room = (0 if viewport is None else viewport.width()) - 2 * em(self, 1.5)
        for piece in self._pieces():
            if piece.charFormat().isImageFormat():
                self._fit(piece, room)
        if document is not None:
            # By itself Qt leaves out what follows a picture of another size.
            document.markContentsDirty(0, document.characterCount())

    def _fit(self, piece: QTextFragment, room: int) -> None:
        """Make a picture anew in the size that it has here: scaled by Qt, its letters break."""
        document, form = self.document(), piece.charFormat().toImageFormat()
        if document is None:
            return
        if form.name() not in self._whole_pictures:
            self._whole_pictures[form.name()] = QImage(
                document.resource(IMAGE_RESOURCE, QUrl(form.name()))
            )
        whole, ratio = self._whole_pictures[form.name()], self.devicePixelRatioF()
        width = min(whole.width(), room)
        if whole.isNull() or width <= 0:
            return
        fitted = whole.scaledToWidth(
            min(round(width * ratio), whole.width()), Qt.TransformationMode.SmoothTransformation
        )
        fitted.setDevicePixelRatio(fitted.width() / width)
        document.addResource(IMAGE_RESOURCE, QUrl(form.name()), fitted)
        form.setWidth(width)
        form.setHeight(width * whole.height() / whole.width())
        self._selected(piece.position(), 1).setCharFormat(form)

    def _follow(self, link: QUrl) -> None:
        if link.scheme() in ("http", "https"):
            QDesktopServices.openUrl(link)
        elif link.hasFragment() and not link.path():
            for _, text, position in self.headings():
                if anchor_of(text) == link.fragment():
                    self.go_to(position)
                    return


class GuideWindow(QWidget):
    """The guide with its headings to the left.

    Raises
    ------
    NotFoundError
        Where there is no guide.
    """

    def __init__(self, parent: QWidget, path: Path = USER_GUIDE) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("User guide")
        self.page = GuidePage()
        self.page.read(path)
        self.contents = QListWidget()
        self.contents.setAccessibleName("Contents")
        self.contents.setFrameShape(QListWidget.Shape.NoFrame)
        for level, text, position in self.page.headings():
            item = QListWidgetItem("    " * (level - 1) + text)
            item.setData(PLACE, position)
            self.contents.addItem(item)
        self.contents.currentItemChanged.connect(self._on_heading)
        parts = QSplitter()
        parts.addWidget(self.contents)
        parts.addWidget(self.page)
        parts.setStretchFactor(1, 1)
        parts.setSizes([em(self, 14), em(self, 42)])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(parts)
        self.resize(em(self, 56), em(self, 40))

    def _on_heading(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.page.go_to(item.data(PLACE))


def anchor_of(heading: str) -> str:
    """How a link in the page names a heading, as on the project's site."""
    return re.sub(r"[^\w\- ]", "", heading.casefold()).strip().replace(" ", "-")
