"""Two processes, one token: one is connected, and the other takes over when it dies or goes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from adapters.discord import holding as holdings
from adapters.discord.holding import SECONDS, Holding, Lease, Lost
from bot.errors import StoreAway
from bot.store.connection import Connection
from bot.store.store import RedisStore
from tests.discord.gateways import QUICK, supervised

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.discord.fake import FakeDiscord


@asynccontextmanager
async def real_time(redis_url: str) -> AsyncIterator[RedisStore]:
    """The store by the server's own clock, as another process sees it."""
    connection = await Connection.open(redis_url)
    try:
        yield RedisStore(connection)
    finally:
        await connection.close()


@pytest.fixture
async def shared(store: RedisStore, redis_url: str) -> AsyncIterator[RedisStore]:
    async with real_time(redis_url) as store_by_its_own_clock:
        yield store_by_its_own_clock


async def test_one_is_connected_and_the_other_stands_by(server: FakeDiscord, shared: RedisStore) -> None:
    async with supervised(server, shared) as first:
        await server.until(lambda: first.gateway.is_connected)
        async with supervised(server, shared) as second:
            await server.until(lambda: second.gateway.is_ready)
            assert not second.gateway.is_connected
            assert second.clients == []
            assert len(server.gateway.identifies) == 1


async def test_the_other_takes_over_at_once_when_the_first_is_stopped(server: FakeDiscord, shared: RedisStore) -> None:
    patient = Lease(keep=timedelta(seconds=30), renew=timedelta(seconds=5), look=timedelta(seconds=0.02))
    async with supervised(server, shared, lease=patient) as first:
        await server.until(lambda: first.gateway.is_connected)
        async with supervised(server, shared, lease=patient) as second:
            await server.until(lambda: second.gateway.is_ready)
            await first.stop()
            await server.until(lambda: second.gateway.is_connected)
            assert len(server.gateway.open) == 1


async def test_the_other_takes_over_when_the_first_dies(server: FakeDiscord, shared: RedisStore) -> None:
    holding = Holding(server.token, shared.locks, QUICK)
    await holding.taken()  # and never a word again
    async with supervised(server, shared) as second:
        await server.until(lambda: second.gateway.is_ready)
        assert not second.gateway.is_connected
        await server.until(lambda: second.gateway.is_connected)


def test_a_dead_process_is_followed_within_ten_seconds() -> None:
    assert SECONDS.keep + SECONDS.look <= timedelta(seconds=8), "and there is time to connect"
    assert SECONDS.renew * 2 < SECONDS.keep, "one lost message is no death"


async def test_tokens_have_each_their_own_name_that_does_not_show_them(shared: RedisStore) -> None:
    one, other = Holding("token-a", shared.locks), Holding("token-b", shared.locks)
    assert one.name != other.name
    assert "token-a" not in one.name


class Silent:
    """Locks of a store that answers no more."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.hangs = hangs
        self.good = True
        self.asked = 0

    async def hold(self, name: str, *, holder: str, keep: timedelta) -> bool:
        self.asked += 1
        if self.good:
            return True
        if self.hangs:
            await asyncio.Event().wait()
        raise StoreAway("gone")

    async def release(self, name: str, *, holder: str) -> bool:
        if self.hangs:
            await asyncio.Event().wait()
        raise StoreAway("gone")

    async def holder(self, name: str) -> str | None:
        raise StoreAway("gone")


@pytest.mark.parametrize("locks", [Silent(), Silent(hangs=True)], ids=["fails", "hangs"])
async def test_who_cannot_reach_the_store_gives_up_before_another_may_begin(locks: Silent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdings, "GOODBYE_SECONDS", 0.01)
    loop = asyncio.get_running_loop()
    holding = Holding("token", locks, QUICK)
    await holding.taken()
    begun = loop.time()
    locks.good = False
    with pytest.raises(Lost, match="does not answer"):
        await holding.kept()
    assert loop.time() - begun < QUICK.keep.total_seconds()
    await holding.released()


async def test_who_cannot_reach_the_store_waits_and_is_not_standing_by() -> None:
    locks = Silent()
    locks.good = False
    holding = Holding("token", locks, QUICK)
    with capture_logs() as logs:
        waiting = asyncio.create_task(holding.taken())
        while locks.asked < 3:
            await asyncio.sleep(0)
        assert not holding.is_standing_by
        locks.good = True
        assert await waiting is False, "nobody had it"
    assert [log["event"] for log in logs] == ["discord_gateway_unknown"], "once, however often it was asked"
