"""Every command of the pages works as it stands there, in a fresh clone.

Blocks of a page are done from the first to the last: commands are typed in the project's folder,
files are written that the page says to write. For what cannot be here there are stand-ins at the
same places: small patients and networks, a server with a password, and somebody who closes windows.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clone import Clone
from pages import PAGES, blocks_of, name_of, spans_of

from sbmir import cli
from sbmir.config.application import read_app_config
from sbmir.layout import APP_CONFIG, REPOSITORY_ROOT

LANGUAGES = {"sh", "json", "yaml", "python", "text"}
README, GUIDE = REPOSITORY_ROOT / "README.md", REPOSITORY_ROOT / "docs" / "guide.md"
RESEARCHER = REPOSITORY_ROOT / "docs" / "researcher.md"
TRAINING = REPOSITORY_ROOT / "ModelTraining" / "README.md"
TYPED_ELSEWHERE = {"docs/study.md": "tests/sbmir/study/test_study_page.py"}
"""Pages whose commands another test types, as they go on with what readers have left."""
PROGRAMS = ("sbmir", "make", "python", "pip", "source", "cd", "git", "bash", "docker", "mongod")


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Iterator[Clone]:
    with Clone(tmp_path_factory.mktemp("documented")) as made:
        yield made


def with_commands() -> list[Path]:
    return [
        page
        for page in PAGES
        if any(one.language == "sh" for one in blocks_of(page))
        and not (REPOSITORY_ROOT / TYPED_ELSEWHERE.get(name_of(page), "none")).is_file()
    ]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("page", with_commands(), ids=name_of)
def test_every_command_of_the_page_works(clone: Clone, page: Path) -> None:
    if page in (GUIDE, TRAINING):
        clone.play(README)  # whose slices and database they go on with
    if page == GUIDE:
        clone.export_a_search()
    clone.play(page)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_block_of_commands_is_passed_over(page: Path) -> None:
    blocks = blocks_of(page)
    assert 2 * len(blocks) == page.read_text(encoding="utf-8").count("```")
    for block in blocks:
        assert block.language in LANGUAGES, f"{block.place}: what is it?"
        if block.language == "text":
            for line in block.text.splitlines():
                assert line.split(" ")[0] not in PROGRAMS, f"{block.place}: commands are sh"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_and_options_in_sentences_exist(page: Path) -> None:
    known = known_options()
    targets = set(re.findall(r"^(\w+):", (REPOSITORY_ROOT / "Makefile").read_text(), re.MULTILINE))
    for span in spans_of(page):
        words = span.split()
        for option in re.findall(r"(?<!\S)--[a-z0-9-]+", span):
            assert option in known, span
        if words[0] == "sbmir" and len(words) > 1 and words[1][0].islower():
            assert words[1] in commands_of_sbmir(), span
        if words[0] == "make" and len(words) > 1:
            assert words[1] in targets, span
        if words[0] == "python" and len(words) > 1 and words[1].endswith(".py"):
            assert (REPOSITORY_ROOT / words[1]).is_file(), span


def commands_of_sbmir() -> set[str]:
    found = re.findall(r'_add\(commands, "(\w+)"', Path(cli.__file__).read_text(encoding="utf-8"))
    return set(found)


def known_options() -> set[str]:
    sources = [
        Path(cli.__file__),
        REPOSITORY_ROOT / "preprocess.py",
        REPOSITORY_ROOT / "ModelTraining" / "run_training.py",
        REPOSITORY_ROOT / "App" / "main.py",
        REPOSITORY_ROOT / "sbmir" / "console.py",
        REPOSITORY_ROOT / "docs" / "make_pictures.py",
    ]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    return {*re.findall(r'"(--[a-z0-9-]+)"', text), "--help", "--version", "--no-enhancing"}


def test_sizes_of_slices_on_the_page_are_those_of_the_models() -> None:
    """The commands are typed with small ones, which would not tell."""
    config = read_app_config(APP_CONFIG)
    small = config.dataset_type("Demo").model().networks.image_size
    published = config.dataset_type("MICCAI_BraTS").model().networks.image_size
    for block in blocks_of(RESEARCHER):
        if block.language == "json" and "image_size" in block.text:
            expected = published if "brats" in block.info else small
            sizes = {one["image_size"] for one in json.loads(block.text).values()}
            assert sizes == {expected}, block.place
    text = " ".join(RESEARCHER.read_text(encoding="utf-8").split())
    assert f"{small} for the one that comes along, {published} for the published one" in text
