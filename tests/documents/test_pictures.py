"""The README's pictures show what the renderers send, all of it and nothing else, and are the newest there can be."""

from __future__ import annotations

import copy
import os
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters.discord.escape import markdown
from adapters.discord.render import Rendered
from adapters.discord.render import render as on_discord
from adapters.slack.render import render as on_slack
from bot.cards import byline, facts
from bot.message import File
from tests.discord.looks import read_markdown
from tests.documents import discord_look, pictures, png, slack_look
from tests.documents.painting import UnknownKind
from tests.documents.sample_digest import NAME, NOW, RULES, SHOWN, papers_shown, sample_digest
from tests.slack.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PLATFORMS = ("slack", "discord", "terminal")
needs_browser = pytest.mark.skipif(
    not pictures.CHROMIUM and not os.environ.get("CI"), reason="Chromium is not here; it is only needed to take the pictures anew"
)


class _Reader(HTMLParser):
    """Collects what a person sees or hears: text and labels, but no title or style of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.tags: list[str] = []
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._hidden = tag if tag in {"title", "style"} else self._hidden
        self.read += [value or "" for key, value in attrs if key == "aria-label"]

    def handle_endtag(self, tag: str) -> None:
        self._hidden = "" if tag == self._hidden else self._hidden

    def handle_data(self, data: str) -> None:
        self.read += [] if self._hidden else [data]


def reader(platform: str) -> _Reader:
    reading = _Reader()
    reading.feed(pictures.terminal() if platform == "terminal" else pictures.page(platform))
    return reading


def plainly(text: str) -> str:
    """Without what lines and elements add."""
    return "".join(text.split())


def seen(platform: str) -> str:
    return plainly("".join(reader(platform).read))


# ---------------------------------------------------------------- what is shown


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_word_of_the_digests_papers_stands_in_the_picture(platform: str) -> None:
    papers = papers_shown(platform)
    assert len(papers) == SHOWN
    for paper in papers:
        for text in (paper.title, byline(paper), paper.abstract, " · ".join(facts(paper, now=NOW))):
            assert plainly(text) in seen(platform)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_picture_tells_how_many_papers_there_are_for_whom_and_why(platform: str) -> None:
    digest = sample_digest(platform)
    every = len(digest.shown) + len(digest.remainder)
    for text in (f"{every} papers for {NAME} · Fri 21 Aug", f"{every - SHOWN} more", "Why: agents in title", "Not for us"):
        assert plainly(text) in seen(platform)


def test_each_rule_brought_one_of_the_papers_that_are_shown_or_counted() -> None:
    assert {str(tag) for tag in sample_digest("slack").tags} <= set(RULES)
    assert len(sample_digest("slack").tags) == len(RULES)


def test_all_words_and_buttons_of_slacks_blocks_are_painted() -> None:
    every = words(on_slack(sample_digest("slack").message).blocks)
    assert [line for line in every.split("\n") if plainly(line.strip("[]")) not in seen("slack")] == []


def test_all_words_and_buttons_of_discords_message_are_painted() -> None:
    rendered = on_discord(sample_digest("discord").message)
    every = [read_markdown(rendered.content), *_strings([rendered.embeds, rendered.components])]
    assert len(every) > SHOWN * 3
    assert [text for text in every if plainly(text) not in seen("discord")] == []


def _strings(thing: Any, key: str = "") -> Iterator[str]:
    match thing:
        case str() if key in {"title", "label", "text", "placeholder"}:
            yield thing
        case str() if key == "description" and "](" in thing:
            yield read_markdown(thing)
        case dict():
            for name, value in thing.items():
                yield from _strings(value, name)
        case list():
            for value in thing:
                yield from _strings(value, key)
        case _:
            pass


@pytest.mark.parametrize("platform", ["slack", "discord"])
def test_the_links_of_the_payload_are_those_of_the_page(platform: str) -> None:
    for paper in papers_shown(platform):
        assert f'<a href="https://arxiv.org/abs/{paper.id}">' in pictures.page(platform)


# ---------------------------------------------------------------- nothing is left out unnoticed


def slack_blocks() -> list[dict[str, Any]]:
    return copy.deepcopy(on_slack(sample_digest("slack").message).blocks)


STRANGE_ON_SLACK: dict[str, dict[str, Any]] = {
    "a block": {"type": "divider"},
    "a key of a block": {"type": "header", "text": {"type": "plain_text", "text": "x"}, "level": 1},
    "a key of a row": {"type": "actions", "elements": [], "confirm": {}},
    "a key of a section": {"type": "section", "text": {"type": "plain_text", "text": "x"}, "fields": []},
    "a key of small print": {"type": "context", "elements": [], "image_url": ""},
    "a rich text": {"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": []}]},
    "an inline part": {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "emoji", "text": "x"}]}]},
    "a style": {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x", "style": {"code": True}}]}],
    },
    "a kind of text": {"type": "header", "text": {"type": "mrkdwn", "text": "*x*"}},
    "a text with emoji": {"type": "header", "text": {"type": "plain_text", "text": ":tada:", "emoji": True}},
    "something at the side": {"type": "section", "text": {"type": "plain_text", "text": "x"}, "accessory": {"type": "image"}},
    "a style of a button": {
        "type": "actions",
        "elements": [{"type": "button", "text": {"type": "plain_text", "text": "x"}, "style": "danger"}],
    },
}


@pytest.mark.parametrize("block", STRANGE_ON_SLACK.values(), ids=STRANGE_ON_SLACK)
def test_what_the_painter_of_slack_does_not_know_is_refused(block: dict[str, Any]) -> None:
    with pytest.raises(UnknownKind):
        slack_look.page([*slack_blocks(), block], channel=NAME, now=NOW)


STRANGE_ON_DISCORD = {
    "a file": Rendered("x", files=[File("a.bib", "")]),
    "a part of an embed": Rendered(embeds=[{"description": "x", "color": 0, "image": {"url": "https://example.org/a.png"}}]),
    "a part of a footer": Rendered(embeds=[{"description": "x", "color": 0, "footer": {"text": "x", "icon_url": ""}}]),
    "a component": Rendered(components=[{"type": 9, "components": []}]),
    "something to press": Rendered(components=[{"type": 1, "components": [{"type": 5, "custom_id": "a"}]}]),
    "a colour of a button": Rendered(components=[{"type": 1, "components": [{"type": 2, "style": 4, "label": "x", "custom_id": "a"}]}]),
    "bold": Rendered("**x**"),
    "a quotation": Rendered("> x"),
    "a larger heading": Rendered("# x"),
}


@pytest.mark.parametrize("rendered", STRANGE_ON_DISCORD.values(), ids=STRANGE_ON_DISCORD)
def test_what_the_painter_of_discord_does_not_know_is_refused(rendered: Rendered) -> None:
    with pytest.raises(UnknownKind):
        discord_look.page(rendered, channel=NAME, now=NOW)


def test_there_is_no_picture_of_a_platform_without_a_look() -> None:
    with pytest.raises(ValueError, match="no look for irc"):
        pictures.page("irc")


# ---------------------------------------------------------------- text stays text


def test_text_is_never_taken_for_markup_of_the_page() -> None:
    ugly = "<script>alert('&')</script>"
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": ugly}}]
    embed = {
        "title": f"1. {markdown(ugly)}",
        "url": 'https://example.org/"><b>',
        "description": r"\<b\> \[x\]",
        "color": 0,
        "footer": {"text": ugly},
    }
    for page in (
        slack_look.page(blocks, channel=ugly, now=NOW),
        discord_look.page(Rendered("### 1 paper\n-# small\nplain", [embed]), channel=ugly, now=NOW),
    ):
        reading = _Reader()
        reading.feed(page)
        assert "script" not in reading.tags
        assert "b" not in reading.tags[reading.tags.index("h2") :]
        assert ugly in "".join(reading.read)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_picture_asks_no_other_server_for_anything(platform: str) -> None:
    text = pictures.terminal() if platform == "terminal" else pictures.page(platform)
    assert "url(http" not in text
    assert not {"img", "link", "script", "image", "iframe"} & set(reader(platform).tags)


# ---------------------------------------------------------------- the files


@pytest.mark.parametrize("name", pictures.SHOTS)
def test_the_picture_was_taken_of_the_page_as_it_is_now(name: str) -> None:
    picture = (ROOT / pictures.PICTURES / name).read_bytes()
    html = pictures.page(pictures.SHOTS[name][0])
    assert pictures.mark(picture) == pictures.fingerprint(html), "take it anew: python -m tests.documents pictures"
    assert len(picture) < 250_000
    assert png.size(picture)[0] == pictures.WIDTH * pictures.SCALE


def test_the_terminals_picture_is_what_the_terminal_shows_now() -> None:
    assert (ROOT / pictures.PICTURES / pictures.TERMINAL).read_text("utf-8") == pictures.terminal()


def test_pictures_that_are_true_are_not_taken_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / pictures.PICTURES, tmp_path / pictures.PICTURES)
    (tmp_path / pictures.PICTURES / pictures.TERMINAL).unlink()
    stale = tmp_path / pictures.PICTURES / "digest-slack.png"
    stale.write_bytes(png.packed(stale.read_bytes()))
    taken: list[str] = []

    def photographed(html: str, scheme: str) -> bytes:
        taken.append(f"{scheme}: {'Slack' if 'on Slack' in html else html}")
        return b"new"

    monkeypatch.setattr(pictures, "photographed", photographed)
    pictures.write(tmp_path)
    assert taken == ["light: Slack"]
    assert stale.read_bytes() == b"new"
    assert (tmp_path / pictures.PICTURES / pictures.TERMINAL).read_text("utf-8") == pictures.terminal()


@needs_browser
def test_a_browser_photographs_a_page_at_its_full_height_and_twice_its_size() -> None:
    html = "<!doctype html><body style='margin: 0'><div style='height: 450px; background: teal'>"
    picture = pictures.photographed(html, "light")
    assert png.size(picture) == (2 * pictures.WIDTH, 900)
    assert pictures.mark(picture) == pictures.fingerprint(html)
