"""What a person reads in Block Kit, and what they can press: for tests that care what is said and not how it looks."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INLINE = frozenset({"text", "link", "emoji", "user", "channel"})


def words(blocks: Iterable[dict[str, Any]]) -> str:
    """All visible text, a line for each piece, and the labels of all that can be pressed, in their order."""
    return "\n".join(line for block in blocks for line in _lines(block) if line)


def buttons(blocks: Iterable[dict[str, Any]]) -> list[str]:
    """The labels of all that can be pressed, in their order."""
    return [label for block in blocks for label in _labels(block)]


def _lines(thing: Any) -> Iterator[str]:  # noqa: C901  # one case for each kind of thing that can be read
    match thing:
        case {"type": kind, "elements": elements} if str(kind).startswith("rich_text") and all(one["type"] in INLINE for one in elements):
            yield "".join(str(one.get("text", one.get("url", ""))) for one in elements)
        case {"type": "overflow", "options": options}:
            yield from (f"[{one['text']['text']}]" for one in options)
        case {"type": "button", "text": text}:
            yield f"[{text['text']}]"
        case {"type": "mrkdwn", "text": str(text)}:
            yield unescape(text)
        case {"type": "plain_text", "text": str(text)}:
            yield text
        case dict():
            for value in thing.values():
                if isinstance(value, dict | list):
                    yield from _lines(value)
        case list():
            for value in thing:
                yield from _lines(value)
        case _:
            pass


def _labels(thing: Any) -> Iterator[str]:
    match thing:
        case {"type": "button", "text": {"text": label}}:
            yield label
        case {"type": "overflow", "options": options}:
            yield from (one["text"]["text"] for one in options)
        case dict():
            for value in thing.values():
                yield from _labels(value)
        case list():
            for value in thing:
                yield from _labels(value)
        case _:
            pass
