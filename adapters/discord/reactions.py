"""Reactions under the bot's messages: what each emoji says about a paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapters.discord.client import PLATFORM
from adapters.discord.places import ANYWHERE, place_of
from bot.channel import Address
from bot.commands import react
from bot.votes import Reaction

if TYPE_CHECKING:
    import discord

    from adapters.discord.places import Places
    from bot.desk import Desk

_FOR = frozenset("👍❤💖💕💗😍🥰🎉⭐🌟🤩🔥🚀👏🙌💯💪👌💡🧠👀✅☑✔\N{HEAVY PLUS SIGN}🔖📌🤯✨")
_AGAINST = frozenset("👎❌⛔🚫🙅\N{HEAVY MINUS SIGN}💤🥱")
_KEYCAPS = re.compile("([1-9])\ufe0f?\u20e3")
_DRESSED = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[\u2640\u2642]")
"""What tells how an emoji looks and not which it is: as text or picture, the colour of its skin, a man or a woman."""


def meaning(emoji: str) -> Reaction | None:
    """What a reaction means; None if it says nothing about a paper, as no server's own emoji does."""
    if numbered := _KEYCAPS.fullmatch(emoji):
        return Reaction(sign=numbered[1], value=1, place=int(numbered[1]))
    base = _DRESSED.sub("", emoji)
    if base == "🔟":
        return Reaction(sign=base, value=1, place=10)
    if base in _FOR:
        return Reaction(sign=base, value=1)
    return Reaction(sign=base, value=-1) if base in _AGAINST else None


async def reacted(desk: Desk, places: Places, event: discord.RawReactionActionEvent) -> None:
    """Count a reaction, or take it back; only under a message of ours. Raises `StoreTrouble`."""
    emoji = event.emoji
    # discord.py hands on whatever came in the name's place.
    reaction = meaning(emoji.name) if emoji.id is None and isinstance(emoji.name, str) else None
    me = places.user
    if reaction is None or me is None or event.user_id == me.id or event.message_author_id not in (me.id, None):
        return
    person, message = f"@{event.user_id}", str(event.message_id)
    if event.guild_id is None:
        address = Address(PLATFORM, ANYWHERE, person)
    else:
        raw = str(event.channel_id)
        address = Address(PLATFORM, str(event.guild_id), place_of({"id": raw}, places).channel)
        message = message if raw == address.channel else f"{raw}/{message}"
    await react(desk, address, message, reaction, voter=person, removed=event.event_type == "REACTION_REMOVE")
