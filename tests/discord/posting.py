"""What the tests of the REST side share: doors to the fake whose waits take no time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import discord.http
import pytest

from adapters.discord.client import Rest, point
from adapters.discord.outlet import DiscordOutlet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord


@contextmanager
def pointed(server: FakeDiscord) -> Iterator[list[float]]:
    """discord.py speaks to the fake, and does not sleep: for how many seconds it would have is in the list."""
    naps: list[float] = []

    async def at_once(seconds: float) -> None:
        naps.append(seconds)
        await asyncio.sleep(0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discord.http, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": at_once}))
        point(server.rest_url, server.gateway_url)
        yield naps
        point()


@asynccontextmanager
async def rest_of(
    server: FakeDiscord,
    store: RedisStore,
    *,
    token: str = "",
    waits: list[float] | None = None,
    throttled: Callable[[], object] = lambda: None,
) -> AsyncIterator[Rest]:
    """What one process asks with. Waiting for a turn moves the clock on, and is noted in `waits`."""

    async def pause(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)
        server.clock.advance(timedelta(seconds=seconds))

    async with Rest(token or server.token, gate=store.gate, clock=server.clock, pause=pause, throttled=throttled) as rest:
        yield rest


@asynccontextmanager
async def outlet_of(server: FakeDiscord, store: RedisStore) -> AsyncIterator[DiscordOutlet]:
    """What one process posts with."""
    async with rest_of(server, store) as rest:
        yield DiscordOutlet(rest, store.cache)
