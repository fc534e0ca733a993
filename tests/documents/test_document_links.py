"""Links of the pages lead somewhere, and a reader gets from the first page to all of them."""

import re
from pathlib import Path

import pytest
from pages import OTHER_PAGES, PAGES, anchors_of, name_of, prose_of

from sbmir.layout import REPOSITORY_ROOT

LINK = re.compile(r'\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"')


def links_of(page: Path) -> list[str]:
    return [one or other for one, other in LINK.findall(prose_of(page))]


def target_of(page: Path, link: str) -> Path:
    return (page.parent / link.partition("#")[0]).resolve() if link[0] != "#" else page


@pytest.mark.parametrize("page", [*PAGES, *OTHER_PAGES], ids=name_of)
def test_each_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        if link.startswith("https://"):
            continue
        assert not re.match(r"[a-z]+:", link), f"{name_of(page)}: {link}"
        target = target_of(page, link)
        assert target.exists(), f"{name_of(page)}: {link}"
        assert target.is_relative_to(REPOSITORY_ROOT), link
        _, _, anchor = link.partition("#")
        assert not anchor or anchor in anchors_of(target), f"{name_of(page)}: {link}"


def test_every_page_is_reached_from_the_first() -> None:
    reached, ahead = set(), [REPOSITORY_ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        ahead += [target_of(page, link) for link in links_of(page) if "://" not in link]
    assert set(PAGES) <= reached
