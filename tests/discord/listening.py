"""The whole app as Discord meets it: the real discord.py on the gateway, on a real store, in front of the fake Discord."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import discord

from adapters.discord.listener import Bot
from adapters.discord.outlet import DiscordOutlet
from adapters.discord.tree import payload
from bot.channel import Address
from bot.commands import TABLE
from bot.commands.forms import may_open
from tests.desks import library_desk
from tests.discord.looks import read_markdown
from tests.discord.posting import pointed, rest_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapters.discord.client import Rest
    from bot.desk import Desk
    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord
    from tests.discord.fake.interaction import Interaction
    from tests.discord.fake.record import Message
    from tests.discord.fake.world import Channel, User

COMMAND, COMPONENT = 2, 3
INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, guild_reactions=True, dm_reactions=True)
_VISIBLE = {command.name: command for command in TABLE if not command.hidden}


@dataclass(slots=True, kw_only=True)
class Paperboy:
    """One running copy of the app."""

    server: FakeDiscord
    desk: Desk
    rest: Rest
    bot: Bot

    @property
    def reading(self) -> Address:
        return Address("discord", self.server.acme.id, self.server.reading.id)

    async def done(self) -> None:
        """Everything that was heard is answered."""
        # What was sent may still stand in the socket.
        sequence = self.server.gateway.session.seq
        await self.server.until(lambda: self._heard(sequence))
        assert await self.bot.finish()

    def _heard(self, sequence: int) -> bool:
        shard = self.bot.shards.get(0)
        ws = shard._parent.ws if shard is not None else None
        return ws is not None and (ws.sequence or 0) >= sequence

    async def pressed(self, command: str, *, user: User | None = None, message: Message | None = None) -> Interaction:
        """Somebody presses a button that types this."""
        under = message or self.server.say(self.server.reading, self.server.bot, "buttons")
        made = self.server.interaction(
            COMPONENT, {"component_type": 2, "custom_id": f"t0:{command}"}, user=user, message=under, channel=under.channel
        )
        return await self.server.send(made)

    async def chosen(self, text: str, **how: Any) -> Interaction:
        """Somebody chooses the command and fills in its options so that it says this."""
        name, _, rest = text.partition(" ")
        command = _VISIBLE.get(name)
        if text == "":
            return await self.server.send(self.server.interaction(COMMAND, {"id": "1", "name": "papers", "type": 1}, **how))
        if command is None or (rest and not command.options) or (not rest and any(option.required for option in command.options)):
            return await self.pressed(text, **how)
        option = command.options[0] if rest else None
        if option is not None and option.choices and rest not in option.choices:
            return await self.pressed(text, **how)
        options: dict[str, Any] = {**how, **({option.name: rest} if option else {})}
        return await self.server.command(name, **options)

    async def typed(self, text: str, **how: Any) -> str:
        """What comes back, to whomever, when somebody asks for this by command, button or, where that opens a form, mention."""
        before = len(self.messages)
        if may_open(text):
            self.server.mention(text)
            await self.done()
            return "\n".join(words(one) for one in self.messages[before:])
        interaction = await self.chosen(text, **how)
        await self.done()
        said = [*private(interaction), *(one for one in self.messages[before:] if one.author is self.server.bot)]
        return "\n".join(map(words, said))

    @property
    def messages(self) -> list[Message]:
        """Those of all channels that everybody sees, channel by channel."""
        return [message for channel in self.server.channels.values() for message in channel.messages]

    def said(self, channel: Channel | None = None) -> list[str]:
        """The words of each message of the bot in the channel, oldest first."""
        return [words(one) for one in (channel or self.server.reading).messages if one.author is self.server.bot]


def private(interaction: Interaction) -> list[Message]:
    """What it brought to the asker alone."""
    return [one for one in interaction.messages if one.ephemeral]


def words(message: Message) -> str:
    """What a person reads in a message, and the labels of all that can be pressed, files last."""
    lines = [read_markdown(message.text), *(f"[{label}]" for label in buttons(message))]
    lines += [f"{name}\n{content.decode()}" for name, content in message.files.items()]
    return "\n".join(lines)


def buttons(message: Message) -> list[str]:
    """The labels of all that can be pressed, in their order."""
    return list(_labels(message.components))


def _labels(part: Any) -> list[str]:
    match part:
        case list():
            return [label for one in part for label in _labels(one)]
        case {"components": inner}:
            return _labels(inner)
        case {"options": options}:
            return [str(one["label"]) for one in options]
        case {"label": label}:
            return [str(label)]
        case _:
            return []


async def stocked(store: RedisStore) -> Desk:
    """A desk whose outlets come with the app."""
    return await library_desk(store, {})


@asynccontextmanager
async def running(
    server: FakeDiscord, store: RedisStore, desk: Desk, *, intents: discord.Intents = INTENTS, connections: int = 1, **more: Any
) -> AsyncIterator[Paperboy]:
    """A copy of the app, connected to the gateway, its commands registered.

    Args:
        connections: How many copies are connected when this one is.
        more: For the Bot.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(pointed(server))
        rest = await stack.enter_async_context(rest_of(server, store, throttled=partial(desk.counts.throttled, "discord")))
        desk.outlets = {"discord": DiscordOutlet(rest, store.cache)}
        await rest.call("PUT", "/applications/{application_id}/commands", application_id=server.app_id, json=payload())
        # So long discord.py waits for more servers after the last one; nothing of ours waits for that.
        bot = Bot(desk, rest, intents=intents, guild_ready_timeout=0.01, **more)
        await bot.login(server.token)
        task = asyncio.create_task(bot.connect())
        try:
            await server.gateway.connected(connections)
            async with asyncio.timeout(10):
                await bot.wait_until_ready()
            server.calls.clear()
            yield Paperboy(server=server, desk=desk, rest=rest, bot=bot)
        finally:
            await bot.finish()
            await bot.close()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
