"""Block Kit as Slack shows it: a painter of exactly those blocks that the renderer makes of a digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.documents.painting import Json, UnknownKind, element, icon, joined, known, window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from markupsafe import Markup


def page(blocks: Sequence[Json], *, channel: str, now: datetime) -> str:
    """A channel in which the bot has just said this.

    Raises:
        UnknownKind: A block, or a part of one, that is not painted yet.
    """
    clock = f"{now.hour % 12 or 12}:{now:%M %p}"
    who = element("div", element("b", "Paperboy"), element("span", "APP", look="badge"), element("time", clock), look="who")
    said = element("div", who, *map(_block, blocks), look="said")
    return window("slack", "A digest on Slack", channel, element("article", icon("paperboy"), said, look="message"))


def _block(block: Json) -> Markup:
    match block:
        case {"type": "header", "text": text}:
            known(block, "type", "text")
            return element("h2", _words(text))
        case {"type": "rich_text", "elements": sections}:
            known(block, "type", "elements")
            return joined(*map(_rich, sections))
        case {"type": "section", "text": text}:
            known(block, "type", "text", "accessory", "block_id")
            side = (_pressed(block["accessory"]),) if "accessory" in block else ()
            return element("div", element("p", _words(text)), *side, look="section")
        case {"type": "context", "elements": texts}:
            known(block, "type", "elements")
            return element("div", *(element("p", _words(text)) for text in texts), look="context")
        case {"type": "actions", "elements": elements}:
            known(block, "type", "elements", "block_id")
            return element("div", *map(_pressed, elements), look="actions")
    raise UnknownKind(f"a block: {block}")


def _rich(section: Json) -> Markup:
    if section["type"] != "rich_text_section":
        raise UnknownKind(f"in rich_text: {section}")
    return element("p", *map(_inline, known(section, "type", "elements")["elements"]), look="rich")


def _inline(part: Json) -> Markup:
    match known(part, "type", "text", "url", "style"):
        case {"type": "link", "url": url, "text": text}:
            shown = element("a", text, href=url)
        case {"type": "text", "text": text}:
            shown = joined(text)
        case _:
            raise UnknownKind(f"in rich_text_section: {part}")
    return element("b", shown) if known(part.get("style", {}), "bold").get("bold") else shown


def _words(text: Json) -> str:
    known(text, "type", "text", "emoji")
    if text["type"] != "plain_text" or text.get("emoji"):
        raise UnknownKind(f"a text: {text}")
    return str(text["text"])


def _pressed(pressed: Json) -> Markup:
    match pressed:
        case {"type": "button", "text": text}:
            known(pressed, "type", "action_id", "text", "value", "url")
            return element("button", _words(text), type="button")
        case {"type": "overflow", "options": options}:
            known(pressed, "type", "action_id", "options")
            # As Slack has it before it is pressed: three dots, and what it offers only read aloud.
            offers = ", ".join(_words(known(one, "text", "value", "url")["text"]) for one in options)
            return element("button", "\N{MIDLINE HORIZONTAL ELLIPSIS}", type="button", look="overflow", aria_label=offers)
    raise UnknownKind(f"something to press: {pressed}")
