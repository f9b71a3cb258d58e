"""The bot is gone for three days, or a channel fails for five: one digest with the best of the gap, and no flood."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channel import FOREVER, Address, Schedule
from bot.paper import Paper, PaperId
from bot.places import APIECE
from bot.ports import Due
from tests.feed import Feed
from tests.outages.scene import desk_of, said, time_passes, wants, worker_of
from tests.outages.stages import Eventful, on_slack
from tests.outlet import KeepingOutlet
from tests.plain import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.message import Message
    from bot.store.store import RedisStore
    from tests.clock import Clock

DAY = timedelta(days=1)
STEP = timedelta(minutes=10)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
GONE = datetime(2025, 10, 24, 14, 0, tzinfo=UTC)
"""A Friday; on the Sunday after it clocks in Europe are set back, and in Brazil, India and Japan nothing happens."""
ZONES = {
    "Europe/Berlin": datetime(2025, 10, 28, 8, 0, tzinfo=UTC),
    "Asia/Kolkata": datetime(2025, 10, 28, 3, 30, tzinfo=UTC),
    "America/New_York": datetime(2025, 10, 27, 13, 0, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2025, 10, 27, 22, 0, tzinfo=UTC),
}
"""Nine o'clock after three days, on each wall."""


def paper(number: int) -> Paper:
    return Paper(
        id=PaperId(f"2510.{number:05}"),
        title=f"Curriculum number {number:02}",
        abstract="About curricula.",
        upvotes=2**number,
        listed_on=date(2025, 10, 24),
        sources=("library",),
    )


def numbers(message: Message) -> list[int]:
    """Of the papers it shows, as they stand there."""
    return [int(line.rpartition(" ")[2]) for line in words(message).splitlines() if line.rpartition(" ")[0].endswith("Curriculum number")]


@pytest.mark.parametrize("first", ["sources", "agenda"])
async def test_after_three_days_without_the_bot_each_channel_gets_one_digest_with_the_best(
    store: RedisStore, clock: Clock, first: str
) -> None:
    clock.now = GONE - 2 * DAY
    outlet = KeepingOutlet()
    feed = Feed("library", *(paper(number) for number in range(3)))
    desk = desk_of(store, outlet, sources=[feed])
    worker = worker_of(desk, clock)
    channels = {zone: Address("terminal", "local", zone.rpartition("/")[2]) for zone in ZONES}
    for zone, address in channels.items():
        await wants(desk, address, "curriculum", schedule=Schedule(days=EVERY_DAY, zone=zone))
    await time_passes(worker, clock, 2 * DAY, every=STEP, sources=desk.sources)
    assert {str(where) for where, _, _ in outlet.posts} == {str(address) for address in channels.values()}
    outlet.posts.clear()

    clock.now = GONE + 3 * DAY - timedelta(hours=2)  # before New York's nine o'clock: two of its slots are missed, and three of the others'
    feed.papers = tuple(paper(number) for number in range(20))
    desk = desk_of(store, outlet, sources=[feed])
    worker = worker_of(desk, clock)
    if first == "agenda":
        await worker.plan_due()
        await worker.deliver_due()
        assert outlet.posts == [], "what nobody has read cannot be posted"
    else:
        await time_passes(worker, clock, timedelta(), every=STEP, sources=desk.sources)
        assert len(outlet.posts) == len(ZONES)
    for zone, address in channels.items():
        due = await store.channels.next_due(address)
        assert due is not None
        assert timedelta() <= due - ZONES[zone] < timedelta(minutes=2)
    await time_passes(worker, clock, 2 * DAY, every=STEP, sources=desk.sources)

    assert sorted(str(where) for where, _, _ in outlet.posts) == sorted(str(address) for address in channels.values())
    for _, message, _ in outlet.posts:
        assert numbers(message) == [19, 18, 17, 16, 15]
        assert "17 papers" in message.gist
        assert "12 more" in words(message)


async def test_a_hundred_channels_that_are_late_together_are_not_served_all_at_once(store: RedisStore, clock: Clock) -> None:
    clock.now = GONE
    under_way, most = 0, 0

    class Busy(Eventful):
        async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.002)  # while others are on their way
            under_way -= 1
            return await super().post(address, message, key=key, under=under, tags=tags)

    keeping = KeepingOutlet()
    desk = desk_of(store, Busy(keeping), sources=[Feed("library", paper(1))])
    worker = worker_of(desk, clock)
    channels = [Address("terminal", "local", f"c{number}") for number in range(100)]
    for address in channels:
        await wants(desk, address, "curriculum")
    await time_passes(worker, clock, timedelta(), every=STEP, sources=desk.sources)
    clock.advance(4 * DAY)
    await time_passes(worker, clock, timedelta(), every=STEP, sources=desk.sources)

    assert len({str(where) for where, _, _ in keeping.posts}) == len(keeping.posts) == len(channels)
    assert most <= APIECE
    dues = [due for address in channels if (due := await store.channels.next_due(address))]
    assert max(dues) - min(dues) > timedelta(minutes=1), "the next ones are spread again"


async def test_a_channel_that_fails_for_five_days_is_paused_once_told_once_and_resumed_by_one_command(
    store: RedisStore, clock: Clock
) -> None:
    clock.now = GONE
    async with on_slack(store, clock) as stage:
        feed = Feed("library", paper(1))
        desk = desk_of(store, stage.outlet, sources=[feed])
        worker = worker_of(desk, clock)
        channel = await wants(desk, stage.address, "curriculum", schedule=Schedule(days=EVERY_DAY))
        makers = tuple(dataclasses.replace(one, maker="U0ADA") for one in channel.subscriptions)
        await store.channels.save(dataclasses.replace(channel, subscriptions=makers), due=Due.KEEP)
        stage.fail()

        for number in range(2, 9):
            await time_passes(worker, clock, DAY, every=timedelta(minutes=30), sources=desk.sources)
            feed.papers = (*feed.papers, paper(number))
        paused = await store.channels.load(stage.address)
        assert paused.paused_until == FOREVER
        assert "nothing could be posted for 5 days" in paused.trouble
        assert stage.standing() == []
        assert len(stage.told("U0ADA")) == 1
        assert "have stopped" in stage.told("U0ADA")[0]
        assert "was paused: nothing could be posted for 5 days" in await said(desk, stage.address, "status")

        stage.mend()
        assert "esume" in await said(desk, stage.address, "resume")
        await time_passes(worker, clock, 2 * DAY, every=timedelta(minutes=30), sources=desk.sources)
        assert len(stage.standing()) == 1
        assert len(stage.told("U0ADA")) == 1
        assert not (await store.channels.load(stage.address)).trouble
