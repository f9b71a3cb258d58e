"""The roll call: which of the servers we keep rules for the bot is in, for what happened while nobody listened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from adapters.discord.client import PLATFORM
from bot import lifecycle
from bot.lifecycle import CLOSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.desk import Desk

DIRECT = "@me"
"""The workspace of direct messages, which nobody leaves."""
KEEP = timedelta(days=30)
"""How long it is remembered that the bot was in a server."""
LEFT = "the bot is no longer in this server: add it again"

_log = structlog.get_logger()


async def call_roll(desk: Desk, bot: str, is_in: Callable[[str], bool]) -> None:
    """Go on in servers that were closed and the bot is in, and close those it is in no more. Twice is as good as once.

    A server that it was in, and was removed from, is erased later, as when it hears of it. One that it never was in only pauses: the
    operator may have confused two bots' tokens.

    Args:
        bot: Its id.
        is_in: Whether the bot is in a server, available or not; asked right before something is done.

    Raises:
        StoreTrouble: It could not be finished; the next READY does it.
    """
    closed: dict[str, bool] = {}
    async for changes in desk.store.channels.changes(0):
        for channel in changes.channels:
            address = channel.address
            if address.platform == PLATFORM and address.workspace != DIRECT and channel.version:
                closed[address.workspace] = closed.get(address.workspace, False) or channel.trouble.startswith(CLOSED)
    for guild, was_closed in closed.items():
        key = _place(bot, guild)
        if is_in(guild):
            if was_closed:
                await lifecycle.reopen_workspace(desk, PLATFORM, guild)
            continue
        was_in = await desk.store.cache.get(key) == b"yes"
        if was_in or not was_closed:
            _log.warning("discord_server_left_meanwhile", server=guild, erase=was_in)
            await lifecycle.close_workspace(desk, PLATFORM, guild, LEFT, erase=was_in, tell=was_in)
        if was_in:
            await desk.store.cache.put(key, b"left", keep=KEEP)


async def note(desk: Desk, bot: str, guilds: Iterable[str]) -> None:
    """Remember that the bot is in these servers: rules may be made there at any time, and it may be removed while nobody listens.

    Raises:
        StoreTrouble: Not all are noted.
    """
    for guild in guilds:
        await desk.store.cache.put(_place(bot, guild), b"yes", keep=KEEP)


def _place(bot: str, guild: str) -> str:
    return f"discord:in:{bot}:{guild}"
