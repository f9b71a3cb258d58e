"""Threads: opened under a message, reopened when they went to sleep, and given up where there can be none."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from adapters.discord.errors import HAS_THREAD, ChannelClosed, Refused

if TYPE_CHECKING:
    from adapters.discord.client import Rest
    from bot.ports import Cache

KEPT = timedelta(hours=1)
"""How long it is remembered whether there is a thread under a message: longer than the parts of a digest follow each other."""

_YES, _NO = b"yes", b"no"

_log = structlog.get_logger()


async def open_under(rest: Rest, cache: Cache, channel: str, message_id: str, *, name: str) -> bool:
    """Whether there is a thread under the message, opened now if need be; it has the message's id.

    Asked once for each message, whatever the answer: every refusal counts towards a ban.

    Args:
        name: What a new one is called, 1 to 100 characters.

    Raises:
        As `Rest.call` does, but for refusals.
    """
    known = await cache.get(_place(message_id))
    if known is None:
        known = _YES if await _opened(rest, channel, message_id, name) else _NO
        await cache.put(_place(message_id), known, keep=KEPT)
    return known == _YES


async def give_up(cache: Cache, message_id: str) -> None:
    """From now on there is no thread under this message, for as long as that is remembered."""
    await cache.put(_place(message_id), _NO, keep=KEPT)


async def reopen(rest: Rest, thread: str) -> bool:
    """Wake an archived thread. False if the bot may not.

    Raises:
        As `Rest.call` does, but for refusals.
    """
    try:
        await rest.call("PATCH", "/channels/{channel_id}", channel_id=thread, json={"archived": False})
    except (ChannelClosed, Refused) as error:
        _log.info("thread_not_reopened", thread=thread, code=error.code)
        return False
    return True


async def _opened(rest: Rest, channel: str, message_id: str, name: str) -> bool:
    path = "/channels/{channel_id}/messages/{message_id}/threads"
    try:
        await rest.call("POST", path, channel_id=channel, message_id=message_id, json={"name": name})
    except (Refused, ChannelClosed) as error:
        if error.code == HAS_THREAD:
            return True
        _log.info("thread_not_opened", channel=channel, code=error.code)
        return False
    return True


def _place(message_id: str) -> str:
    return f"discord:thread:{message_id}"
