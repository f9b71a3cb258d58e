"""What a process knows by heart agrees with the store, whoever changed it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.desk import Desk
from bot.jobs import take_in
from bot.memory import ARCHIVE_KEEPS, Memory
from bot.ports import Harvest
from bot.query import parse
from bot.store import keys
from tests.library import LIBRARY, ROBOT
from tests.test_jobs import HERE, subscribed

if TYPE_CHECKING:
    from bot.store.connection import Connection
    from bot.store.store import RedisStore
    from tests.clock import Clock


@pytest.fixture
async def desk(store: RedisStore) -> Desk:
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers))
    await take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
    return desk


async def test_a_process_that_starts_later_knows_the_same(desk: Desk, store: RedisStore, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    await desk.memory.catch_up(clock.now)
    later = Memory(channels=store.channels, papers=store.papers)
    await later.catch_up(clock.now)
    query = parse("curriculum")
    assert set(later.archive.matching(query, None)) == set(desk.memory.archive.matching(query, None))
    assert (len(later.percolator), later.rules) == (1, desk.memory.rules)


async def test_the_archive_reaches_back_ninety_days(desk: Desk, clock: Clock) -> None:
    clock.advance(ARCHIVE_KEEPS)
    await desk.memory.catch_up(clock.now)
    assert len(desk.memory.archive) == len(LIBRARY)
    clock.advance(timedelta(seconds=1))
    await desk.memory.catch_up(clock.now)
    assert len(desk.memory.archive) == 0


async def test_what_the_store_does_not_keep_any_more_is_forgotten(desk: Desk, connection: Connection, clock: Clock) -> None:
    await desk.memory.catch_up(clock.now)
    await connection.call("DEL", keys.paper(ROBOT.id))
    assert await desk.memory.forget_gone() == 1
    assert ROBOT.id not in desk.memory.archive
    assert await desk.memory.forget_gone() == 0


async def test_a_forgotten_channel_is_forgotten_by_every_process(desk: Desk, store: RedisStore, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    other = Memory(channels=store.channels, papers=store.papers)
    await other.catch_up(clock.now)
    assert len(other.percolator) == 1
    await desk.store.channels.forget(HERE)
    await other.catch_up(clock.now)
    assert len(other.percolator) == 0
