"""A message as nothing but text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.message import Button, Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.plain import plain


def text_of(message: Message) -> str:
    (block,) = message.blocks
    assert isinstance(block, Text)
    return block.text


def test_every_word_is_kept_and_everything_else_is_not() -> None:
    card = Card(
        title="T", url="https://x", byline="A, B", facts=("▲ 3", "cs.CL"), why="title", number=1, buttons=(Button("Save", "save 1"),)
    )
    message = Message(
        (
            Heading("H"),
            Card(title="Bare", url="https://y"),
            card,
            Excerpt("e"),
            Item("rule", "3 a week", 2),
            Item("rule"),
            Buttons((Button("Undo", "x"),)),
            File("a.txt", "secret"),
            Hint("h"),
        ),
        gist="G",
    )

    assert plain(message, 1000) == Message(
        (Text("H\n\nBare\nhttps://y\n\n1. T\nA, B\n▲ 3 · cs.CL\ntitle\nhttps://x\n\ne\n\n2. rule 3 a week\n\nrule\n\nh"),), gist="G"
    )


def test_a_message_without_words_says_its_gist_or_at_least_something() -> None:
    silent = (Buttons((Button("Undo", "x"),)),)

    assert text_of(plain(Message(silent, gist="Undo it?"), 100)) == "Undo it?"
    assert text_of(plain(Message(silent), 100)) == "Paperboy"


def test_a_long_text_is_cut_between_words() -> None:
    assert text_of(plain(Message((Text("one two three"),)), 10)) == "one two…"
    assert text_of(plain(Message((Text("one two three"),)), 13)) == "one two three"


@given(st.lists(st.text(min_size=1), min_size=1), st.integers(8, 60))
def test_no_text_is_too_long_or_blank(texts: list[str], longest: int) -> None:
    text = text_of(plain(Message(tuple(Text(one) for one in texts)), longest))

    assert len(text) <= longest
    assert text.strip()
