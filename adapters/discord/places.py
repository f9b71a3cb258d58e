"""Which channel of ours a channel or thread of Discord is: the place whose rules are meant by whoever speaks there.

A forum is one place: its posts are the digests, and what is said in a post is about the forum. So is a text channel with the threads that
the bot opened under its digests. A thread that people opened is a place of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import discord

if TYPE_CHECKING:
    from collections.abc import Mapping

ANYWHERE = "@me"
"""The workspace of direct messages, and of an app that somebody brought along."""
DIRECT = "our direct messages"
"""What the bot's direct messages with a person are called."""

SNOWFLAKE = 20
"""Digits of the greatest id."""
THREADS = frozenset({10, 11, 12})
"""Channel types: in an announcement channel, public, private."""
_FORUMS = frozenset({discord.ChannelType.forum, discord.ChannelType.media})


@dataclass(frozen=True, slots=True)
class Place:
    """A channel as `bot.channel.Address` names it."""

    channel: str
    name: str
    """"#ml-reading"; "" when unknown."""


class Places(Protocol):
    """What the gateway knows of channels: discord.py's client."""

    @property
    def user(self) -> discord.ClientUser | None:
        """The bot itself, once it is connected."""

    def get_guild(self, id: int, /) -> discord.Guild | None:
        """A server that the bot is in; None if it is not."""

    def get_channel(self, id: int, /) -> discord.abc.GuildChannel | discord.Thread | discord.abc.PrivateChannel | None:
        """A channel or a thread that is not archived; None if it is not known."""


def place_of(channel: Mapping[str, Any], places: Places) -> Place:
    """The place that a channel of a server is, or is part of.

    Args:
        channel: As Discord describes it in an interaction: id, name, and for threads type, parent_id and perhaps owner_id.
    """
    id = str(channel.get("id") or "")
    known = _known(id, places)
    kind, parent, owner = channel.get("type"), str(channel.get("parent_id") or ""), str(channel.get("owner_id") or "")
    if isinstance(known, discord.Thread):
        kind, parent, owner = known.type.value, str(known.parent_id), str(known.owner_id)
    name = str(channel.get("name") or getattr(known, "name", "") or "")
    if kind in THREADS and parent:
        over = _known(parent, places)
        me = str(places.user.id) if places.user else ""
        if (owner and owner == me) or (over is not None and getattr(over, "type", None) in _FORUMS):
            id, name = parent, str(getattr(over, "name", ""))
    return Place(id, f"#{name}" if name else "")


def _known(id: str, places: Places) -> discord.abc.GuildChannel | discord.Thread | discord.abc.PrivateChannel | None:
    return places.get_channel(int(id)) if id.isascii() and id.isdecimal() and len(id) <= SNOWFLAKE else None
