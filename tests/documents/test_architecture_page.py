"""The architecture page tells of the house as it is: its picture, and every name on it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import spans_of

from sbmir.layout import REPOSITORY_ROOT

PAGE = REPOSITORY_ROOT / "docs" / "architecture.md"
HOUSE = REPOSITORY_ROOT / "docs" / "house.svg"
DRAW_HOUSE = REPOSITORY_ROOT / "docs" / "draw_house.py"
PYTHON_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def sources() -> list[Path]:
    folders = [REPOSITORY_ROOT / name for name in ("sbmir", "App", "ModelTraining")]
    return [path for folder in folders for path in sorted(folder.rglob("*.py"))]


def names_in(path: Path) -> set[str]:
    """What a module defines: `function`, `Class`, `Class.method`, `CONSTANT`."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            inside = [one for one in node.body if isinstance(one, ast.FunctionDef)]
            names |= {node.name, *(f"{node.name}.{one.name}" for one in inside)}
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return names


@pytest.fixture(scope="module")
def definitions() -> dict[str, set[str]]:
    return {path.relative_to(REPOSITORY_ROOT).as_posix(): names_in(path) for path in sources()}


def test_every_name_on_the_page_exists(definitions) -> None:
    defined = set().union(*definitions.values())
    texts = "".join(path.read_text(encoding="utf-8") for path in sources())
    unknown = []
    for span in spans_of(PAGE):
        name = span.split(" ")[0]  # `run_training.py --mode train`
        if (REPOSITORY_ROOT / name).exists() or (REPOSITORY_ROOT / "ModelTraining" / name).exists():
            continue
        if PYTHON_NAME.fullmatch(span) and "." not in span:
            # A class or function; or a word that the program uses, as the name of a network is.
            known = span in defined or f'"{span}"' in texts
        elif PYTHON_NAME.fullmatch(span) and not span.endswith((".npy", ".json")):
            known = span in defined
        else:
            known = name in ("sbmir", "import") or is_file_name(span, texts)
        if not known:
            unknown.append(span)
    assert not unknown


def is_file_name(span: str, texts: str) -> bool:
    """Whether files are named so: `catalogue.json`, `nac_0000.npy`, `<patient>_t1_0000.npy`."""
    kind = re.fullmatch(r"(?:<patient>_)?([a-z0-9]+)_0000\.npy", span)
    return f'"{kind[1] if kind else span}"' in texts


def test_a_name_beside_a_file_is_defined_there(definitions) -> None:
    """`Name` (`its/file.py`), and `name` in `its/file.py`."""
    prose = " ".join(PAGE.read_text(encoding="utf-8").split())
    pairs = re.findall(r"`([\w.]+)`,? (?:\(|in )`([\w/]+\.py)`", prose)
    assert len(pairs) > 20
    for name, file in pairs:
        assert name in definitions[file], f"{name} is not in {file}"


def test_the_picture_is_drawn_from_todays_rules(tmp_path) -> None:
    drawn = tmp_path / "house.svg"
    subprocess.run([sys.executable, str(DRAW_HOUSE), "--out", str(drawn)], check=True)
    same = drawn.read_text(encoding="utf-8") == HOUSE.read_text(encoding="utf-8")
    assert same, "Run: python docs/draw_house.py"
