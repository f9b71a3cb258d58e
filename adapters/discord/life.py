"""What happens to channels, threads and servers on Discord, told to the core."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import discord
import structlog

from adapters.discord.callers import in_words, lacking
from adapters.discord.client import PLATFORM
from bot import lifecycle
from bot.channel import Address

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.desk import Desk

_LACKING = "I lack "
"""Begins the trouble of a channel where something was taken from the bot, and which goes on by itself when it is given back."""
_ARCHIVED = "this thread was "
"""The same of a thread."""
_A_LITTLE_EARLY = timedelta(minutes=10)
"""Discord archives quiet threads in rounds, and not to the second."""

_log = structlog.get_logger()


class Life:
    """What is done about it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def joined(self, guild: str) -> None:
        """The bot was added to a server: what was kept of it goes on."""
        await lifecycle.reopen_workspace(self._desk, PLATFORM, guild)

    async def seen_again(self, guilds: Collection[str]) -> None:
        """The bot is in these servers: what is kept of one that it had left is not erased but goes on."""
        soon = await self._desk.store.now() + lifecycle.ERASED_AFTER
        for platform, guild in await self._desk.store.installations.leaving(soon):
            if platform == PLATFORM and guild in guilds:
                await self.joined(guild)

    async def left(self, guild: str) -> None:
        """The bot was removed from a server."""
        await lifecycle.close_workspace(self._desk, PLATFORM, guild, "the bot was removed from this server: add it again", tell=True)

    async def deleted(self, guild: int, channel: int, reason: str) -> None:
        """A channel or a thread is gone for good."""
        await lifecycle.pause_channel(self._desk, Address(PLATFORM, str(guild), str(channel)), reason)

    async def changed(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """A channel has another name, or other permissions."""
        if before.name != after.name:
            await lifecycle.rename_channel(self._desk, _address(after), f"#{after.name}")
        if before.overwrites != after.overwrites:
            await self._looked_at(after)

    async def looked_over(self, guild: discord.Guild) -> None:
        """The bot may do something else in a server: each of its channels with rules is looked at."""
        for channel in await self._desk.store.channels.of(PLATFORM, str(guild.id)):
            id = channel.address.channel
            known = guild.get_channel_or_thread(int(id)) if id.isascii() and id.isdecimal() else None
            if known is not None:
                await self._looked_at(known)

    async def _looked_at(self, channel: discord.abc.GuildChannel | discord.Thread) -> None:
        me = _me(channel.guild)
        if me is None:
            return
        missing = lacking(channel.permissions_for(me).value, in_thread=isinstance(channel, discord.Thread))
        address = _address(channel)
        if missing:
            reason = f"{_LACKING}{in_words(missing)} in this channel: allow me that, and I go on by myself"
            await lifecycle.pause_channel(self._desk, address, reason)
        else:
            await self._reopened(address, _LACKING)

    async def thread_changed(self, guild: int, thread: int, data: Mapping[str, Any]) -> None:
        """A thread was archived, locked, opened again or renamed.

        Discord archives a thread that was quiet for long, and a digest opens it again: that is no reason to stop.
        """
        address = Address(PLATFORM, str(guild), str(thread))
        if name := str(data.get("name") or ""):
            await lifecycle.rename_channel(self._desk, address, f"#{name}")
        state = data.get("thread_metadata")
        state = state if isinstance(state, dict) else {}
        if state.get("locked") is True:
            await lifecycle.pause_channel(self._desk, address, f"{_ARCHIVED}locked: unlock it, and I go on by myself")
        elif state.get("archived") is True and by_hand(data):
            await lifecycle.pause_channel(self._desk, address, f"{_ARCHIVED}closed: open it again, and I go on by myself")
        elif state.get("archived") is False:
            await self._reopened(address, _ARCHIVED)

    async def _reopened(self, address: Address, trouble: str) -> None:
        if (await self._desk.store.channels.load(address)).trouble.startswith(trouble):
            await lifecycle.reopen_channel(self._desk, address)


def by_hand(data: Mapping[str, Any]) -> bool:
    """Whether somebody closed an archived thread: earlier than Discord would have, after so long without a message. False if unknown."""
    state = data["thread_metadata"]
    last, duration, archived = data.get("last_message_id"), state.get("auto_archive_duration"), state.get("archive_timestamp")
    if not (isinstance(last, str) and last.isascii() and last.isdecimal() and isinstance(duration, int) and isinstance(archived, str)):
        return False
    try:
        at = datetime.fromisoformat(archived)
    except ValueError:
        return False
    quiet = at.replace(tzinfo=at.tzinfo or UTC) - discord.utils.snowflake_time(int(last))
    return quiet < timedelta(minutes=duration) - _A_LITTLE_EARLY


def _me(guild: discord.Guild) -> discord.Member | None:
    """The bot as a member; None while the server is not there, though discord.py's annotation promises it."""
    return guild.me


def _address(channel: discord.abc.GuildChannel | discord.Thread) -> Address:
    return Address(PLATFORM, str(channel.guild.id), str(channel.id))
