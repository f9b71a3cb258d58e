"""A message as nothing but text: what is posted when a platform refuses it as it was laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot.message import Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text

if TYPE_CHECKING:
    from bot.message import Block


def plain(message: Message, longest: int) -> Message:
    """The same words without buttons, pictures and files, as one `Text` of at most `longest` characters, cut between words."""
    said = "\n\n".join(words for block in message.blocks if (words := _words(block)))
    # Stripped, for platforms refuse a text of nothing but blanks.
    text = said.strip() or message.gist.strip() or "Paperboy"
    if len(text) > longest:
        text = text[: longest - 1].rsplit(maxsplit=1)[0].rstrip() + "…"
    return Message((Text(text),), gist=message.gist)


def _words(block: Block) -> str:
    match block:
        case Heading(text) | Text(text) | Hint(text) | Excerpt(text):
            return text
        case Card():
            number = f"{block.number}. " if block.number is not None else ""
            lines = (f"{number}{block.title}", block.byline, block.summary, " · ".join(block.facts), block.why, block.url)
            return "\n".join(line for line in lines if line)
        case Item(text, note, number):
            shown = f"{number}. " if number is not None else ""
            return f"{shown}{text} {note}".strip()
        case Buttons() | File():
            return ""
        case _:
            assert_never(block)
