"""What went wrong with a request to Discord, as one of our errors.

What is done about a code of Discord's follows from the tables below alone. The codes and their meanings are those of
https://docs.discord.com/developers/topics/opcodes-and-status-codes, "JSON Error Codes".
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot.errors import Busy, ChannelGone, MessageRefused, NotSent, OutcomeUnknown, PostTrouble, WorkspaceGone

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW = timedelta(minutes=1)
"""What a refusal asks for that does not say how long: Cloudflare's, a slow channel, an overloaded part of Discord."""
SHORTEST = timedelta(milliseconds=50)
LONGEST = timedelta(days=1)
"""No wait is longer, whatever an answer says: after it one request tells anew."""

UNKNOWN_MESSAGE = 10008
FORUM = 40058
NOT_TEXT = 50008
BAD_BODY = 50035
ARCHIVED = 50083
HAS_THREAD = 160004
LACKING = 50013
NO_WEBHOOK = 50027
"""An interaction's token is over; comes with 401, and says nothing about the bot's."""


class Refused(MessageRefused):
    """Discord understood the request and did nothing.

    Args:
        code: Discord's own number for the reason; 0 if it gave none.
    """

    def __init__(self, reason: str, *, code: int) -> None:
        super().__init__(reason)
        self.code = code


class ChannelClosed(ChannelGone):
    """Nothing can be done in this channel until its people change something; the text is a sentence for them without full stop.

    Args:
        code: Discord's own number for the reason; 0 if it gave none.
    """

    def __init__(self, reason: str, *, code: int) -> None:
        super().__init__(reason)
        self.code = code


class TokenRefused(WorkspaceGone):
    """Discord does not accept the bot's token, anywhere: nothing more is to be asked with it."""


DEAD = "Discord does not accept the bot's token: whoever runs the bot puts the current one into DISCORD_TOKEN, then type /papers resume"

_RESUME = "then type /papers resume"
UNWANTED = "I cannot write to this person: they allow direct messages in a server that we share, or unblock me, and type /papers resume"
_CHANNEL: Mapping[int, str] = {
    10003: "this channel was deleted: subscribe in another one",
    30033: f"this thread is full: start another one, {_RESUME}",
    40066: f"this forum demands a tag that only moderators may set: allow others one, {_RESUME}",
    40067: f"this forum demands a tag: give it one that everybody may set, {_RESUME}",
    50001: f"I cannot see this channel: give me View Channel, Send Messages and Embed Links in it, {_RESUME}",
    50007: UNWANTED,
    NOT_TEXT: "nothing can be posted in this kind of channel: choose a text or announcement channel, a forum or a thread",
    LACKING: f"I lack a permission in this channel: give me Send Messages and Embed Links, in threads Send Messages in Threads, {_RESUME}",
    50024: "nothing can be posted in this kind of channel: choose a text or announcement channel, a forum or a thread",
    ARCHIVED: f"this thread is archived and I may not reopen it: reopen it, {_RESUME}",
    50278: UNWANTED,
    160005: f"this thread is locked: unlock it, {_RESUME}",
}
_FORBIDDEN = f"I may not post in this channel: look at my permissions in it, {_RESUME}"
_MISSING = "this channel cannot be found any more: subscribe in another one"

_WORKSPACE: Mapping[int, str] = {
    10004: "I am not in this server any more: invite me again",
    40007: "I was banned from this server: lift the ban and invite me again",
}

_WAITS = frozenset({20016, 20022, 20028, 20029, 31001, 31002, 40003, 40062, 130000})
"""Nothing was done, and by itself it will be possible again: slow mode, write limits, direct messages opened too fast, overloaded."""

_REFUSED = frozenset(
    {
        # What it was about is not there (any more): a message, an emoji, an interaction, a webhook, a person, a command.
        *(10005, UNKNOWN_MESSAGE, 10007, 10013, 10014, 10015, 10062, 10063, 10087, NO_WEBHOOK),
        # The bot may not do this to that, while the channel itself is open to it.
        *(20001, 20009, 20012, 50003, 50005, 50021, 50068),
        # Filters of the server, which no repetition passes.
        *(200000, 200001, 240000),
    }
)
"""Codes that may come with 403 or 404 and yet say nothing about the channel."""

# Everything before the request's first byte goes out. ConnectionTimeoutError covers the wait for a free connection too.
_BEFORE_SENDING = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)


def trouble(what: str, error: Exception) -> PostTrouble:
    """What an exception of discord.py or aiohttp means, to be raised `from` it. Anything that is not understood may have been done.

    Args:
        what: Method and path, for the text: "POST /channels/{channel_id}/messages".
    """
    if isinstance(error, discord.RateLimited):
        return Busy(f"{what}: its limit is used up", retry_after=patience(error.retry_after))
    if isinstance(error, discord.LoginFailure):
        return TokenRefused(DEAD)
    if isinstance(error, discord.HTTPException):
        return _answered(what, error)
    if isinstance(error, _BEFORE_SENDING):
        return NotSent(f"{what}: Discord cannot be reached ({type(error).__name__})")
    return OutcomeUnknown(f"{what}: no answer that can be read ({type(error).__name__})")


def patience(seconds: object) -> timedelta:
    """The wait that an answer asks for; WINDOW if that is no number of seconds."""
    try:
        asked = float(seconds)  # type: ignore[arg-type]  # whatever stood in the answer
    except (TypeError, ValueError, OverflowError):
        return WINDOW
    if math.isnan(asked):
        return WINDOW
    # No wait at all would be no patience; and what no timedelta holds is no wait but a mistake.
    return timedelta(seconds=min(max(asked, SHORTEST.total_seconds()), LONGEST.total_seconds()))


def _answered(what: str, error: discord.HTTPException) -> PostTrouble:
    status, code = error.status, error.code
    said = f"{what}: {_said(error)}"
    if status == 401 and code != NO_WEBHOOK:  # noqa: PLR2004  # Unauthorized
        return TokenRefused(DEAD)
    if status == 429 or code in _WAITS:  # noqa: PLR2004  # Too Many Requests
        return Busy(said, retry_after=patience(error.response.headers.get("Retry-After")))
    if status >= 500:  # noqa: PLR2004  # whatever the body says: the server itself failed
        return OutcomeUnknown(said)
    if code in _WORKSPACE:
        return WorkspaceGone(_WORKSPACE[code])
    if code in _CHANNEL:
        return ChannelClosed(_CHANNEL[code], code=code)
    if code not in _REFUSED and status in (403, 404):
        if error.response.headers.get("Content-Type") != "application/json":
            return NotSent(f"{said}: not Discord's own answer")  # Cloudflare's page says nothing about the channel
        return ChannelClosed(_FORBIDDEN if status == 403 else _MISSING, code=code)  # noqa: PLR2004  # Forbidden
    return Refused(said, code=code)


def _said(error: discord.HTTPException) -> str:
    """Discord's words, with the fields that are wrong; of a page only that it came."""
    words = " ".join(error.text.split()) if error.code else ""
    return f"{error.code} {words}".strip()[:500] if error.code else f"HTTP {error.status}"
