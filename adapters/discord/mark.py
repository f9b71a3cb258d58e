"""How a post is known again: a nonce that Discord itself goes by for some minutes, and a mark in the message for later."""

from __future__ import annotations

from base64 import b32encode
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from adapters.discord.escape import LONGEST_URL, size
from adapters.discord.render import CONTENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.discord.render import Rendered

_BITS = 120
"""Of the nonce: 24 characters, of the 25 that Discord takes."""
_SHOWN = 10
"""Characters of it in the mark: enough to tell a channel's messages apart, and small to look at."""
_TOGETHER = 6000
"""Characters that the embeds of one message hold."""


def nonce(key: str) -> str:
    """The same for the same key, on every machine."""
    return b32encode(sha256(key.encode()).digest()[: _BITS // 8]).decode().lower()


def mark(key: str) -> str:
    """What a message with this key bears."""
    return nonce(key)[:_SHOWN]


def marked(rendered: Rendered, key: str) -> Rendered:
    """The message with its mark: unseen at the end of a paper's link, else in small print.

    Whether the nonce comes back with a channel's history is promised nowhere; content and embeds of our own messages do, without the
    intent to read others. Where there is no room for it, it goes without.
    """
    embeds, small = list(rendered.embeds), mark(key)
    for index, embed in reversed(list(enumerate(embeds))):
        if (url := embed.get("url", "")) and "#" not in url and len(url) + len(small) < LONGEST_URL:
            embeds[index] = {**embed, "url": f"{url}#{small}"}
            return replace(rendered, embeds=embeds)
    if embeds:
        footer = embeds[-1].get("footer", {})
        text = f"{footer['text']} · {small}" if footer.get("text") else small
        embeds[-1] = {**embeds[-1], "footer": {**footer, "text": text}}
        return replace(rendered, embeds=embeds) if sum(map(_characters, embeds)) <= _TOGETHER else rendered
    content = f"{rendered.content}\n-# {small}".lstrip()
    return replace(rendered, content=content) if size(content) <= CONTENT else rendered


def bears(message: Mapping[str, Any], key: str) -> bool:
    """Whether a message, as Discord shows it, was posted with this key."""
    if message.get("nonce") == nonce(key):
        return True
    small = mark(key)
    places = [str(message.get("content") or "").rpartition("\n")[2].removeprefix("-# ")]
    for embed in message.get("embeds") or ():
        places.append(str(embed.get("url") or "").rpartition("#")[2])
        places.append(str((embed.get("footer") or {}).get("text") or "").rpartition(" · ")[2])
    return small in places


def _characters(embed: Mapping[str, Any]) -> int:
    return size(embed.get("title", "")) + size(embed.get("description", "")) + size(embed.get("footer", {}).get("text", ""))
