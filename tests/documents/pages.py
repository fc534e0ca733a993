"""The pages of the project, and what stands on them: blocks, links, and names in code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sbmir.layout import REPOSITORY_ROOT

PAGES = [
    REPOSITORY_ROOT / "README.md",
    *sorted((REPOSITORY_ROOT / "docs").glob("*.md")),
    REPOSITORY_ROOT / "ModelTraining" / "README.md",
]
OTHER_PAGES = [
    REPOSITORY_ROOT / "CONTRIBUTING.md",
    *sorted((REPOSITORY_ROOT / "SharedResources").glob("*/README.md")),
    REPOSITORY_ROOT / "SharedResources" / "saved_models" / "demo" / "README.md",
    REPOSITORY_ROOT / "benchmarks" / "README.md",
]
"""Whose links are checked, too; their commands are for those who work on the project."""

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def name_of(page: Path) -> str:
    """How a page is called in the project."""
    return page.relative_to(REPOSITORY_ROOT).as_posix()


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Attributes
    ----------
    line:
        Where it begins, from 1.
    language:
        The first word after the fence.
    info:
        The words that follow, such as the name of the file that the block is to become.
    """

    page: Path
    line: int
    language: str
    info: str
    text: str

    @property
    def place(self) -> str:
        """Page and line, as an editor finds them."""
        return f"{name_of(self.page)}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """All fenced blocks of a page, from the first to the last."""
    content = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(content):
        indent = len(match["indent"])
        text = "".join(line[indent:] for line in match["text"].splitlines(keepends=True))
        language, _, info = match["info"].strip().partition(" ")
        line = content.count("\n", 0, match.start()) + 1
        found.append(Block(page, line, language, info.strip(), text))
    return found


def prose_of(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def spans_of(page: Path) -> set[str]:
    """What the sentences and tables of a page set in code."""
    prose = " ".join(prose_of(page).split())
    return set(re.findall(r"(?<!`)`([^`]+)`(?!`)", prose))


def anchors_of(page: Path) -> set[str]:
    """What a link can lead to within a page, as GitHub names it."""
    titles = (
        re.sub(r"[`*]|\[|\]\([^)]*\)", "", title) for title in _HEADING.findall(prose_of(page))
    )
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
