"""The user guide tells of the window as it is: its pictures, its keys, its menus."""

import re

import pytest
from PIL import Image
from PyQt5.QtGui import QKeySequence
from window_world import World, opened

from App.actions.group import plain
from App.dialog.guide import GuidePage
from sbmir.layout import REPOSITORY_ROOT, USER_GUIDE

MOST_BYTES = 2_000_000
PICTURE = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")
NAMED_KEYS = r"F\d+|PgUp|PgDown|Esc|Backspace|Left|Right"
KEY = re.compile(rf"`((?:(?:Ctrl|Shift)\+)*(?:[A-Z]|\d|[^\w\s`]|{NAMED_KEYS}))`")
MENU = re.compile(r"\*\*(\w+(?: ▸ [^*]+)+)\*\*")


@pytest.fixture
def lines(tmp_path, qtbot):
    """The actions of the window's menus, by the way to them."""
    world = World(tmp_path)
    world.write_config()
    with opened(world, qtbot) as session:
        yield {
            (plain(group.title), name): action
            for group in session.window.groups
            for name, action in group.lines
        }


@pytest.fixture
def text() -> str:
    """Sentences may be broken anywhere."""
    return " ".join(USER_GUIDE.read_text(encoding="utf-8").split())


def test_each_picture_is_there_and_none_lies_about_unused(text):
    readme = (REPOSITORY_ROOT / "README.md").read_text(encoding="utf-8")
    study = (USER_GUIDE.parent / "study.md").read_text(encoding="utf-8")
    named = {*PICTURE.findall(text), *PICTURE.findall(study)}
    folder = USER_GUIDE.parent / "pictures"
    assert named == {f"pictures/{path.name}" for path in folder.iterdir()}
    assert {USER_GUIDE.parent / name for name in named} >= {
        REPOSITORY_ROOT / name for name in PICTURE.findall(readme) if name.startswith("docs/")
    }


def test_the_pictures_are_small_and_can_be_read():
    paths = list((USER_GUIDE.parent / "pictures").iterdir())
    assert sum(path.stat().st_size for path in paths) < MOST_BYTES
    for path in paths:
        with Image.open(path) as picture:
            picture.load()
            assert picture.mode == "P"
            assert picture.info.keys() <= {"transparency"}, "nothing of the machine is in it"


def test_each_key_that_the_guide_names_does_something(text, lines):
    keys = {key.toString() for action in lines.values() for key in action.shortcuts()}
    named = {QKeySequence(key).toString() for key in KEY.findall(text)}
    assert len(named) > 25
    assert named <= keys


def test_each_menu_that_the_guide_names_is_there(text, lines):
    ways = {" ▸ ".join((menu, *name.split(": "))) for menu, name in lines}
    for named in MENU.findall(text):
        way = named.removesuffix("…")
        # A submenu may be named without a line of it, and may have none yet.
        assert way == "File ▸ Open recent" or any(
            one == way or one.startswith(f"{way} ▸ ") for one in ways
        ), named


def test_the_guide_tells_of_all_that_the_menus_offer(text, lines):
    told, keys = text.casefold(), {QKeySequence(key).toString() for key in KEY.findall(text)}
    missing = [
        name
        for (_, name), action in lines.items()
        if not {key.toString() for key in action.shortcuts()} & keys
        and not any(part.removesuffix(" as").casefold() in told for part in name.split(": "))
    ]
    assert not missing


def test_all_of_it_can_be_read_in_the_window(qtbot):
    page = GuidePage()
    qtbot.addWidget(page)
    page.resize(700, 500)
    page.show()
    page.read(USER_GUIDE)
    layout = page.document().documentLayout()
    block = page.document().begin()
    while block.isValid():
        if block.text():
            assert not layout.blockBoundingRect(block).isEmpty(), block.text()
        block = block.next()
