"""Discord's ear: a gateway client that hands every payload on as it came, works afterwards, and dies of none."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
import structlog
from discord.state import AutoShardedConnectionState
from typing_extensions import override

from adapters.discord.ear import Ear
from adapters.discord.life import Life
from adapters.discord.mentions import Mentions
from adapters.discord.once import Once
from adapters.discord.reactions import reacted
from adapters.discord.shape import Interaction, Said, misshapen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adapters.discord.client import Rest
    from bot.desk import Desk

_log = structlog.get_logger()

# Nobody whose bot never speaks has to be warned at every start that it cannot.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class Bot(discord.AutoShardedClient):
    """The gateway's client. Any number may run on one store, in any processes: each payload is worked on by the first that hears it.

    Interactions, mentions, reactions and the life of servers are handled; on_ready, setup_hook and the like are free for whoever
    supervises it. No event, however malformed, ends `connect()`.

    Args:
        rest: What answers are sent by; the client's own `http` only finds the gateway.
        intents: `guilds` is enough for commands and buttons. Mentions want guild_messages and dm_messages, reactions guild_reactions
            and dm_reactions.
        before_identify: Awaited before every IDENTIFY (not before a RESUME), with the shard's number.
        options: As AutoShardedClient's.
    """

    def __init__(
        self,
        desk: Desk,
        rest: Rest,
        *,
        intents: discord.Intents,
        before_identify: Callable[[int | None], Awaitable[None]] | None = None,
        **options: Any,
    ) -> None:
        # No message is kept and nobody but the bot itself: what a payload says is enough, and a process with many servers stays small.
        lean: dict[str, Any] = {
            "max_messages": None,
            "member_cache_flags": discord.MemberCacheFlags.none(),
            "chunk_guilds_at_startup": False,
            "allowed_mentions": discord.AllowedMentions.none(),
        }
        super().__init__(intents=intents, **{**lean, **options})
        self._before_identify = before_identify
        self._desk = desk
        self.once = Once(desk.store.cache)
        self._ear = Ear(desk, rest, self, self.once)
        self._life = Life(desk)
        self._mentions = Mentions(desk, rest, self, self.once)

    async def finish(self, *, patience: timedelta = timedelta(seconds=20)) -> bool:
        """Wait until everything heard has been answered. False if some was not within `patience`; it goes on."""
        await asyncio.sleep(0)  # what was heard this moment has not begun yet
        if not self.once.at_work:
            return True
        _, unfinished = await asyncio.wait(self.once.at_work, timeout=patience.total_seconds())
        return not unfinished

    @override
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if self._before_identify is not None:
            await self._before_identify(shard_id)

    @override
    def _get_state(self, **options: Any) -> AutoShardedConnectionState[Any]:
        # No public hook hands over an interaction as it came; discord.py's own objects drop what they do not know and raise on gaps.
        return _State(dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options)

    # ---------------------------------------------------------------- what is heard; each in a task of its own

    async def on_paperboy_interaction(self, payload: dict[str, Any]) -> None:
        """Somebody used a command, a button, a menu or a form."""
        with self.once.working():
            await self._ear.hear(payload)

    async def on_paperboy_message(self, payload: dict[str, Any]) -> None:
        """Somebody wrote something; it matters if it is to the bot."""
        with self.once.working():
            await self._mentions.hear(payload)

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Somebody reacted to a message."""
        await self._quietly("reaction", partial(reacted, self._desk, self, event))

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        """Somebody took a reaction back."""
        await self._quietly("reaction", partial(reacted, self._desk, self, event))

    async def on_paperboy_servers(self, guilds: frozenset[str]) -> None:
        """Which servers of a shard the bot is in; one that it left may have it again since nobody was listening."""
        await self._quietly("ready", partial(self._life.seen_again, guilds))

    async def on_paperboy_guild_joined(self, guild: str) -> None:
        """The bot was added to a server, for the first time or again."""
        await self._quietly("guild_joined", partial(self._life.joined, guild))

    async def on_paperboy_guild_left(self, guild: str) -> None:
        """The bot was removed from a server."""
        await self._quietly("guild_left", partial(self._life.left, guild))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was deleted."""
        await self._quietly("channel_delete", partial(self._life.deleted, channel.guild.id, channel.id, "this channel was deleted"))

    async def on_guild_channel_update(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """A channel was renamed, or others may write in it now."""
        await self._quietly("channel_update", partial(self._life.changed, before, after))

    async def on_guild_role_update(self, before: discord.Role, after: discord.Role) -> None:
        """A role allows something else."""
        if before.permissions != after.permissions:
            await self._quietly("role_update", partial(self._life.looked_over, after.guild))

    async def on_paperboy_self_changed(self, guild: int) -> None:
        """The bot itself has other roles in a server."""
        if (known := self.get_guild(guild)) is not None:
            await self._quietly("self_update", partial(self._life.looked_over, known))

    async def on_raw_thread_update(self, event: discord.RawThreadUpdateEvent) -> None:
        """A thread was archived, locked, opened again or renamed."""
        await self._quietly("thread_update", partial(self._life.thread_changed, event.guild_id, event.thread_id, event.data))

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted."""
        await self._quietly("thread_delete", partial(self._life.deleted, event.guild_id, event.thread_id, "this thread was deleted"))

    async def _quietly(self, event: str, work: Callable[[], Awaitable[None]]) -> None:
        """Work for which nobody waits, and which does no harm when it is done twice."""
        with self.once.working():
            await self.once.quietly(work, heard=event)


class _State(AutoShardedConnectionState[Any]):
    """discord.py's picture of Discord, but for what it does not tell, or not as it came."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.parsers = {event: self._unharmed(event, parser) for event, parser in self.parsers.items()}

    @override
    def parse_ready(self, data: Any) -> None:
        super().parse_ready(data)
        self.dispatch("paperboy_servers", frozenset(str(guild["id"]) for guild in data["guilds"]))

    @override
    def parse_interaction_create(self, data: Any) -> None:
        if reason := misshapen(data, Interaction):
            _log.warning("payload_not_understood", discord_event="INTERACTION_CREATE", reason=reason)
            return
        self.dispatch("paperboy_interaction", data)

    @override
    def parse_message_create(self, data: Any) -> None:
        if reason := misshapen(data, Said):
            _log.warning("payload_not_understood", discord_event="MESSAGE_CREATE", reason=reason)
            return
        # Nothing is made of what people say to each other.
        self.dispatch("paperboy_message", data)

    @override
    def parse_guild_create(self, data: Any) -> None:
        is_new = self._get_guild(int(data["id"])) is None
        super().parse_guild_create(data)
        if is_new and not data.get("unavailable"):
            self.dispatch("paperboy_guild_joined", str(data["id"]))

    @override
    def parse_guild_delete(self, data: Any) -> None:
        super().parse_guild_delete(data)
        # A server that is unavailable has an outage; discord.py says nothing of one that it had not seen yet.
        if not data.get("unavailable"):
            self.dispatch("paperboy_guild_left", str(data["id"]))

    @override
    def parse_guild_member_update(self, data: Any) -> None:
        super().parse_guild_member_update(data)
        if self.user is not None and int(data["user"]["id"]) == self.user.id:
            self.dispatch("paperboy_self_changed", int(data["guild_id"]))

    def _unharmed(self, event: str, parser: Callable[[Any], None]) -> Callable[[Any], None]:
        """The parser, for whose stumbling over one event the connection is not ended."""

        def parse(data: Any) -> None:
            try:
                parser(data)
            except Exception:
                # Without READY nothing can be understood: whoever supervises the client connects anew.
                if event == "READY":
                    raise
                _log.exception("event_malformed", discord_event=event)

        return parse
