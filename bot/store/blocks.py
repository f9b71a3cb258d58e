"""Messages to their stored shape and back, block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from bot.message import Button, Buttons, Card, Excerpt, File, Heading, Hint, Item, Message, Text
from bot.store import wire

if TYPE_CHECKING:
    from bot.message import Block


def message_out(message: Message) -> wire.MessageWire:
    """To be packed."""
    return wire.MessageWire(tuple(_block_out(block) for block in message.blocks), message.gist)


def message_in(record: wire.MessageWire) -> Message:
    """The inverse of `message_out`."""
    return Message(tuple(_block_in(block) for block in record.blocks), record.gist)


def _buttons_out(buttons: tuple[Button, ...]) -> tuple[wire.ButtonWire, ...]:
    return tuple(wire.ButtonWire(one.label, one.command, one.url, one.turns) for one in buttons)


def _buttons_in(buttons: tuple[wire.ButtonWire, ...]) -> tuple[Button, ...]:
    return tuple(Button(one.label, one.command, one.url, one.turns) for one in buttons)


def _block_out(block: Block) -> wire.BlockWire:
    match block:
        case Heading(text):
            return wire.HeadingWire(text)
        case Text(text):
            return wire.TextWire(text)
        case Hint(text):
            return wire.HintWire(text)
        case Excerpt(text):
            return wire.ExcerptWire(text)
        case Card():
            names = ("title", "url", "byline", "summary", "facts", "why", "thumbnail_url", "number", "paper")
            return wire.CardWire(**{name: getattr(block, name) for name in names}, buttons=_buttons_out(block.buttons))
        case Item(text, note, number, buttons):
            return wire.ItemWire(text, note, number, _buttons_out(buttons))
        case Buttons(buttons):
            return wire.ButtonsWire(_buttons_out(buttons))
        case File(name, content):
            return wire.FileWire(name, content)
        case _:
            assert_never(block)


def _block_in(block: wire.BlockWire) -> Block:
    match block:
        case wire.HeadingWire(text):
            return Heading(text)
        case wire.TextWire(text):
            return Text(text)
        case wire.HintWire(text):
            return Hint(text)
        case wire.ExcerptWire(text):
            return Excerpt(text)
        case wire.CardWire():
            names = ("title", "url", "byline", "summary", "facts", "why", "thumbnail_url", "number", "paper")
            return Card(**{name: getattr(block, name) for name in names}, buttons=_buttons_in(block.buttons))
        case wire.ItemWire(text, note, number, buttons):
            return Item(text, note, number, _buttons_in(buttons))
        case wire.ButtonsWire(buttons):
            return Buttons(_buttons_in(buttons))
        case wire.FileWire(name, content):
            return File(name, content)
        case _:
            assert_never(block)
