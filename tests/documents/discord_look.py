"""Content, embeds and components as Discord shows them: a painter of exactly those that the renderer makes of a digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.documents.painting import Json, UnknownKind, element, icon, joined, known, window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from markupsafe import Markup

    from adapters.discord.render import Rendered

_ROW = 1
_MARKUP = re.compile(
    r"\\(?P<sign>[^0-9A-Za-z\s])|\[(?P<shown>(?:\\.|[^\\\[\]])+)\]\((?P<url>https?://[^\s()]+)\)|(?P<strange>[\\*_~`|<>\[\]])"
)
"""Escaped signs and links. Any other sign that means something to Discord is not painted yet."""


def page(rendered: Rendered, *, channel: str, now: datetime) -> str:
    """A channel in which the bot has just said this.

    Raises:
        UnknownKind: A part that is not painted yet.
    """
    if rendered.files:
        raise UnknownKind(f"files: {[file.name for file in rendered.files]}")
    when = element("time", f"{now.day}/{now:%m/%Y, %H:%M}")
    who = element("div", element("b", "Paperboy"), element("span", "APP", look="badge"), when, look="who")
    below = (*map(_embed, rendered.embeds), *map(_row, rendered.components))
    said = element("div", who, *_lines(rendered.content), *below, look="said")
    return window("discord", "A digest on Discord", channel, element("article", icon("paperboy"), said, look="message"))


def _lines(markdown: str) -> Iterator[Markup]:
    for line in markdown.split("\n"):
        if line.startswith("### "):
            yield element("h2", _inline(line.removeprefix("### ")))
        elif line.startswith("-# "):
            yield element("p", _inline(line.removeprefix("-# ")), look="small")
        elif re.match(r"#+ |>|[-+] |\d+[.)] ", line):
            raise UnknownKind(f"the beginning of a line: {line}")
        else:
            yield element("p", _inline(line))


def _inline(markdown: str) -> Markup:
    parts, end = [], 0
    for found in _MARKUP.finditer(markdown):
        if found["strange"]:
            raise UnknownKind(f"{found['strange']} in {markdown}")
        parts += [
            markdown[end : found.start()],
            element("a", _inline(found["shown"]), href=found["url"]) if found["url"] else found["sign"],
        ]
        end = found.end()
    return joined(*parts, markdown[end:])


def _embed(embed: Json) -> Markup:
    known(embed, "title", "url", "description", "footer", "color")
    parts = []
    if "title" in embed:
        parts.append(element("h3", element("a", _inline(embed["title"]), href=embed["url"])))
    parts += _lines(embed["description"])
    if "footer" in embed:
        parts.append(element("footer", known(embed["footer"], "text")["text"]))
    return element("section", *parts, look="embed", style=f"border-color: #{embed['color']:06x}")


def _row(row: Json) -> Markup:
    if known(row, "type", "components")["type"] != _ROW:
        raise UnknownKind(f"a component: {row}")
    return element("div", *map(_pressed, row["components"]), look="row")


def _pressed(pressed: Json) -> Markup:
    match pressed:
        case {"type": 2, "style": 2, "label": label}:
            known(pressed, "type", "style", "label", "custom_id")
            return element("button", label, type="button")
        case {"type": 3, "placeholder": placeholder, "options": options}:
            known(pressed, "type", "custom_id", "placeholder", "options")
            # As Discord has it before it is opened; what it offers is only read aloud.
            offers = ", ".join(known(one, "label", "value", "description")["label"] for one in options)
            return element("button", element("span", placeholder), icon("chevron"), type="button", look="menu", aria_label=offers)
    raise UnknownKind(f"something to press: {pressed}")
