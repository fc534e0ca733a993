"""Writing on pictures for files, without Qt."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from PIL import ImageDraw, ImageFont

from App.model.result_pictures import Color

FONT_FILES = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
    "Helvetica.ttc",
)
"""Looked for among the system's fonts, in this order: they have the letters of most languages."""

SIZE = 16
SMALL_SIZE = 13

Place = tuple[int, int]
"""x to the right and y down, in pixels."""

_LIKENESSES = str.maketrans({"×": "x", "–": "-", "ß": "ss", "ø": "o", "ł": "l"})


@dataclass(frozen=True)
class Pen:
    """Writes in two sizes; all its measures grow with ``scale``."""

    scale: float

    def scaled(self, pixels: float) -> int:
        """A length that is ``pixels`` at scale 1."""
        return round(pixels * self.scale)

    @property
    def line_height(self) -> int:
        """Of a usual line."""
        return self.scaled(24)

    @property
    def small_line_height(self) -> int:
        """Of a small one."""
        return self.scaled(20)

    def write(
        self,
        draw: ImageDraw.ImageDraw,
        place: Place,
        text: str,
        color: Color,
        *,
        small: bool = False,
    ) -> None:
        """Write a line whose upper left corner is at ``place``."""
        face = self._face(small)
        draw.text(place, face.writable(text), color, face.font)

    def width(self, text: str, *, small: bool = False) -> int:
        """Of a line, in pixels."""
        face = self._face(small)
        return round(face.font.getlength(face.writable(text)))

    def fitted(self, text: str, room: int, *, small: bool = False) -> str:
        """The text, or its beginning where it does not fit into ``room`` pixels."""
        if self.width(text, small=small) <= room:
            return text
        while text and self.width(f"{text}…", small=small) > room:
            text = text[:-1]
        return f"{text}…"

    def wrapped(self, text: str, room: int) -> list[str]:
        """Small lines of at most ``room`` pixels."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if self.width(longer, small=True) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _face(self, small: bool) -> _Face:
        return _face(self.scaled(SMALL_SIZE if small else SIZE))


@dataclass(frozen=True, eq=False)
class _Face:
    """A font of a size."""

    font: ImageFont.FreeTypeFont | ImageFont.ImageFont
    only_ascii: bool

    def writable(self, text: str) -> str:
        """The text in letters that the font has: without accents where it lacks them."""
        if not self.only_ascii:
            return text
        plain = unicodedata.normalize("NFKD", text.translate(_LIKENESSES))
        return "".join(
            letter if letter.isascii() else "?"
            for letter in plain
            if not unicodedata.combining(letter)
        )


@cache
def _face(size: int) -> _Face:
    for name in FONT_FILES:
        try:
            return _Face(ImageFont.truetype(name, size), only_ascii=False)
        except OSError:
            continue
    return _Face(ImageFont.load_default(size), only_ascii=True)  # the one inside Pillow
