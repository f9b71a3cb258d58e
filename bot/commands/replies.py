"""The turns of phrase that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.call import Answer
from bot.errors import UserMistake
from bot.folding import readable
from bot.message import Button, Buttons, Heading, Hint, Item, Message, Text
from bot.summary import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.commands.call import Call
    from bot.message import Block
    from bot.paper import Paper
    from bot.query import Query

LABEL = 30
"""Characters a button's label shows on every platform."""


def said(*blocks: Block, public: bool = False, gist: str = "") -> Answer:
    """An answer of these blocks."""
    return Answer(Message(blocks, gist=gist), public=public)


def count(number: int, singular: str, plural: str = "") -> str:
    """As people say it: 1 paper, 12 papers, no papers."""
    noun = singular if number == 1 else plural or f"{singular}s"
    return f"{number or 'no'} {noun}"


def place(call: Call) -> str:
    """The channel as people call it: its name, or "this channel"."""
    return call.channel_name or "this channel"


def button(label: str, command: str) -> Button:
    """A button that types `command`; a label too long for a phone is cut at its end."""
    return Button(shorten(label, LABEL), command=command)


def row(buttons: Sequence[Button]) -> tuple[Block, ...]:
    """A row of buttons, or nothing where there are none."""
    return (Buttons(tuple(buttons)),) if buttons else ()


def hint(text: str) -> tuple[Block, ...]:
    """Small print, or nothing where there is none."""
    return (Hint(text),) if text else ()


def page_of(text: str) -> tuple[int, str]:
    """The page a button asks for and the rest of the text: "page:2 curriculum" -> (2, "curriculum").

    Raises:
        UserMistake: The page is no whole number from 1 to 999.
    """
    first, _, rest = text.partition(" ")
    if not first.startswith("page:"):
        return 1, text
    number = whole(first.removeprefix("page:"), most=MOST_PAGES)
    if number is None:
        raise UserMistake(f"`{first}` is no page.", instead=f"page:1 {rest}".strip())
    return number, rest.strip()


def whole(text: str, *, most: int) -> int | None:
    """The whole number from 1 to `most` that somebody typed; None if it is none."""
    # The length first: a number of a thousand digits is not worth reading.
    fits = text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and 1 <= int(text) <= most
    return int(text) if fits else None


MOST_PAGES = 999
RULE = "rule:"
"""Stands before a query that a button types and that could be read as something else."""


def typed(rule: Query | str) -> str:
    """The query as a button types it: marked where it would otherwise be taken for a number, `all`, a page or the word `here`."""
    query = str(rule)
    last = query.rsplit(maxsplit=1)[-1].casefold() if query else ""
    doubtful = query.lstrip("#").isdecimal() or query.casefold() == "all" or query.startswith("page:") or last == "here"
    return f"{RULE}{query}" if doubtful else query


def choices(rows: Sequence[tuple[str, str, str]]) -> tuple[Item, ...]:
    """A small list to pick from, of rows (text, note, command)."""
    return tuple(Item(text, note, number=n, buttons=(Button("Use", command),)) for n, (text, note, command) in enumerate(rows, start=1))


def empty(title: str, text: str, advice: str = "") -> Answer:
    """An answer that says kindly that there is nothing, and what to do about it."""
    return said(Heading(title), Text(text), *hint(advice))


def short_title(paper: Paper, length: int = 80) -> str:
    """The title as people read it, cut for use inside a sentence."""
    return shorten(one_line(readable(paper.title)), length)
