"""Gateways for tests: the real supervision around a real, small client, in front of the fake Discord."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import discord
from typing_extensions import override

from adapters.discord.client import point
from adapters.discord.gateway import Gateway
from adapters.discord.holding import Holding, Lease

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord

QUICK = Lease(keep=timedelta(seconds=0.6), renew=timedelta(seconds=0.1), look=timedelta(seconds=0.02))


class Tiny(discord.AutoShardedClient):
    """Hears, remembers and answers nothing.

    Attributes:
        heard: The types of what was dispatched to it, in order.
    """

    def __init__(self, before_identify: Callable[[int | None], Awaitable[None]], *, heartbeat_timeout: float = 60.0) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True), guild_ready_timeout=0.01, heartbeat_timeout=heartbeat_timeout, enable_debug_events=True
        )
        self._before = before_identify
        self.heard: list[str] = []
        self.readies = 0
        self.finished = asyncio.Event()

    @override
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await self._before(shard_id)

    async def on_socket_event_type(self, event: str) -> None:
        self.heard.append(event)

    async def on_ready(self) -> None:
        self.readies += 1

    async def finish(self, *, patience: timedelta) -> bool:
        self.finished.set()
        return True


@dataclass(slots=True, kw_only=True)
class Supervised:
    """A running gateway and what became of its clients.

    Attributes:
        pauses: Seconds that it would have waited, in order; none was.
    """

    gateway: Gateway
    task: asyncio.Task[None]
    clients: list[Tiny]
    pauses: list[float]
    prepared: list[int] = field(default_factory=list)

    @property
    def client(self) -> Tiny:
        """The newest."""
        return self.clients[-1]

    async def stop(self) -> None:
        if self.task.done():
            return  # with what the test is about
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


@asynccontextmanager
async def supervised(
    server: FakeDiscord,
    store: RedisStore,
    *,
    lease: Lease = QUICK,
    opening: float = 60.0,
    heartbeat_timeout: float = 60.0,
    unprepared: Sequence[BaseException] = (),
) -> AsyncIterator[Supervised]:
    """A gateway, running; it never waits between two tries but gives others a turn.

    Args:
        unprepared: What preparing fails with at first, one after the other.
    """
    point(server.rest_url, server.gateway_url)
    clients: list[Tiny] = []
    pauses: list[float] = []
    prepared: list[int] = []

    def make(before_identify: Callable[[int | None], Awaitable[None]]) -> Tiny:
        clients.append(Tiny(before_identify, heartbeat_timeout=heartbeat_timeout))
        return clients[-1]

    async def wait(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    failures = list(unprepared)

    async def prepare() -> None:
        if failures:
            raise failures.pop(0)
        prepared.append(len(clients))

    gateway = Gateway(
        server.token, make, holding=Holding(server.token, store.locks, lease), gate=store.gate, prepare=prepare, wait=wait, opening=opening
    )
    running = Supervised(gateway=gateway, task=asyncio.create_task(gateway.run()), clients=clients, pauses=pauses, prepared=prepared)
    try:
        yield running
    finally:
        await running.stop()
        point()
