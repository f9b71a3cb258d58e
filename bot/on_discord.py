"""Discord, as one process serves it: who we are there, the outlet by REST, and the gateway where people are answered."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import discord as library
import structlog

from adapters.discord.checks import invitation
from adapters.discord.client import PLATFORM as DISCORD
from adapters.discord.client import Rest, point
from adapters.discord.errors import TokenRefused
from adapters.discord.gateway import Gateway
from adapters.discord.holding import Holding
from adapters.discord.listener import Bot
from adapters.discord.mistakes import NOT_ACCEPTED
from adapters.discord.outlet import DiscordOutlet
from adapters.discord.pace import trace
from adapters.discord.registration import register
from adapters.discord.roll import call_roll, note
from adapters.discord.tree import payload
from bot import parts
from bot.errors import OperatorMistake
from bot.settings import revealed
from bot.stopping import raise_if_cancelled
from bot.wiring import utc_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adapters.discord.supervised import Client
    from bot.desk import Desk
    from bot.parts import Question
    from bot.settings import Settings

FINISH = timedelta(seconds=10)
"""How long a stop waits for commands under way; platforms give a process 30 seconds in all."""

_log = structlog.get_logger()


class Discord:
    """Discord's part of a process: the outlet, and the gateway if people are to be answered.

    Args:
        doors: Whether people are answered. Messages go out in any case.
        alone: Whether the process has no other work. Then it ends with a token that Discord no longer accepts; else only this part does.
    """

    def __init__(self, settings: Settings, desk: Desk, *, doors: bool, alone: bool) -> None:
        point(settings.discord_api)
        self._settings = settings
        self._desk = desk
        throttled = partial(desk.counts.throttled, DISCORD)
        self._rest = Rest(revealed(settings.discord_token), gate=desk.store.gate, clock=utc_now, throttled=throttled)
        self._alone = alone
        self._doors = doors
        self._gateway: Gateway | None = None
        self._was_open = False
        """Whether any gateway of this process's was let in."""
        self.invitation = ""
        """The address at which anybody adds the bot to their server; "" until Discord was reached, and where only its owner may."""
        self.ready: dict[str, Question] = {}
        """Its parts by name, each with the question whether it can work."""
        if doors:
            self.ready["discord"] = parts.asks(lambda: self._gateway is not None and self._gateway.is_ready)

    async def run(self) -> None:
        """Be there until cancelled. May be called again when it failed.

        Raises:
            OperatorMistake: Discord does not accept the token, or the intents, from the start.
        """
        try:
            await self._lived()
        except OperatorMistake as mistake:
            if self._alone or not self._was_open:
                raise
            # What was well at the start is no reason to end the rest of the process.
            _log.error("discord_stopped", reason=str(mistake))
            await asyncio.Event().wait()

    async def _lived(self) -> None:
        await self._introduced()
        raise_if_cancelled()  # redis-py's `wait_for` may have swallowed it on the way here
        # Not earlier: with a wrong token every channel would be taken for lost.
        self._desk.outlets = {**self._desk.outlets, DISCORD: DiscordOutlet(self._rest, self._desk.store.cache)}
        if not self._doors:
            await asyncio.Event().wait()
            return
        gateway = self._gateway = _gateway(self._settings, self._desk, self._rest)
        try:
            await gateway.run()
        finally:
            self._was_open |= gateway.was_open

    async def close(self) -> None:
        """The last of all."""
        await self._rest.close()

    async def _introduced(self) -> None:
        """Find out whose token it is, however long Discord cannot be reached."""
        try:
            me = await parts.reached(DISCORD, self._who)
        except TokenRefused as refused:
            raise OperatorMistake(NOT_ACCEPTED) from refused
        _log.info("discord_known", bot=me)

    async def _who(self) -> str:
        me = await self._rest.me()
        application = await self._rest.call("GET", "/applications/@me")
        # Else nobody but its owner gets anywhere there.
        self.invitation = invitation(str(application["id"])) if application.get("bot_public", True) else ""
        if self._settings.discord_api:
            # discord.py has a constant for sessions begun anew.
            point(self._settings.discord_api, str((await self._rest.call("GET", "/gateway/bot"))["url"]))
        return me


def intents(settings: Settings) -> library.Intents:
    """What the gateway is asked to tell. None of it is privileged: only messages to the bot come with their words."""
    return library.Intents(
        guilds=True,
        guild_messages=settings.discord_mentions,
        dm_messages=settings.discord_mentions,
        guild_reactions=settings.discord_reactions,
        dm_reactions=settings.discord_reactions,
    )


def _gateway(settings: Settings, desk: Desk, rest: Rest) -> Gateway:
    token = revealed(settings.discord_token)
    store = desk.store

    def bot(before_identify: Callable[[int | None], Awaitable[None]]) -> Client:
        http_trace = trace(store.gate, utc_now, throttled=partial(desk.counts.throttled, DISCORD))
        made = Bot(desk, rest, intents=intents(settings), before_identify=before_identify, http_trace=http_trace)

        async def looked() -> None:
            await call_roll(desk, str(made.application_id), lambda guild: made.get_guild(int(guild)) is not None)
            await note(desk, str(made.application_id), [str(guild.id) for guild in made.guilds])

        async def on_ready() -> None:
            # discord.py tells it some seconds after READY, and so perhaps when all is closed.
            if not made.is_closed():
                with made.once.working():
                    await made.once.quietly(looked, heard="ready")

        async def on_guild_join(guild: library.Guild) -> None:
            with made.once.working():
                await made.once.quietly(partial(note, desk, str(made.application_id), [str(guild.id)]), heard="guild_join")

        made.event(on_ready)
        made.event(on_guild_join)
        return made

    return Gateway(
        token,
        bot,
        holding=Holding(token, store.locks),
        gate=store.gate,
        prepare=partial(register, rest, payload(), cache=store.cache, locks=store.locks),
        finish=FINISH,
    )
