"""Discord, as one process serves it: who we are there, the outlet by REST, and the gateway where people are answered."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import discord as library
import structlog

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
from adapters.web.server import serving
from bot import parts
from bot.errors import OperatorMistake, PostTrouble
from bot.settings import revealed
from bot.stopping import raise_if_cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adapters.discord.supervised import Client
    from bot.desk import Desk
    from bot.metrics import Metrics
    from bot.settings import Settings

FINISH = timedelta(seconds=10)
"""How long a stop waits for commands under way; platforms give a process 30 seconds in all."""

_log = structlog.get_logger()


def known_bot(settings: Settings, desk: Desk) -> Rest:
    """The bot's door to REST. To be closed at the end."""
    point(settings.discord_api)
    return Rest(revealed(settings.discord_token), gate=desk.store.gate, clock=_now)


async def discord(settings: Settings, desk: Desk, rest: Rest, metrics: Metrics, *, doors: bool, alone: bool) -> None:
    """Discord, as far as this process serves it: the outlet, and the gateway if there is to be one.

    Args:
        metrics: What a web server, if one is opened, tells besides.
        alone: Whether the process has no other work. Then it ends with a token that Discord no longer accepts; else only this part does.

    Raises:
        OperatorMistake: Discord does not accept the token, or the intents, from the start.
    """
    async with AsyncExitStack() as stack:
        gateway = _gateway(settings, desk, rest) if doors else None
        if gateway is not None and alone and "port" in settings.model_fields_set:
            # A platform that gives a port to every process asks there whether it is well.
            ready: dict[str, Callable[[], Awaitable[bool]]] = {
                "store": partial(_answers, desk),
                "discord": parts.asks(lambda: gateway.is_ready),
            }
            server = serving((), host=settings.host, port=settings.port, ready=ready, metrics=metrics)
            port = await stack.enter_async_context(server)
            _log.info("web_server_open", port=port, addresses=[])
        await _introduced(settings, rest)
        raise_if_cancelled()  # redis-py's `wait_for` may have swallowed it on the way here
        # Not earlier: with a wrong token every channel would be taken for lost.
        desk.outlets = {**desk.outlets, DISCORD: DiscordOutlet(rest, desk.store.cache)}
        if gateway is None:
            await asyncio.Event().wait()
            return
        try:
            await gateway.run()
        except OperatorMistake as mistake:
            if alone or not gateway.was_open:
                raise
            # What was well at the start is no reason to end the rest of the process.
            _log.error("discord_stopped", reason=str(mistake))
            await asyncio.Event().wait()


async def _introduced(settings: Settings, rest: Rest) -> None:
    """Find out whose token it is, however long Discord cannot be reached."""
    wait = parts.FIRST_WAIT
    while True:
        try:
            me = await rest.me()
            if settings.discord_api:
                # discord.py has a constant for sessions begun anew.
                point(settings.discord_api, str((await rest.call("GET", "/gateway/bot"))["url"]))
        except TokenRefused as refused:
            raise OperatorMistake(NOT_ACCEPTED) from refused
        except PostTrouble as trouble:
            _log.warning("discord_not_reached", reason=str(trouble), again_in_seconds=wait)
            raise_if_cancelled()
            await asyncio.sleep(wait)
            wait = min(2 * wait, parts.LONGEST_WAIT)
        else:
            _log.info("discord_known", bot=me)
            return


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
        http_trace = trace(store.gate, _now)
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


async def _answers(desk: Desk) -> bool:
    await desk.store.now()
    return True


def _now() -> datetime:
    return datetime.now(UTC)
