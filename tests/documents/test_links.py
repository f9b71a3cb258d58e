"""Every link in every document leads somewhere, in the repository and on the site."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.documents.marks import ROOT
from tests.documents.site import TAKEN, fetched_from_elsewhere, relinked

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = sorted(str(page.relative_to(ROOT)) for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def without_code(markdown: str) -> str:
    return _CODE.sub("", markdown)


def anchors(page: str) -> set[str]:
    """Of its headings, as GitHub and the site make them."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^ *```.*?^ *```$", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    plain = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in plain}


def links(page: str) -> Iterator[tuple[str, str]]:
    """Path from the root of the repository, and anchor, of each link that stays in it."""
    text = without_code((ROOT / page).read_text("utf-8"))
    for target in (*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'\bsrc(?:set)?="([^"\s]+)"', text)):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield (str((ROOT / page).parent.joinpath(path).resolve().relative_to(ROOT)) if path else page), anchor


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_that_is_there(page: str) -> None:
    assert [path for path, _ in links(page) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_anchor_is_a_heading(page: str) -> None:
    assert [(path, anchor) for path, anchor in links(page) if anchor and path.endswith(".md") and anchor not in anchors(path)] == []


def test_every_room_that_contributors_are_shown_is_there() -> None:
    rows = re.findall(r"^\| (`(?:bot|adapters)/.*?) \|", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
    named = [room for row in rows for room in re.findall(r"`([^`]+)`", row)]
    assert len(named) > 20
    assert [room for room in named if not (ROOT / room).exists() and not (ROOT / "bot" / room).exists()] == []


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    listed = set(re.findall(r"([\w./-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE))
    assert listed == {page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")} | set(TAKEN)


@pytest.mark.parametrize(
    ("page", "written", "on_the_site"),
    [
        ("docs/slack.md", "[Privacy](../PRIVACY.md)", "[Privacy](PRIVACY.md)"),
        ("docs/deploy/fly.md", "[Slack](../slack.md#elsewhere)", "[Slack](../slack.md#elsewhere)"),
        ("docs/deploy/fly.md", "[all](../../config/sources.toml)", "[all](../config/sources.toml)"),
        ("CHANGELOG.md", "[outages](docs/outages.md)", "[outages](outages.md)"),
        ("docs/slack.md", "[home](../README.md)", "[home](index.md)"),
        ("docs/slack.md", "![lines](pictures/lines.svg)", "![lines](pictures/lines.svg)"),
        ("docs/slack.md", "[elsewhere](https://example.org/a.md) [here](#x)", "[elsewhere](https://example.org/a.md) [here](#x)"),
        ("docs/slack.md", "[`tests`](../tests/outages), [gone](gone.md)", "`tests`, [gone](gone.md)"),
        ("docs/slack.md", "```\n[x](../Makefile)\n```\n[x](../Makefile)", "```\n[x](../Makefile)\n```\nx"),
    ],
)
def test_a_link_holds_on_the_site(page: str, written: str, on_the_site: str) -> None:
    assert relinked(written, page=page, address="") == on_the_site


def test_a_link_to_the_code_goes_to_the_repository_where_that_is_known() -> None:
    told = relinked("[code](../bot/jobs.py)", page="docs/architecture.md", address="https://git.example.org/papers")
    assert told == "[code](https://git.example.org/papers/blob/HEAD/bot/jobs.py)"


def test_what_a_page_would_load_from_elsewhere_is_seen() -> None:
    assert fetched_from_elsewhere('<script src="https://cdn.example.org/x.js">')
    assert fetched_from_elsewhere('<link rel="stylesheet" href="//fonts.example.org/x.css">')
    assert not fetched_from_elsewhere('<a href="https://example.org"><img src="pictures/x.png"><script src="assets/x.js">')
