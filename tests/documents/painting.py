"""HTML for the pictures: elements whose words are escaped, and the window they stand in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

Json = dict[str, Any]

LOOKS = Path(__file__).with_name("looks")


class UnknownKind(ValueError):
    """The payload holds what no picture has shown yet: teach its painter, so that no picture leaves something out."""


def element(name: str, *children: str, **attributes: str) -> Markup:
    """An element around its children: text, which is escaped, or other elements. `look` is its class; a trailing "_" is dropped."""
    named = (("class" if key == "look" else key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    written = Markup("").join(Markup(' {}="{}"').format(key, value) for key, value in named)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, joined(*children))


def joined(*children: str) -> Markup:
    """Children side by side."""
    return Markup("").join(map(escape, children))


def known(payload: Json, *keys: str) -> Json:
    """The same, if it has no other keys than these.

    Raises:
        UnknownKind: It has.
    """
    if strange := set(payload) - set(keys):
        raise UnknownKind(f"{', '.join(sorted(strange))} in {payload}")
    return payload


def icon(name: str) -> Markup:
    """The SVG of that name among the looks; screen readers pass it over."""
    drawing = Markup((LOOKS / f"{name}.svg").read_text("utf-8").strip())
    return element("span", drawing, look=f"icon {name}", aria_hidden="true")


def window(platform: str, title: str, channel: str, message: Markup) -> str:
    """A whole page: the window of a chat with one message in it, in the platform's look, light or dark as the browser prefers."""
    bar = element("header", element("span", "#", look="hash"), element("h1", channel.removeprefix("#")), look="bar")
    style = Markup("\n").join(Markup((LOOKS / f"{name}.css").read_text("utf-8")) for name in ("window", platform))
    head = element("head", Markup('<meta charset="utf-8">'), element("title", title), element("style", style))
    body = element("body", element("main", bar, message, look=f"window {platform}"))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"
