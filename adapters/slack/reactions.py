"""Reactions under the bot's messages: what each emoji says about a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.slack.origin import PLATFORM
from bot.channel import Address
from bot.commands import react
from bot.votes import Reaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.desk import Desk

_FOR = frozenset(
    """
    +1 thumbsup heart heart_eyes hearts tada star star2 star-struck fire rocket clap raised_hands 100 muscle ok_hand bulb brain eyes
    white_check_mark heavy_check_mark heavy_plus_sign bookmark pushpin exploding_head sparkles
    """.split()  # noqa: SIM905  # a page of quotation marks tells no more
)
_AGAINST = frozenset({"-1", "thumbsdown", "x", "no_entry", "no_entry_sign", "no_good", "heavy_minus_sign", "zzz", "yawning_face"})
_KEYCAPS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "keycap_ten")
_SAME = {"thumbsup": "+1", "thumbsdown": "-1"}


def meaning(name: str) -> Reaction | None:
    """What a reaction means by Slack's name of its emoji ("+1::skin-tone-3"); None if it says nothing about a paper."""
    base = name.partition("::")[0]
    sign = _SAME.get(base, base)
    if base in _FOR:
        return Reaction(sign=sign, value=1)
    if base in _AGAINST:
        return Reaction(sign=sign, value=-1)
    return Reaction(sign=sign, value=1, place=_KEYCAPS.index(base) + 1) if base in _KEYCAPS else None


async def reacted(desk: Desk, workspace: str, event: Mapping[str, Any], *, bot_user: str) -> None:
    """Count a `reaction_added`, or take it back for a `reaction_removed`; only under a message of ours."""
    item, reaction = event.get("item") or {}, meaning(str(event.get("reaction", "")))
    if reaction is None or item.get("type") != "message" or event.get("item_user") not in {bot_user, None, ""}:
        return
    channel, message, voter = (str(item.get("channel", "")), str(item.get("ts", "")), str(event.get("user", "")))
    if channel and message and voter:
        address = Address(PLATFORM, workspace, channel)
        await react(desk, address, message, reaction, voter=voter, removed=event.get("type") == "reaction_removed")
