"""A REST call as its route sees it: what was asked, of which channel, and what the bot may do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.discord.fake.errors import ApiError
from tests.discord.fake.permissions import VIEW_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.discord.fake.channel import Channel
    from tests.discord.fake.guild import Guild
    from tests.discord.fake.record import Json, Message, Request
    from tests.discord.fake.state import State

    Answer = tuple[int, Any]
    """HTTP status and JSON; None for no body."""
    Route = Callable[["Call"], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call whose token was good."""

    state: State
    request: Request

    @property
    def body(self) -> Json:
        """The JSON object that was sent, {} without one."""
        sent = self.request.body
        if sent is None:
            return {}
        if not isinstance(sent, dict):
            raise ApiError(50109)
        return sent

    def param(self, name: str) -> str:
        return self.request.params[name]

    def flag(self, name: str) -> bool:
        """Of the query."""
        return self.request.query.get(name, "").lower() in ("true", "1")

    @property
    def app(self) -> str:
        """The application the path names; it must be the token's own."""
        if self.param("application_id") != self.state.app_id:
            raise ApiError(20012)
        return self.state.app_id

    @property
    def guild(self) -> Guild:
        """The guild the path names, if the bot is in it."""
        guild = self.state.guilds.get(self.param("guild_id"))
        if guild is None or not guild.joined:
            raise ApiError(10004)
        return guild

    @property
    def channel(self) -> Channel:
        """The channel the path names, if the bot can see it."""
        channel = self.state.channels.get(self.param("channel_id"))
        if channel is None or channel.deleted or (channel.parent and channel.parent.deleted):
            raise ApiError(10003)
        if channel.guild is not None and not channel.guild.joined:
            raise ApiError(50001)
        self.demand(channel, VIEW_CHANNEL, code=50001)
        return channel

    @property
    def message(self) -> Message:
        """The message the path names."""
        message = self.channel.message(self.param("message_id"))
        if message is None:
            raise ApiError(10008)
        return message

    def can(self, channel: Channel, bits: int) -> bool:
        """Whether the bot has all of these permissions there."""
        return channel.allowed(self.state.bot.id) & bits == bits

    def demand(self, channel: Channel, bits: int, *, code: int = 50013) -> None:
        """Want these permissions; raises `code` without them."""
        if not self.can(channel, bits):
            raise ApiError(code)
