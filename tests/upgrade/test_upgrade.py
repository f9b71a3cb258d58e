"""A store that an earlier release wrote is read whole, value by value."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channel import Channel
from bot.document import document
from bot.errors import Busy, CorruptRecord, SourceBusy
from bot.identity import names
from bot.memory import Memory
from bot.ports import Attempt, History, Saved, Turn
from bot.store import keys
from bot.store.seal import Seal
from bot.store.store import RedisStore
from tests.upgrade import contents as c

if TYPE_CHECKING:
    from bot.ports import Delivery
    from tests.clock import Clock

# ---------------------------------------------------------------- channels, papers, votes


async def test_every_channel_is_as_it_was(written: RedisStore) -> None:
    assert [await written.channels.load(channel.address) for channel in c.CHANNELS] == list(c.CHANNELS)
    assert {channel async for batch in written.channels.changes(0) for channel in batch.channels} == set(c.CHANNELS)
    assert list(await written.channels.of("slack", "T1")) == [c.READING, c.ANYONE]


async def test_a_channel_can_be_changed_from_where_it_was(written: RedisStore) -> None:
    assert await written.channels.save(c.READING, due=None) is Saved.SAVED
    assert (await written.channels.load(c.READING.address)).version == c.READING.version + 1


async def test_what_was_forgotten_stays_forgotten(written: RedisStore) -> None:
    assert await written.channels.load(c.FORGOTTEN) == Channel(address=c.FORGOTTEN)
    assert await written.channels.next_due(c.FORGOTTEN) is None
    assert c.FORGOTTEN not in await written.channels.traces("slack", "T1")
    assert c.FORGOTTEN in {one.address async for batch in written.channels.changes(1) for one in batch.channels}


async def test_the_agenda_is_as_it_was(written: RedisStore) -> None:
    assert {one.address: await written.channels.next_due(one.address) for one in c.CHANNELS} == {
        **dict.fromkeys(one.address for one in c.CHANNELS),
        **c.AGENDA,
    }


async def test_the_rules_match_as_they_did(written: RedisStore, clock: Clock) -> None:
    memory = Memory(channels=written.channels, papers=written.papers)
    await memory.catch_up(clock.now)

    wanted = memory.percolator.match([document(paper) for paper in c.PAPERS])

    assert {address: set(ids) for address, ids in wanted.items()} == {
        c.READING.address: {c.ROBOT.id, c.SYLLABUS.id, c.DOI_ONLY.id},
        c.ANYONE.address: {c.DOI_ONLY.id},
        c.PAUSED.address: {c.ROBOT.id, c.SYLLABUS.id},
    }


async def test_every_paper_is_as_it_was_and_found_under_all_its_names(written: RedisStore) -> None:
    assert await written.papers.get([paper.id for paper in c.PAPERS]) == {paper.id: paper for paper in c.PAPERS}
    for paper in c.PAPERS:
        assert set((await written.papers.find(names(paper))).values()) == {paper.id}


async def test_what_a_channel_was_given_is_as_it_was(written: RedisStore) -> None:
    filed = c.WRITTEN - timedelta(hours=2)
    settled = c.WRITTEN - timedelta(seconds=30)

    assert await written.papers.inbox(c.READING.address) == [(c.DOI_ONLY.id, filed)]
    assert await written.papers.history(c.ANYONE.address, c.ROBOT.id) == History(filed=filed, posted=settled)
    assert await written.papers.history(c.ANYONE.address, c.SYLLABUS.id) == History(filed=filed, capped=settled)
    assert await written.papers.history(c.ANYONE.address, c.DOI_ONLY.id) == History(filed=filed, waiting=True)


async def test_a_reading_list_stays_for_good(written: RedisStore) -> None:
    assert [id for id, _ in await written.papers.kept(c.READING.address)] == [c.DOI_ONLY.id]
    for key in (keys.paper(c.DOI_ONLY.id), *map(keys.alias, names(c.DOI_ONLY))):
        assert await written.connection.read("PTTL", key) == -1


async def test_votes_count(written: RedisStore) -> None:
    assert set(await written.votes.of(c.READING.address)) == set(c.VOTES)
    message, papers = c.SHOWN_BY
    assert await written.votes.shown_by(c.READING.address, message) == papers


# ---------------------------------------------------------------- deliveries


async def test_every_delivery_says_what_it_said(written: RedisStore) -> None:
    assert [await written.deliveries.get(delivery.id) for delivery in c.DELIVERIES] == list(c.DELIVERIES)


async def test_the_dead_are_listed_with_their_reason(written: RedisStore) -> None:
    assert {lease.delivery.id: lease.reason for lease in await written.deliveries.dead()} == c.DEAD


def _line(delivery: Delivery, outcome: str, detail: str, *, part: int = 0) -> Attempt:
    return Attempt(at=c.WRITTEN - timedelta(seconds=30), delivery=delivery.id, part=part, outcome=outcome, detail=detail)


async def test_the_log_is_as_it_was(written: RedisStore) -> None:
    assert await written.deliveries.log(c.ANYONE.address) == [_line(c.SENT, "sent", "m-sent")]
    assert await written.deliveries.log(c.FAILED.address) == [_line(c.FAILED, "later", "no connection")]
    assert await written.deliveries.log(c.DOUBTFUL.address) == [_line(c.DOUBTFUL, "doubtful", "not answered")]
    assert await written.deliveries.log(c.REFUSED.address) == [_line(c.REFUSED, "dead", "invalid_blocks")]
    assert await written.deliveries.log(c.THIRD_PART.address) == [
        _line(c.THIRD_PART, "sent", f"m-third-{part}", part=part) for part in (1, 0)
    ]


# ---------------------------------------------------------------- sources, doors, installations


async def test_the_books_of_the_sources_are_as_they_were(written: RedisStore, clock: Clock) -> None:
    assert await written.fetches.health(["arxiv", "huggingface", "sample"]) == {
        "arxiv": (c.HEALTHY, c.AGAIN),
        "huggingface": (c.FAILING, c.AGAIN),
        "sample": (type(c.HEALTHY)(), c.WRITTEN),
    }
    assert await written.fetches.claim("huggingface", lease=c.LEASE, force=True) is None

    clock.now = c.AGAIN
    assert await written.fetches.claim("arxiv", lease=c.LEASE) == Turn(source="arxiv", fence=2, mark=c.MARK[1], health=c.HEALTHY)
    turn = await written.fetches.claim("huggingface", lease=c.LEASE)
    assert turn is not None
    assert turn.fence == 3


async def test_doors_stay_shut_and_turns_taken(written: RedisStore, clock: Clock) -> None:
    with pytest.raises(SourceBusy, match="not wanted"):
        async with written.gate.enter("papers.example", gap=timedelta(seconds=3), patience=timedelta(0)):
            pytest.fail("the door was shut")
    with pytest.raises(Busy):
        await written.gate.turn("slack:T1", gap=timedelta(minutes=1), burst=1, patience=timedelta(0))
    for shut in (False, True):
        assert await written.gate.strike("discord", limit=3, per=timedelta(hours=1), rest=timedelta(hours=1)) is shut


async def test_who_holds_a_name_still_holds_it(written: RedisStore, clock: Clock) -> None:
    assert await written.locks.holder("gateway") == "an earlier process"
    assert not await written.locks.hold("gateway", holder="me", keep=c.LEASE)
    clock.advance(timedelta(hours=1))
    assert await written.locks.hold("gateway", holder="me", keep=c.LEASE)


async def test_what_was_cached_asked_and_counted_is_remembered(written: RedisStore) -> None:
    assert await written.cache.get("answer") == b"\x00bytes\xff"
    assert not await written.cache.first("event 1", keep=c.LEASE)
    assert not await written.cache.allow("user 1", limit=3, per=timedelta(hours=1))
    assert await written.cache.allow("user 2", limit=3, per=timedelta(hours=1))


async def test_installations_open_with_the_key(written: RedisStore) -> None:
    assert await written.installations.all("slack") == [c.INSTALLATION, c.SECOND_INSTALLATION]
    assert await written.installations.get(*c.LEFT[:2]) is None
    assert await written.installations.leaving(c.LEFT[2]) == [c.LEFT[:2]]
    assert await written.installations.leaving(c.LEFT[2] - timedelta(seconds=1)) == []


async def test_installations_do_not_open_with_another_key(written: RedisStore, secret_key: str) -> None:
    other = RedisStore(written.connection, seal=Seal([secret_key]))
    with pytest.raises(CorruptRecord):
        await other.installations.get("slack", "T1")


async def test_the_first_sweep_drops_nothing_that_was_promised(written: RedisStore) -> None:
    assert set((await written.sweep()).values()) == {0}
    assert await written.connection.read("GET", keys.CORRUPT_COUNT) is None
