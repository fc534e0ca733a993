"""The user guide in a window of its own, beside the main window."""

from __future__ import annotations

import re
from pathlib import Path

from PyQt5.QtCore import Qt, QUrl
from PyQt5.QtGui import (
    QDesktopServices,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextImageFormat,
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
DEEPEST_HEADING = 3


class GuidePage(QTextBrowser):
    """A Markdown page whose pictures are never wider than itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise NotFoundError(
                f"The user guide is not there: {path}",
                why=error.strerror or "",
                remedy="It comes with the project's files, in the folder docs.",
            ) from error
        self.setSearchPaths([str(path.parent)])
        document = self.document()
        if document is not None:
            document.setDocumentMargin(em(self, 1))
        self.setMarkdown(text)
        self._fit_pictures()

    def headings(self) -> list[tuple[int, str, int]]:
        """Level, text and place in the document of each heading."""
        return [
            (block.blockFormat().headingLevel(), block.text(), block.position())
            for block in self._blocks()
            if 0 < block.blockFormat().headingLevel() <= DEEPEST_HEADING
        ]

    def go_to(self, position: int) -> None:
        """Bring a place of the document to the top."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(position)
        self.setTextCursor(cursor)
        bar = self.verticalScrollBar()
        if bar is not None:
            bar.setValue(bar.value() + self.cursorRect(cursor).top() - em(self, 0.5))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 (Qt's name)
        """Fit the pictures to another width."""
        super().resizeEvent(event)
        self._fit_pictures()

    def _blocks(self) -> list[QTextBlock]:
        document = self.document()
        if document is None:
            return []
        blocks, block = [], document.begin()
        while block.isValid():
            blocks.append(block)
            block = block.next()
        return blocks

    def _fit_pictures(self) -> None:
        viewport = self.viewport()
        room = (0 if viewport is None else viewport.width()) - 2 * em(self, 1.5)
        for block in self._blocks():
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                if piece.charFormat().isImageFormat():
                    self._fit(piece.position(), piece.charFormat().toImageFormat(), room)
                pieces += 1

    def _fit(self, position: int, picture: QTextImageFormat, room: int) -> None:
        document = self.document()
        if document is None:
            return
        image = document.resource(2, QUrl(picture.name()))  # 2: QTextDocument.ImageResource
        width = image.width() if hasattr(image, "width") else 0
        fitted = float(min(width, room))
        if fitted <= 0 or fitted == picture.width():
            return
        picture.setWidth(fitted)
        cursor = QTextCursor(document)
        cursor.setPosition(position)
        cursor.setPosition(position + 1, QTextCursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(picture)

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
