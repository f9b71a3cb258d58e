"""A message as the words in it, for tests that care what is said and not how it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot.message import Block, Button, Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text

if TYPE_CHECKING:
    from collections.abc import Iterable


def words(message: Message) -> str:
    """Everything in it that a person could read, a line for each block."""
    return "\n".join(_words(block) for block in message.blocks)


def buttons(message: Message) -> list[Button]:
    """Everything in it that can be pressed, in order."""
    return [button for block in message.blocks if isinstance(block, (Card, Item, Buttons)) for button in block.buttons]


def _words(block: Block) -> str:
    match block:
        case Heading(text) | Text(text) | Hint(text) | Excerpt(text):
            return text
        case Card():
            number = f"{block.number}. " if block.number else ""
            parts = (f"{number}{block.title}", block.byline, block.summary, *block.facts, block.why, _labels(block.buttons))
            return "\n".join(part for part in parts if part)
        case Item():
            number = f"{block.number}. " if block.number else ""
            return f"{number}{block.text} {block.note} {_labels(block.buttons)}"
        case Buttons(pressable):
            return _labels(pressable)
        case File(name, content):
            return f"{name}\n{content}"
        case _:
            assert_never(block)


def _labels(pressable: Iterable[Button]) -> str:
    return " ".join(f"[{button.label}]" for button in pressable)
