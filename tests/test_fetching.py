"""Reading a source once, and the book that is kept of it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.desk import Desk
from bot.errors import SourceBusy, SourceGarbled
from bot.fetching import read_source, working_days_between
from bot.memory import Memory
from bot.paper import PaperId
from tests.feed import Feed
from tests.library import DIFFUSION, LIBRARY, ROBOT

if TYPE_CHECKING:
    from bot.ports import Health
    from bot.store.store import RedisStore
    from tests.clock import Clock

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(store: RedisStore) -> Desk:
    return Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers))


def hourly(name: str, now: datetime, health: Health, retry_after: timedelta | None) -> datetime:
    return now + (retry_after or HOUR)


async def book(desk: Desk, name: str) -> Health:
    return (await desk.store.fetches.health([name]))[name][0]


async def test_a_source_is_read_when_its_time_has_come_and_not_before(desk: Desk, clock: Clock) -> None:
    feed = Feed("library", *LIBRARY)

    first = await read_source(desk, feed, hourly)
    too_early = await read_source(desk, feed, hourly)
    clock.advance(HOUR)
    again = await read_source(desk, feed, hourly)

    assert first is not None
    assert first.intake is not None
    assert (first.intake.new, too_early) == (4, None)
    assert again is not None
    assert again.intake is not None
    assert again.intake.new == 0
    assert feed.marks == [b"", b"1"]


async def test_a_source_can_be_read_now_whatever_its_time(desk: Desk) -> None:
    feed = Feed("library", ROBOT)
    await read_source(desk, feed, hourly)
    assert await read_source(desk, feed, hourly, force=True)


async def test_two_processes_do_not_read_a_source_at_once(desk: Desk) -> None:
    await desk.store.fetches.ensure("library")
    assert await desk.store.fetches.claim("library", lease=HOUR)
    assert await read_source(desk, Feed("library", ROBOT), hourly, force=True) is None


async def test_trouble_moves_no_watermark_and_is_written_into_the_book(desk: Desk, clock: Clock) -> None:
    feed = Feed("library", ROBOT)
    await read_source(desk, feed, hourly)
    feed.trouble = SourceGarbled("half a document")

    for _ in range(2):
        clock.advance(HOUR)
        reading = await read_source(desk, feed, hourly)
        assert reading is not None
        assert (reading.intake, reading.trouble) == (None, "half a document")
    health = await book(desk, "library")
    assert (health.failures, health.trouble, health.failing_since) == (2, "half a document", clock.now - HOUR)
    assert health.last_good == clock.now - 2 * HOUR

    feed.trouble = None
    clock.advance(HOUR)
    await read_source(desk, feed, hourly)
    assert feed.marks == [b"", b"1", b"1", b"1"]
    health = await book(desk, "library")
    assert (health.failures, health.trouble, health.failing_since) == (0, "", None)


async def test_a_source_that_asks_for_patience_gets_it(desk: Desk, clock: Clock) -> None:
    feed = Feed("library", ROBOT)
    feed.trouble = SourceBusy("429", retry_after=5 * HOUR)
    await read_source(desk, feed, hourly)
    feed.trouble = None
    clock.advance(4 * HOUR)
    assert await read_source(desk, feed, hourly) is None
    clock.advance(HOUR)
    assert await read_source(desk, feed, hourly)


async def test_one_sources_trouble_costs_another_nothing(desk: Desk) -> None:
    broken, sound = Feed("broken"), Feed("sound", ROBOT, DIFFUSION)
    broken.trouble = SourceGarbled("HTML in place of JSON")
    await read_source(desk, broken, hourly)
    reading = await read_source(desk, sound, hourly)
    assert reading is not None
    assert reading.intake is not None
    assert reading.intake.new == 2


async def test_a_bug_of_ours_is_loud_and_costs_no_papers(desk: Desk, clock: Clock) -> None:
    feed = Feed("library", ROBOT)
    feed.trouble = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        await read_source(desk, feed, hourly)
    feed.trouble = None
    clock.advance(HOUR)  # the lease of the reading that died is over
    assert await read_source(desk, feed, hourly)


async def test_two_working_days_without_a_new_paper_are_told(desk: Desk, clock: Clock) -> None:
    clock.now = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)  # a Thursday
    feed = Feed("library", ROBOT)
    await read_source(desk, feed, hourly)
    told = {}
    for days in range(1, 7):
        clock.now = datetime(2025, 11, 20 + days, 9, 0, tzinfo=UTC)
        with capture_logs() as logs:
            await read_source(desk, feed, hourly)
        told[f"{clock.now:%a}"] = any(log["event"] == "source_quiet" for log in logs)
    assert told == {"Fri": False, "Sat": False, "Sun": False, "Mon": False, "Tue": True, "Wed": True}
    feed.papers = (dataclasses.replace(ROBOT, id=PaperId("2611.00077"), title="New at last"),)
    clock.advance(HOUR)
    with capture_logs() as logs:
        await read_source(desk, feed, hourly)
    assert not any(log["event"] == "source_quiet" for log in logs)


def test_weekends_are_no_working_days() -> None:
    friday, saturday, monday = (datetime(2025, 11, day, tzinfo=UTC) for day in (21, 22, 24))
    assert working_days_between(friday, saturday) == 0
    assert working_days_between(friday, monday) == 0
    assert working_days_between(friday, monday + timedelta(days=2)) == 2
