"""The small parts of Block Kit, each within its limits: texts, links, buttons, menus."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from adapters.slack.actions import NOTHING, Kind, action_id, value_of
from adapters.slack.escape import address, line, literal
from bot.summary import ELLIPSIS, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.message import Button

Json = dict[str, Any]

SECTION = 3000
"""Characters of a section's text."""
CONTEXT = 2000
"""Characters of one text in a context block."""
CONTEXT_TEXTS = 10
"""In one context block."""
LABEL = 75
"""Characters of a button's or option's label, and of an option's value."""
VALUE = 2000
"""Characters of a button's value."""
MENU = 5
"""Options of an overflow menu."""
ROW = 5
"""Buttons beside each other: Slack takes 25, phones show them as a wall."""
ROWS = 7000
"""Characters of the JSON of buttons that belong together; five rules of 512 characters fit."""


def plain_text(text: str, longest: int = SECTION) -> Json:
    """A text object that is shown as it is, emoji names and all; "…" for one with nothing to see, which Slack would refuse."""
    return {"type": "plain_text", "text": shorten(literal(text).strip(), longest) or ELLIPSIS, "emoji": False}


def label(text: str, longest: int = LABEL) -> Json:
    """The same on one line."""
    return plain_text(line(text), longest)


def text(text: str, **style: bool) -> Iterator[Json]:
    """A text element of `rich_text`; nothing for ""."""
    if cleaned := literal(text):
        yield {"type": "text", "text": cleaned, **({"style": style} if style else {})}


def link(text: str, url: str) -> Iterator[Json]:
    """A bold link element of `rich_text`, only bold where there is no page that a person should be sent to; nothing for ""."""
    shown, to = line(text), address(url)
    if shown and to:
        yield {"type": "link", "url": to, "text": shown, "style": {"bold": True}}
    elif shown:
        yield {"type": "text", "text": shown, "style": {"bold": True}}


def rich_text(*elements: Json, kind: str = "rich_text_section") -> Iterator[Json]:
    """A `rich_text` block of one section; nothing where nothing can be seen."""
    if any(str(element.get("text", "")).strip() for element in elements):
        yield {"type": "rich_text", "elements": [{"type": kind, "elements": list(elements)}]}


def section(text: str, accessory: Json | None = None) -> Iterator[Json]:
    """A paragraph with a button, a menu or a picture at its side."""
    if text.strip() or accessory:
        yield {"type": "section", "text": plain_text(text), **({"accessory": accessory} if accessory else {})}


def context(text: str) -> Iterator[Json]:
    """Small print; what is longer than one text of it becomes several. Nothing for ""."""
    if pieces := [plain_text(piece, CONTEXT) for piece in _pieces(literal(text).strip())][:CONTEXT_TEXTS]:
        yield {"type": "context", "elements": pieces}


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of at most CONTEXT characters, parted at blanks where there are any."""
    while len(text) > CONTEXT:
        end = text.rfind(" ", 0, CONTEXT + 1)
        yield text[: end if end > 0 else CONTEXT]
        text = text[end if end > 0 else CONTEXT :].lstrip()
    if text:
        yield text


def picture(url: str, alt: str) -> Json | None:
    """A thumbnail; None for an address that Slack could not load."""
    to = address(url)
    return {"type": "image", "image_url": to, "alt_text": shorten(line(alt), LABEL) or "Picture"} if to else None


def rows(buttons: Sequence[Button]) -> Iterator[Json]:
    """Buttons in rows of five, in their order; without those that Slack could neither open nor give back.

    Nor those that would burst the message: a row cannot be cut, and the first buttons matter most.
    """
    pressed = [press(one, place % ROW) for place, one in enumerate(one for one in buttons if _opens(one) or _types(one))]
    sizes = accumulate(len(json.dumps(one, ensure_ascii=False)) for one in pressed)
    fitting = [one for one, size in zip(pressed, sizes, strict=True) if size <= ROWS]
    for start in range(0, len(fitting), ROW):
        yield {"type": "actions", "elements": fitting[start : start + ROW]}


def press(button: Button, place: int = 0, *, about: str = "") -> Json:
    """A button.

    Args:
        place: Makes its action id unique in its block.
        about: What it stands beside, for screen readers: a list has the same button in every row.
    """
    opens, types = _opens(button), _types(button)
    return {
        "type": "button",
        "action_id": action_id(_kind(button), place),
        "text": label(button.label),
        **({"value": value_of(button.command)} if types else {}),
        **({"url": address(button.url)} if opens else {}),
        **({"accessibility_label": shorten(f"{line(button.label)}: {line(about)}", LABEL)} if about else {}),
    }


def beside(buttons: Sequence[Button], *, about: str = "") -> Json | None:
    """The buttons as one element at the side of a text: the button itself, or a menu; None where they need rows of their own.

    A menu types all its commands in the same way, so what turns a page and what answers anew cannot share one.
    """
    if len(buttons) == 1 and (_opens(buttons[0]) or _types(buttons[0])):
        return press(buttons[0], about=about)
    return menu(buttons)


def menu(buttons: Sequence[Button]) -> Json | None:
    """An overflow menu of the buttons; None if it could not hold them all."""
    kinds = {_kind(one) for one in buttons} - {Kind.OPEN}
    holds = all((_opens(one) or one.command) and len(value_of(one.command)) <= LABEL for one in buttons)
    if not buttons or len(buttons) > MENU or len(kinds) > 1 or not holds:
        return None
    return {
        "type": "overflow",
        "action_id": action_id(next(iter(kinds), Kind.OPEN), 0),
        "options": [
            {
                "text": label(one.label),
                "value": value_of(one.command) or NOTHING,
                **({"url": address(one.url)} if _opens(one) else {}),
            }
            for one in buttons
        ],
    }


def _kind(button: Button) -> Kind:
    if not button.command:
        return Kind.OPEN
    return Kind.TURN if button.turns else Kind.TYPE


def _opens(button: Button) -> bool:
    return bool(address(button.url))


def _types(button: Button) -> bool:
    return 0 < len(value_of(button.command)) <= VALUE
