"""The books of the sources: one reader at a time, at the right time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.ports import Filed, Filing, Health
from bot.store import keys

if TYPE_CHECKING:
    from bot.ports import Turn
    from bot.store.store import RedisStore
    from tests.clock import Clock

SOURCE = "arxiv:cs.CL"
LEASE = timedelta(minutes=15)
HOUR = timedelta(hours=1)


async def claimed(store: RedisStore) -> Turn:
    turn = await store.fetches.claim(SOURCE, lease=LEASE)
    assert turn is not None
    return turn


async def test_a_new_source_is_read_at_once_from_the_beginning(store: RedisStore) -> None:
    await store.fetches.ensure(SOURCE)

    turn = await claimed(store)

    assert (turn.source, turn.mark, turn.health) == (SOURCE, b"", Health())


async def test_a_source_nobody_asked_for_is_not_read(store: RedisStore) -> None:
    assert await store.fetches.claim(SOURCE, lease=LEASE) is None


async def test_one_worker_reads_a_source_the_others_are_told_no(store: RedisStore) -> None:
    await store.fetches.ensure(SOURCE)

    turns = await asyncio.gather(*(store.fetches.claim(SOURCE, lease=LEASE) for _ in range(8)))

    assert sum(turn is not None for turn in turns) == 1


async def test_a_source_is_read_again_at_its_time_and_its_books_are_kept(store: RedisStore, clock: Clock) -> None:
    await store.fetches.ensure(SOURCE)
    turn = await claimed(store)
    health = Health(last_good=clock.now, seen=12, new=3, note="quiet")

    assert await store.fetches.finish(turn, health, again=clock.now + HOUR)

    assert await store.fetches.claim(SOURCE, lease=LEASE) is None
    clock.advance(HOUR)
    assert (await claimed(store)).health == health


async def test_a_source_on_the_agenda_stays_where_it_is(store: RedisStore, clock: Clock) -> None:
    await store.fetches.ensure(SOURCE)
    await store.fetches.finish(await claimed(store), Health(), again=clock.now + HOUR)

    await store.fetches.ensure(SOURCE)

    assert await store.fetches.claim(SOURCE, lease=LEASE) is None


async def test_somebody_in_a_hurry_need_not_wait_for_the_time_but_for_the_reader(store: RedisStore, clock: Clock) -> None:
    await store.fetches.ensure(SOURCE)
    await store.fetches.finish(await claimed(store), Health(), again=clock.now + HOUR)

    assert await store.fetches.claim(SOURCE, lease=LEASE, force=True) is not None
    assert await store.fetches.claim(SOURCE, lease=LEASE, force=True) is None


async def test_a_reader_who_dies_is_replaced_when_the_lease_is_over_and_may_write_no_more(store: RedisStore, clock: Clock) -> None:
    await store.fetches.ensure(SOURCE)
    dead = await claimed(store)
    clock.advance(LEASE)
    alive = await claimed(store)

    assert not await store.fetches.finish(dead, Health(failures=9), again=clock.now)
    assert await store.fetches.finish(alive, Health(failures=1), again=clock.now)
    assert (await claimed(store)).health == Health(failures=1)


async def test_finishing_twice_is_as_good_as_once(store: RedisStore, clock: Clock) -> None:
    await store.fetches.ensure(SOURCE)
    turn = await claimed(store)

    for _ in range(2):
        assert await store.fetches.finish(turn, Health(seen=1), again=clock.now + HOUR)

    assert await store.fetches.health([SOURCE]) == {SOURCE: (Health(seen=1), clock.now + HOUR)}


async def test_a_turn_carries_the_watermark_that_was_filed_with_papers(store: RedisStore) -> None:
    await store.fetches.ensure(SOURCE)
    filing = Filing(papers=(), inboxes={}, rules=0, mark=(SOURCE, b"\x00mark"))
    assert await store.papers.file(filing) is Filed.FILED

    assert (await claimed(store)).mark == b"\x00mark"


async def test_the_health_of_unknown_sources_is_missing(store: RedisStore, clock: Clock) -> None:
    await store.fetches.ensure(SOURCE)

    assert await store.fetches.health([SOURCE, "sample"]) == {SOURCE: (Health(), clock.now)}
    assert await store.fetches.health([]) == {}


async def test_books_that_cannot_be_read_are_begun_anew(store: RedisStore) -> None:
    await store.fetches.ensure(SOURCE)
    await store.connection.call("HSET", keys.fetch(SOURCE), "health", b"\x01rubbish")

    assert (await claimed(store)).health == Health()
