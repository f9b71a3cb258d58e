"""Registers the commands with Discord when they are others than last time, once over all processes.

Discord allows 200 creations of a command a day, and a bulk overwrite on every start is the usual way to use them up.
"""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog

from bot.errors import Busy, ChannelGone, MessageRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.discord.client import Rest
    from bot.ports import Cache
    from bot.ports.locks import Locks

KEEP = timedelta(days=30)
"""How long it is known what was registered; then it is registered again, which creates nothing."""
AT_IT = timedelta(minutes=2)
"""How long one process has for it."""

_log = structlog.get_logger()


async def register(rest: Rest, payload: Sequence[dict[str, Any]], *, cache: Cache, locks: Locks) -> bool:
    """Make these the bot's global commands unless they are already; whether they were not and now are.

    What Discord refuses is logged and tried at the next start, for it would refuse it again.

    Args:
        payload: The body of Discord's bulk overwrite.

    Raises:
        Busy: Later; also where another process is at it, which may die over it.
        NotSent, OutcomeUnknown: Discord was not reached.
        WorkspaceGone: Discord does not accept the token.
        StoreTrouble: It is not known what was registered.
    """
    application = str((await rest.call("GET", "/applications/@me"))["id"])
    print_ = sha256(json.dumps(payload, sort_keys=True, ensure_ascii=False).encode()).hexdigest().encode()
    key, name, holder = f"discord:commands:{application}", f"discord:commands:{application}", uuid4().hex
    if await cache.get(key) == print_:
        return False
    if not await locks.hold(name, holder=holder, keep=AT_IT):
        raise Busy("another process registers the commands", retry_after=AT_IT)
    try:
        if await cache.get(key) == print_:  # by another process, while we waited
            return False
        await rest.call("PUT", "/applications/{application_id}/commands", application_id=application, json=payload)
        await cache.put(key, print_, keep=KEEP)
    except (MessageRefused, ChannelGone) as trouble:
        _log.error("discord_commands_not_registered", reason=str(trouble))
        return False
    finally:
        await locks.release(name, holder=holder)
    _log.info("discord_commands_registered", commands=[one["name"] for one in payload])
    return True
