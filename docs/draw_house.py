"""Draw the picture of the architecture page from the rules that the imports obey.

Run in the project's root: ``python docs/draw_house.py``. Storeys, what may be used where, and what
each room is for come from ``tests/architecture/test_imports.py`` and from the rooms' docstrings,
so that the picture cannot say anything else than the code.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "tests" / "architecture" / "test_imports.py"
PICTURE = Path(__file__).resolve().parent / "house.svg"

THE_WAY_OF_THE_DATA = {
    "volumes": "volumes",
    "slices": "slices",
    "codes": "anatomy codes",
    "database": "reference database",
    "search": "index",
    "retrieval": "query → patients",
    "evaluation": "evaluation",
}
"""Rooms that the data goes through, and what it is there."""

TOWERS = {
    "ModelTraining": ("run_training", "config", "module", "losses", "data", "embed"),
    "App": ("widget", "dialog", "actions", "presenter", "model", "widget/contour_module"),
}
"""What stands on the library, and the parts of it that are shown; neither knows the other."""

WIDTH, MARGIN = 1080, 16
TOWER_LETTERS = 47
LINE, GAP = 22, 4
"""Height of a room, and what lies between storeys."""
STAIRS_X, ROOMS_X = 158, 178
NAME_WIDTH = 132
TAG_LETTER = 7.2
"""Width of a letter on a tag, in pixels."""

STYLE = """
text { font: 12.5px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
.name { font-weight: 600 }
.quiet { fill: #57606a }
.title { font-size: 15px; font-weight: 600 }
.tag { font-size: 11px; fill: #57606a }
.page { fill: #fdfcf9; stroke: #d0d7de }
.storey { fill: #f1efe9 }
.way { fill: #d9e9f7 }
.tower { fill: #f6ecdc }
.pill { fill: none; stroke: #8c959f }
.stairs { stroke: #2b6ca3; stroke-width: 2.5; fill: none }
.step, .tip { fill: #2b6ca3 }
.step-name { fill: #1d5687; font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .quiet, .tag { fill: #9ea7b3 }
  .page { fill: #161b22; stroke: #30363d }
  .storey { fill: #21262d }
  .way { fill: #1b3a57 }
  .tower { fill: #3a2f1d }
  .pill { stroke: #6e7681 }
  .stairs { stroke: #6cb0ee }
  .step, .tip { fill: #6cb0ee }
  .step-name { fill: #8cc4f7 }
}
"""


@dataclass(frozen=True)
class Rules:
    """What the architecture's tests hold the imports to.

    Attributes
    ----------
    storeys:
        Rooms of the library, from the lowest storey; a room may use what is below it.
    reserved:
        A package of others, and the only places that may import it.
    without_qt:
        Places of the application that may not.
    """

    storeys: Sequence[set[str]]
    reserved: Mapping[str, Sequence[str]]
    without_qt: Sequence[str]

    @classmethod
    def read(cls) -> Rules:
        """Read them from the tests, without running these."""
        values = {
            target.id: node.value
            for node in ast.parse(RULES.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        names = ("SBMIR_ORDER", "RESERVED", "WITHOUT_QT")
        return cls(*(ast.literal_eval(values[name]) for name in names))

    def packages_of(self, place: str) -> list[str]:
        """The packages that only this place, and perhaps a few others, may import, and does."""
        sources = sorted((ROOT / place).rglob("*.py")) if place.endswith("/") else [ROOT / place]
        text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
        return [
            package
            for package, places in self.reserved.items()
            if any(place.startswith(prefix) for prefix in places)
            and re.search(rf"^\s*(?:import|from) {package}\b", text, re.MULTILINE)
        ]


def main() -> int:
    """Draw the picture; with ``--out``, elsewhere."""
    parser = argparse.ArgumentParser(prog="draw_house.py", description="Draw the architecture.")
    parser.add_argument("--out", type=Path, metavar="FILE", default=PICTURE)
    parser.parse_args().out.write_text(drawn(Rules.read()), encoding="utf-8")
    return 0


def drawn(rules: Rules) -> str:
    """Return the whole picture as SVG."""
    y = MARGIN
    parts: list[str] = []
    for tower, x, width in _tower_places():
        parts += _tower(rules, tower, x, y, width)
    y += 30 + LINE * max(len(rooms) for rooms in TOWERS.values()) + 3 * GAP
    parts.append(_text(ROOMS_X, y + 16, "sbmir", "title"))
    parts.append(
        _text(ROOMS_X + 58, y + 16, "each room may use itself and what is below it", "quiet")
    )
    y += 26
    steps: list[tuple[str, int]] = []
    for storey in reversed(rules.storeys):
        for room in sorted(storey):
            parts += _room(rules, room, y)
            if room in THE_WAY_OF_THE_DATA:
                steps.append((room, y + LINE // 2))
            y += LINE
        y += GAP
    parts += _stairs(steps)
    height = y + MARGIN - GAP
    page = f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' width="{WIDTH}" height="{height}" role="img">'
        "<title>The rooms of the library in their storeys, with training and application on top"
        f"</title><style>{STYLE}</style>"
    )
    return "\n".join([head, page, *parts, "</svg>"]) + "\n"


def _tower_places() -> Iterator[tuple[str, int, int]]:
    width = (WIDTH - MARGIN - ROOMS_X - 2 * GAP) // len(TOWERS)
    for number, tower in enumerate(TOWERS):
        yield tower, ROOMS_X + number * (width + 2 * GAP), width


def _tower(rules: Rules, tower: str, x: int, y: int, width: int) -> list[str]:
    rooms = TOWERS[tower]
    height = 30 + LINE * max(len(one) for one in TOWERS.values())
    parts = [_box("tower", x, y, width, height), _text(x + 12, y + 20, tower, "title")]
    parts += _tags(rules.packages_of(f"{tower}/"), x + width - 8, y + 5)
    for number, room in enumerate(rooms):
        line = y + 30 + number * LINE + 15
        parts.append(_text(x + 12, line, room.rpartition("/")[2], "name"))
        tags = ["no PyQt5"] if f"{tower}/{room}/" in rules.without_qt else []
        room_left = TOWER_LETTERS - sum(len(tag) + 4 for tag in tags)
        purpose = _in_short(purpose_of(f"{tower}/{room}"), room_left)
        parts.append(_text(x + 12 + 116, line, purpose, "quiet"))
        parts += _tags(tags, x + width - 8, line - 13)
    return parts


def _room(rules: Rules, room: str, y: int) -> list[str]:
    width = WIDTH - MARGIN - ROOMS_X
    kind = "way" if room in THE_WAY_OF_THE_DATA else "storey"
    path = f"sbmir/{room.replace('.', '/')}"
    is_folder = (ROOT / path).is_dir()
    return [
        _box(kind, ROOMS_X, y, width, LINE - 1),
        _text(ROOMS_X + 12, y + 15, room, "name"),
        _text(ROOMS_X + 12 + NAME_WIDTH, y + 15, purpose_of(path), "quiet"),
        *_tags(rules.packages_of(f"{path}/" if is_folder else f"{path}.py"), WIDTH - 24, y + 2),
    ]


def _stairs(steps: Sequence[tuple[str, int]]) -> list[str]:
    (_, top), (_, bottom) = steps[0], steps[-1]
    end = top - 22
    parts = [
        f'<path class="stairs" d="M{STAIRS_X} {bottom} V{end}"/>',
        f'<path class="tip" d="M{STAIRS_X} {end - 8} l6 11 h-12 z"/>',
        _text(STAIRS_X - 12, end - 14, "the data walks up", "quiet", anchor="end"),
    ]
    for room, y in steps:
        parts.append(f'<circle class="step" cx="{STAIRS_X}" cy="{y}" r="5"/>')
        name = THE_WAY_OF_THE_DATA[room]
        parts.append(_text(STAIRS_X - 12, y + 4, name, "step-name", anchor="end"))
    return parts


def purpose_of(path: str) -> str:
    """The first sentence of a module's or package's docstring."""
    folder = ROOT / path
    source = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(re.split(r"[.](?:\s|$)", text, maxsplit=1)[0].split()).replace("`", "")


def _in_short(purpose: str, letters: int) -> str:
    """As much of a sentence as a tower has room for."""
    if len(purpose) <= letters:
        return purpose
    short = re.split("[,:]", re.sub("^--mode [a-z]+: ", "", purpose), maxsplit=1)[0]
    return short[0].upper() + short[1:]


def _tags(packages: Sequence[str], right: int, y: int) -> list[str]:
    parts: list[str] = []
    for package in packages:
        width = round(len(package) * TAG_LETTER) + 12
        right -= width
        parts.append(
            f'<rect class="pill" x="{right}" y="{y}" width="{width}" height="17" rx="8.5"/>'
        )
        parts.append(_text(right + width / 2, y + 12.5, package, "tag", anchor="middle"))
        right -= 4
    return parts


def _box(kind: str, x: int, y: int, width: int, height: int) -> str:
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="3"/>'


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    end = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{x:g}" y="{y:g}"{end}>{escape(text)}</text>'


if __name__ == "__main__":
    sys.exit(main())
