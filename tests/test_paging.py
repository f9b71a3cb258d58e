from __future__ import annotations

import dataclasses
import html
from typing import TYPE_CHECKING, assert_never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.message import Block, Button, Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.paging import characters, page, split
from bot.ports import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

ROOMY = Limits(characters=10_000, blocks=50, text=3_000)
NARROW = Limits(characters=400, blocks=4, text=300, heading=50, buttons=3)

words = st.text("ab &<学👩‍👧\n.", max_size=120)
buttons = st.lists(st.builds(Button, st.just("Press"), st.integers(1, 9).map(str)), max_size=7).map(tuple)
cards = st.builds(
    Card, title=words, url=st.just("https://arxiv.org/abs/2611.00001"), byline=words, summary=st.text("ab .", max_size=900), why=words,
    number=st.none() | st.integers(1, 25), buttons=buttons,
)  # fmt: skip
blocks = st.one_of(
    cards, words.map(Heading), words.map(Text), words.map(Hint), words.map(Excerpt), buttons.filter(bool).map(Buttons),
    st.builds(Item, words, words, st.none(), buttons), st.builds(File, st.just("rules.txt"), words),
)  # fmt: skip
messages = st.builds(Message, st.lists(blocks, max_size=15).map(tuple), words)


def escaped(block: Block) -> int:
    """As a platform measures that writes & as &amp;."""
    match block:
        case Card():
            texts = [block.title, block.byline, block.summary, block.why]
        case Item():
            texts = [block.text, block.note]
        case Heading() | Text() | Hint() | Excerpt():
            texts = [block.text]
        case Buttons() | File():
            texts = []
        case _:
            assert_never(block)
    return sum(len(html.escape(text)) for text in texts)


@pytest.mark.parametrize("measure", [characters, escaped])
@given(message=messages)
def test_every_part_keeps_every_limit(measure: Callable[[Block], int], message: Message) -> None:
    for part in split(message, NARROW, measure=measure):
        assert part.blocks
        assert len(part.blocks) <= NARROW.blocks
        assert sum(measure(block) for block in part.blocks) <= NARROW.characters
        for block in part.blocks:
            if isinstance(block, Heading):
                assert len(block.text) <= NARROW.heading
            else:
                assert measure(block) <= NARROW.text
            if isinstance(block, Card | Item | Buttons):
                assert len(block.buttons) <= NARROW.buttons


@given(message=messages)
def test_parts_hold_the_same_cards_in_the_same_order(message: Message) -> None:
    before = [block for block in message.blocks if isinstance(block, Card)]
    after = [block for part in split(message, NARROW) for block in part.blocks if isinstance(block, Card)]
    assert [(card.url, card.number) for card in after] == [(card.url, card.number) for card in before]
    for whole, shown in zip(before, after, strict=True):
        assert whole.title == shown.title or shown.title.endswith("…")
        if whole.summary != shown.summary:
            assert shown.summary in ("", "…") or shown.summary.endswith("…")


@given(message=messages)
def test_no_button_of_a_row_and_no_file_is_lost(message: Message) -> None:
    def kept(blocks: tuple[Block, ...]) -> list[object]:
        rows = [block.buttons if isinstance(block, Buttons) else (block,) for block in blocks if isinstance(block, Buttons | File)]
        return [one for row in rows for one in row]

    assert kept(tuple(block for part in split(message, NARROW) for block in part.blocks)) == kept(message.blocks)


@given(message=messages)
def test_splitting_a_part_gives_that_part(message: Message) -> None:
    for part in split(message, NARROW):
        assert split(part, NARROW) == (part,)


@given(message=messages)
def test_what_fits_is_left_alone(message: Message) -> None:
    roomy = dataclasses.replace(ROOMY, heading=200)
    assert split(message, roomy) == ((message,) if message.blocks else ())


def test_the_heading_is_repeated_and_counted() -> None:
    card = Card(title="A title", url="", summary="word " * 40)
    parts = split(Message((Heading("Papers"), card, card, card), gist="Three papers"), dataclasses.replace(NARROW, blocks=10))
    assert [part.blocks[0] for part in parts] == [Heading("Papers (1/3)"), Heading("Papers (2/3)"), Heading("Papers (3/3)")]
    assert [part.gist for part in parts] == ["Three papers", "Three papers (2/3)", "Three papers (3/3)"]


def test_a_card_too_long_for_any_message_gives_its_summary_first() -> None:
    card = Card(title="A title", url="https://arxiv.org/abs/1", byline="Somebody", summary="We do. " * 100, why="curriculum in title")
    (part,) = split(Message((card,)), NARROW)
    assert isinstance(shown := part.blocks[0], Card)
    assert dataclasses.replace(shown, summary=card.summary) == card
    assert shown.summary.endswith("We do. …")
    assert characters(shown) > NARROW.text * 0.9


def test_a_title_too_long_is_cut_last() -> None:
    card = Card(title="word " * 100, url="", byline="Somebody", summary="Something", why="a in title")
    (part,) = split(Message((card,)), NARROW)
    assert isinstance(shown := part.blocks[0], Card)
    assert (shown.summary, shown.byline, shown.why) == ("", "", "")
    assert shown.title.endswith("word…")


def test_an_excerpt_is_cut_at_the_end_of_a_line() -> None:
    (part,) = split(Message((Excerpt("\n".join(["subscribe curriculum"] * 30)),)), NARROW)
    assert isinstance(shown := part.blocks[0], Excerpt)
    assert set(shown.text.split("\n")) == {"subscribe curriculum", "…"}


def test_an_excerpt_of_one_endless_line_is_cut_inside_it() -> None:
    (part,) = split(Message((Excerpt("x" * 1_000),)), NARROW)
    assert isinstance(shown := part.blocks[0], Excerpt)
    assert shown.text == "x" * (len(shown.text) - 1) + "…"


def test_a_heading_is_kept_where_every_block_costs_something_by_itself() -> None:
    limits = Limits(characters=1_000, blocks=10, text=900, heading=50)
    parts = split(Message((Heading("Papers"), Text("x"))), limits, measure=lambda block: characters(block) + 200)
    assert [part.blocks[0] for part in parts] == [Heading("Papers")]


def test_a_heading_goes_with_what_stands_under_it() -> None:
    card = Card(title="A title", url="", summary="word " * 40)
    parts = split(Message((Heading("Papers"), card, Heading("Saved"), card, Heading("End"))), NARROW)
    assert [[block.text for block in part.blocks if isinstance(block, Heading)] for part in parts] == [
        ["Papers (1/2)"],
        ["Papers (2/2)", "Saved", "End"],
    ]


def test_room_is_kept_for_counting_the_parts() -> None:
    exactly_full = Message((Heading("H"), Text("x" * 193), Text("y" * 194), Text("z")))
    assert sum(map(characters, exactly_full.blocks[:3])) == NARROW.characters
    for part in split(exactly_full, NARROW):
        assert sum(map(characters, part.blocks)) <= NARROW.characters


def test_what_cannot_be_cut_is_still_said_by_itself() -> None:
    card = Card(title="A title", url=f"https://example.org/{'x' * 600}")
    parts = split(Message((Heading("Papers"), card, card)), NARROW)
    assert [len(part.blocks) for part in parts] == [2, 2]


def test_a_heading_stays_where_moving_it_would_overflow() -> None:
    text = Text("word " * 52)
    tight = Limits(characters=300, blocks=10, text=290, heading=150)
    parts = split(Message((Heading("P"), Text("x"), Heading("word " * 8), text)), tight)
    assert [len(part.blocks) for part in parts] == [3, 2]


@given(st.lists(st.integers(), max_size=30), st.integers(-3, 40), st.integers(1, 10))
def test_a_page_is_one_that_exists(items: list[int], number: int, size: int) -> None:
    shown = page(items, number, size)
    assert 1 <= shown.number <= shown.pages
    assert shown.items == tuple(items[shown.first - 1 : shown.first - 1 + size])
    assert shown.total == len(items)
    assert bool(shown.items) == bool(items)


@given(st.lists(st.integers(), max_size=30), st.integers(1, 10))
def test_the_pages_together_hold_everything_once(items: list[int], size: int) -> None:
    shown = [page(items, number, size) for number in range(1, page(items, 1, size).pages + 1)]
    assert [item for one in shown for item in one.items] == items


def test_turning_leads_to_the_neighbours_that_exist() -> None:
    def labels(number: int) -> list[tuple[str, str]]:
        return [(button.label, button.command) for button in page(range(30), number, 10).turns(lambda to: f"search page:{to} robot")]

    assert labels(1) == [("Next", "search page:2 robot")]
    assert labels(2) == [("Previous", "search page:1 robot"), ("Next", "search page:3 robot")]
    assert labels(3) == [("Previous", "search page:2 robot")]
    assert page((), 1, 10).turns(str) == ()
