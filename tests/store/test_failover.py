"""A store that turns up on another server may have lost its last writes: what they may have said is doubted, once.

On servers of our own, started again: to the store a server with another run id is another server.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.ports import Later, Sent, Settled, State
from bot.store.connection import Connection
from bot.store.embedded import EmbeddedServer
from bot.store.store import RedisStore
from tests.store.outbox import ADDRESS, DUE, LEASE, NEED, SLOT, THEN, begun, claimed, claims, delivery, idle, planned, post_now, settled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path
    from typing import Protocol

    from tests.clock import Clock

    class Life(Protocol):
        """The store for as long as one server lives."""

        def __call__(self, *, keeps: bool = False) -> AbstractAsyncContextManager[RedisStore]: ...


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Life:
    """Enter it again for another server with the same data."""

    @asynccontextmanager
    async def life(*, keeps: bool = False) -> AsyncIterator[RedisStore]:
        running = await EmbeddedServer.start(tmp_path)
        try:
            connection = await Connection.open(running.url, clock=clock)
            yield RedisStore(connection, keeps=keeps)
            await connection.close()
        finally:
            await running.close()

    return life


async def test_what_was_due_is_doubted_once(server: Life, clock: Clock) -> None:
    async with server() as store:
        assert await idle(store)
        await planned(store)
    clock.advance(timedelta(minutes=1))
    async with server() as store:
        lease = await claimed(store)
        assert (lease.state, lease.first_attempt, lease.last_attempt) == (State.UNKNOWN, DUE, clock.now)
        assert (lease.attempt, lease.failures) == (0, 0)

        assert await store.deliveries.settle(lease, Later(clock.now, "not there")) is Settled.SETTLED
        assert (await claimed(store)).state is State.PENDING


async def test_the_part_after_a_doubted_one_is_doubted_too(server: Life) -> None:
    async with server() as store:
        assert await idle(store)
        await planned(store, parts=2)
    async with server() as store:
        lease = await begun(store)
        assert await store.deliveries.settle(lease, Sent("m0")) is Settled.SETTLED

        # The lost writes may have said that it was sent as well.
        second = await claimed(store)
        assert (second.part, second.state) == (1, State.UNKNOWN)


async def test_what_is_due_later_is_not_doubted(server: Life, clock: Clock) -> None:
    async with server() as store:
        assert await idle(store)
    async with server() as store:
        assert await idle(store)  # as every worker does every other second
        clock.advance(timedelta(seconds=1))
        await post_now(store, delivery("1"))

        assert (await claimed(store)).state is State.PENDING


async def test_a_server_that_keeps_what_it_acknowledged_is_believed(server: Life) -> None:
    for _ in range(2):
        async with server(keeps=True) as store:
            if await store.deliveries.get(SLOT) is None:
                await planned(store)
    async with server(keeps=True) as store:
        assert (await claimed(store)).state is State.PENDING


async def test_what_is_doubted_is_not_taken_back_for_another_digest(server: Life) -> None:
    async with server() as store:
        assert await idle(store)
        await planned(store)
    async with server() as store:
        # It may stand in the channel: in another digest its papers would stand there twice, and nobody could find it by its key.
        assert await store.deliveries.recall(ADDRESS) == []

        assert await store.deliveries.settle(await claimed(store), Later(DUE, "not there")) is Settled.SETTLED
        assert await store.deliveries.recall(ADDRESS) == [*delivery().papers, *delivery().remainder]


async def test_the_first_server_ever_is_believed(server: Life) -> None:
    async with server() as store:
        await planned(store)

        assert (await claimed(store)).state is State.PENDING


async def test_every_failover_doubts_anew(server: Life, clock: Clock) -> None:
    async with server() as store:
        assert await idle(store)
        await planned(store)
    for _ in range(2):
        async with server() as store:
            assert (await settled(store, Later(clock.now, "x"))).state is State.UNKNOWN


async def test_leases_outlive_a_failover(server: Life, clock: Clock) -> None:
    async with server() as store:
        assert await idle(store)
        await planned(store)
        lease = await claimed(store)
    async with server() as store:
        assert await idle(store)
        assert await store.deliveries.begin(lease, need=NEED)
        assert await store.deliveries.settle(lease, Sent("m")) is Settled.SETTLED
        clock.advance(LEASE)
        assert await claims(store) == []
        assert [one.detail for one in await store.deliveries.log(ADDRESS)] == ["m"]
        assert await store.channels.next_due(ADDRESS) == THEN
