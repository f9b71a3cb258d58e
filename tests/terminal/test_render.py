"""Renderings are compared with text files in `golden/`; `UPDATE_GOLDEN=1 pytest tests/terminal` writes them anew, for reading over."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from adapters.terminal.look import Look
from adapters.terminal.render import Screenful, plain, render
from bot.cards import card, paper_buttons
from bot.channel import Format
from bot.message import Button, Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.paper import Paper, PaperId

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")

UGLY = (
    Paper(
        id=PaperId("2611.00001"),
        title=("A Very Long Title About Everything " * 9)[:300],
        abstract="We propose \x1b[31mred\x1b[0m \x1b]0;owned\x07 text, <!channel> and @everyone, [bold]markup[/bold] & :smile: things.",
        authors=tuple(f"Author{n} Family{n}" for n in range(573)),
        organisation="The ATLAS Collaboration",
        categories=("hep-ex",),
        upvotes=1234,
        stars=56_789,
        published=NOW,
    ),
    Paper(
        id=PaperId("2611.00002"),
        title=r"$\beta$-VAE: {\em disentangled} $\mathcal{O}(n^2)$ — 100% better",
        abstract="Short.",
        authors=("Andr\\'e Weil",),
        comment="withdrawn",
        published=datetime(2025, 1, 2, tzinfo=UTC),
    ),
    Paper(
        id=PaperId("2611.00003"),
        title="למידת מכונה \u202eevil\u202c 学習のためのカリキュラム 👩‍👩‍👧‍👦🇩🇪 e\u0301\u0302",
        abstract="提案手法は課程を学ぶ。" * 12,
        authors=("王伟", "שרה כהן"),
        published=NOW,
    ),
    Paper(id=PaperId("title-0123456789abcdef"), title="W" * 210, code_url="javascript:alert(1)"),
)
DIGEST = Message(
    (
        Heading("4 papers for #ml-reading · Sun 22 Nov"),
        *(
            card(paper, Format.NORMAL, now=NOW, why="curriculum in title", number=number, buttons=paper_buttons(paper))
            for number, paper in enumerate(UGLY, start=1)
        ),
        Buttons((Button("12 more", command="more d1"),)),
    )
)
COMPACT = Message(
    (
        Heading("Papers"),
        *(card(paper, Format.COMPACT, now=NOW, number=number) for number, paper in enumerate(UGLY, start=1)),
        Hint("4 of 4"),
    )
)
ANSWER = Message(
    (
        Text("Ada subscribed #ml-reading to curriculum\nand \x1b[5mthis\x1b[0m [red]too[/red]"),
        Excerpt("curriculm OR (robot\n             ^"),
        Heading("Rules"),
        Item("curriculum", "3 papers in 7 days, added by Ada", number=1, buttons=(Button("Remove", command="unsubscribe curriculum"),)),
        Item("learning OR teaching " * 5, "a note", number=12),
        Item("no number"),
        Buttons(tuple(Button(label, command=label.lower()) for label in ("Undo", "Preview", "Narrow", "Broaden", "Something longer"))),
        Buttons((Button("arXiv", url="https://arxiv.org"), Button("Help", command="help"))),
        Hint("Next digest: tomorrow 09:00"),
        File("saved.bib", "@misc{a,\n  title = {A},\n}\n"),
    )
)
TTY = Look(width=80, colour=True, links=True)


def checked(name: str, text: str) -> None:
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize(("name", "message"), [("digest", DIGEST), ("compact", COMPACT), ("answer", ANSWER)])
def test_a_message_looks_as_it_should(name: str, message: Message, width: int) -> None:
    checked(f"{name}-{width}", render(message, Look(width=width)).text)


def test_on_a_terminal_there_are_colours_and_links() -> None:
    # The number of a link only tells the lines of one link from another's; rich draws it at random.
    checked("digest-tty", re.sub(r"id=\d+;", "id=0;", render(DIGEST, TTY).text).replace("\x1b", "␛"))


def test_colours_may_be_switched_off_and_links_stay() -> None:
    text = render(DIGEST, replace(TTY, colour=False)).text
    assert "\x1b]8;" in text
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", text)


def test_colours_may_come_without_links() -> None:
    text = render(DIGEST, replace(TTY, links=False)).text
    assert "\x1b[36m[1]\x1b[0m Abstract" in text
    assert "\x1b]8;" not in text
    assert "https://arxiv.org/abs/2611.00001\n" in text


texts = st.text(max_size=60) | st.text(alphabet="\x1b]8;[31m\x07\x9b\n\t\u202e\u2066 ab学👩\u200d👧[/]:smile:\ud800é", max_size=60)
links = st.just("https://example.org/") | texts | texts.map("https://{}".format)
buttons = st.lists(st.builds(Button, texts, texts, links), max_size=3).map(tuple)
blocks = st.one_of(
    texts.map(Heading),
    texts.map(Text),
    texts.map(Hint),
    texts.map(Excerpt),
    st.builds(Card, title=texts, url=links, byline=texts, summary=texts, why=texts, number=st.none() | st.integers(1, 25), buttons=buttons),
    st.builds(Item, texts, texts, st.none() | st.integers(1, 25), buttons),
    buttons.map(Buttons),
    st.builds(File, texts, texts),
)
messages = st.lists(blocks, max_size=4).map(tuple).map(Message)


@given(messages, st.integers(40, 200))
def test_nothing_from_outside_controls_the_terminal(message: Message, width: int) -> None:
    text = render(message, Look(width=width)).text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    text.encode()
    drawn = ESCAPES.sub("", render(message, Look(width=width, colour=True, links=True)).text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", drawn)


@given(st.lists(texts.map(Text) | texts.map(Hint) | texts.map(Heading), max_size=4).map(tuple).map(Message), st.integers(40, 200))
def test_lines_keep_within_the_width(message: Message, width: int) -> None:
    assert all(cell_len(line) <= width for line in render(message, Look(width=width)).text.split("\n"))


@given(messages)
def test_the_look_changes_no_word(message: Message) -> None:
    coloured = Look(colour=True)
    assert ESCAPES.sub("", render(message, coloured).text) == render(message, Look()).text
    assert render(message, coloured).choices == render(message, Look()).choices


def test_buttons_with_commands_are_numbered_and_pages_are_links() -> None:
    screenful = render(ANSWER, TTY, first=3)
    assert "\x1b[36m[3]\x1b[0m Remove" in screenful.text
    assert [button.command for button in screenful.choices][:2] == ["unsubscribe curriculum", "undo"]
    assert "https://arxiv.org" not in [button.command for button in screenful.choices]
    assert "arXiv: https://arxiv.org\n" in render(ANSWER, Look()).text


def test_an_empty_message_is_nothing() -> None:
    assert render(Message(()), Look()) == Screenful("", ())


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("a\x1b[31mb\x1b[0m", "ab"),
        ("a\x1b]8;;https://evil.example\x1b\\b\x1b]8;;\x1b\\", "ab"),
        ("a\rb\r\nc\u2028d", "a\nb\nc\nd"),
        ("tab\there", "tab    here"),
        ("user\u202eexe.txt\u2066\u200b\ufeff\u00ad", "userexe.txt"),
        ("family 👩‍👩‍👧‍👦 می‌خواهم", "family 👩‍👩‍👧‍👦 می‌خواهم"),
        ("half \ud83d", "half \ufffd"),
        ("\x00\x07\x08\x7f\x9b", ""),
    ],
)
def test_outside_text_is_only_text(outside: str, shown: str) -> None:
    assert plain(outside) == shown


@given(texts)
@example("\x1b\x1b[31m[31m")
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert plain(plain(text)) == plain(text)
