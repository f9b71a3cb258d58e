"""The store has no room: what cannot be kept is refused whole and said kindly, and all goes on once there is room.

A Redis at its `maxmemory` refuses writes and answers the rest. The embedded server, whose disk is full, ends: what it acknowledged is on
disk by then, and it cannot promise more (`appendfsync always`). The disk here is a limit on the size of its files, which the
system refuses to exceed just as it refuses to exceed a disk.
"""

from __future__ import annotations

import asyncio
import dataclasses
import resource
import signal
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot import jobs
from bot.delivery import REQUEST, Courier
from bot.errors import StoreAway, StoreFull
from bot.ports import Dead, Harvest, Later, Planned, Sent
from bot.store import embedded
from bot.store.store import open_store
from tests.library import LIBRARY
from tests.outages.scene import CALM, comes_due, desk_of, said, store_at, wants
from tests.outages.stages import STAGES, in_memory
from tests.test_jobs import HERE, subscribed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from bot.store.connection import Connection
    from bot.store.store import RedisStore
    from tests.clock import Clock

LEASE = 3 * REQUEST


class Room:
    """How much of it a server has."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ends(self) -> None:
        await self._connection.call("CONFIG", "SET", "maxmemory", "1")

    async def is_back(self) -> None:
        await self._connection.call("CONFIG", "SET", "maxmemory", "0")

    async def holds(self) -> dict[bytes, bytes]:
        """Every key, and what is in it."""
        names = sorted(await self._connection.call("KEYS", "*"))
        return dict(zip(names, await self._connection.read_all([("DUMP", name) for name in names]), strict=True))


@pytest.fixture
async def store(two_servers: tuple[str, str], clock: Clock) -> AsyncIterator[RedisStore]:
    """On a server whose room ends and comes back."""
    store = await store_at(two_servers[0], clock)
    await store.connection.call("FLUSHALL")
    yield store
    await store.connection.close()


@pytest.fixture
async def room(store: RedisStore) -> AsyncIterator[Room]:
    room = Room(store.connection)
    yield room
    await room.is_back()


@pytest.mark.parametrize("moment", ["due", "planned", "begun", "posted"])
@pytest.mark.parametrize("platform", STAGES)
async def test_a_digest_that_meets_a_full_store_stands_once_when_there_is_room(
    store: RedisStore, room: Room, clock: Clock, platform: str, moment: str
) -> None:
    async with STAGES[platform](store, clock) as stage:
        desk = desk_of(store, stage.outlet)
        await wants(desk, stage.address, "curriculum")
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
        await comes_due(desk, clock, stage.address)
        courier = Courier(store, decider=CALM, pause=lambda _: room.is_back())

        async def on_its_way() -> None:
            for address, due in await store.channels.due([platform_of], limit=1, lease=LEASE):
                await jobs.plan_slot(desk, address, due)
            if moment == "planned":
                await room.ends()
            for lease in await store.deliveries.claim(platform_of, limit=1, lease=LEASE):
                await courier.deliver(lease, stage.outlet)

        platform_of = stage.address.platform
        if moment == "due":
            await room.ends()
        elif moment in ("begun", "posted"):
            setattr(stage.outlet, "before" if moment == "begun" else "after", room.ends)
        try:
            await on_its_way()
        except StoreFull:
            assert moment in ("due", "planned")
        await room.is_back()
        stage.outlet.before = stage.outlet.after = None
        moment = "later"
        while (await store.channels.overdue()).slots or (await store.deliveries.backlog(platform_of)).waiting:
            clock.advance(timedelta(seconds=20))
            await on_its_way()

        assert len(stage.standing()) == 1


async def test_what_a_full_store_refuses_it_refuses_whole(store: RedisStore, room: Room, clock: Clock) -> None:
    """A server lets a script that has written something come to its end, full or not; so there is nothing in between."""
    async with in_memory(store, clock) as stage:
        desk = desk_of(store, stage.outlet)
        await subscribed(desk, HERE, "curriculum")
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY[:1]), await store.now())
        due = await comes_due(desk, clock, HERE)
        channel = await store.channels.load(HERE)
        [one] = await store.channels.due(["terminal"], limit=1, lease=LEASE)
        assert await jobs.plan_slot(desk, *one) is Planned.PLANNED
        [lease] = await store.deliveries.claim("terminal", limit=1, lease=LEASE)
        assert await store.deliveries.begin(lease, need=REQUEST)
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY[1:2]), await store.now())
        other = dataclasses.replace(lease.delivery, id="b" * 64, papers=(LIBRARY[1].id,))
        clock.now = due + timedelta(days=3, minutes=3)  # the lease is over, and the next slot is due
        stood = await room.holds()
        await room.ends()

        refused: dict[str, Callable[[], Awaitable[object]]] = {
            "save": lambda: store.channels.save(dataclasses.replace(channel, name="#other"), due=due + timedelta(days=1)),
            "post now": lambda: store.deliveries.post_now(other),
            "claim": lambda: store.deliveries.claim("terminal", limit=1, lease=LEASE),
            "sent": lambda: store.deliveries.settle(lease, Sent("m1")),
            "later": lambda: store.deliveries.settle(lease, Later(due, "down")),
            "dead": lambda: store.deliveries.settle(lease, Dead("down", pauses=True)),
            "keep": lambda: store.papers.keep(HERE, LIBRARY[0].id),
            "file": lambda: jobs.take_in(desk, "library", Harvest(papers=LIBRARY[2:], mark=b"2"), due),
        }
        for name, call in refused.items():
            with pytest.raises(StoreFull):
                pytest.fail(f"{name}: {await call()}")
            assert await room.holds() == stood, name


async def test_commands_say_that_the_store_is_full_and_what_is_there_is_still_shown(store: RedisStore, room: Room, clock: Clock) -> None:
    async with in_memory(store, clock) as stage:
        desk = desk_of(store, stage.outlet)
        await subscribed(desk, HERE, "curriculum")
        await room.ends()
        assert "My store is full, so this was not saved." in await said(desk, HERE, "subscribe diffusion")
        await room.is_back()
        assert [one.query for one in (await store.channels.load(HERE)).subscriptions] == ["curriculum"]
        assert "Ada subscribed" in await said(desk, HERE, "subscribe diffusion")


# ---------------------------------------------------------------- the embedded server


FILE = 300_000
"""Bytes: the size of the disk."""


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded server's files cannot grow beyond FILE."""
    with_parent = embedded._die_with_parent()

    def bind() -> None:
        if with_parent is not None:
            with_parent()
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # else the system ends who writes too much, which no disk does
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))

    monkeypatch.setattr(embedded, "_die_with_parent", lambda: bind)


async def test_on_a_full_disk_the_bot_ends_and_says_why_and_nothing_acknowledged_is_lost(
    tmp_path: Path, small_disk: None, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    saved = 0
    with pytest.raises(StoreAway, match=r"the disk of DATA_DIR .* is full: free some space there and start again"):  # noqa: PT012 - the block's end is the subject
        async with open_store(directory=tmp_path, clock=clock) as store:
            while True:
                desk = desk_of(store)
                try:
                    await subscribed(desk, dataclasses.replace(HERE, channel=f"c{saved}"), *(f"word{n}" for n in range(20)))
                except StoreAway:
                    await asyncio.Event().wait()  # as every part of the bot waits for its store
                saved += 1
    monkeypatch.undo()  # somebody made room

    async with open_store(directory=tmp_path, clock=clock) as store:
        known = [channel async for changes in store.channels.changes(0) for channel in changes.channels]
        assert len(known) == saved
        assert all(len(channel.subscriptions) == 20 for channel in known)
        desk = desk_of(store)
        await subscribed(desk, HERE, "curriculum")
        due = await store.channels.next_due(HERE)
        assert due is not None
