"""Who made this: the paper behind it, the licence, the versions of what runs."""

from __future__ import annotations

import platform
from importlib import metadata

from PyQt5.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, Qt
from PyQt5.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from App.theme import em
from sbmir import __version__

CITATION = (
    "Kobayashi K, Gu L, Hataya R, et al. Sketch-based semantic retrieval of medical images. "
    "Medical Image Analysis 92:103060, 2024. doi:10.1016/j.media.2023.103060"
)
PAPER = "https://doi.org/10.1016/j.media.2023.103060"
LICENCE = "https://www.gnu.org/licenses/gpl-3.0.html"
WARNING = "SBMIR is a research tool, not a medical device: do not use it for diagnosis."
LIBRARIES = ("torch", "numpy", "nibabel", "pymongo")


class CreditDialog(QDialog):
    """Names the paper, the licence and the versions; the citation can be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Credit")
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        layout = QVBoxLayout(self)
        space = em(self, 1)
        layout.setContentsMargins(space, space, space, space)
        layout.setSpacing(em(self, 0.7))
        for text, role in self._texts():
            layout.addWidget(_label(text, role))
        layout.addStretch(1)
        self.copy = QPushButton("Copy the &citation")
        self.copy.setToolTip("Copy the paper's citation to the clipboard")
        self.copy.clicked.connect(self._copy)
        close = QPushButton("C&lose")
        close.setDefault(True)
        close.setToolTip("Close this window")
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout.addLayout(buttons)
        width = em(self, 36)
        self.setMinimumWidth(width)
        self.resize(width, layout.totalHeightForWidth(width))

    @staticmethod
    def _texts() -> tuple[tuple[str, str], ...]:
        return (
            (f"SBMIR {__version__}: find patients by drawing the lesion", "title"),
            (WARNING, ""),
            (
                "If you use it in your work, please cite the paper whose method it implements:"
                f'<br><a href="{PAPER}">{CITATION}</a>',
                "",
            ),
            (
                "Free software under the "
                f'<a href="{LICENCE}">GNU General Public License</a>, version 3 or later, without '
                "any warranty. An independent implementation, which shares no code with the "
                "published program.",
                "",
            ),
            (versions(), "quiet"),
        )

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(CITATION)
        self.copy.setText("Copied")


def versions() -> str:
    """What runs here; nothing heavy is loaded to find that out."""
    names = [f"Python {platform.python_version()}", f"Qt {QT_VERSION_STR}"]
    names.append(f"PyQt {PYQT_VERSION_STR}")
    for library in LIBRARIES:
        try:
            names.append(f"{library} {metadata.version(library)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(names)


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("role", role)
    label.setOpenExternalLinks(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    )
    return label
