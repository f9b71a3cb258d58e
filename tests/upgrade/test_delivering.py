"""What an earlier release was about to post is posted: once, in order, and after finding out where it may stand already."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import jobs
from bot.delivery import Courier
from bot.desk import Desk
from bot.memory import Memory
from bot.ports import Planned, State
from tests.outlet import KeepingOutlet
from tests.upgrade import contents as c

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.channel import Address
    from bot.ports import Lease
    from bot.store.store import RedisStore
    from tests.clock import Clock

PLATFORMS = ("slack", "discord")


class Platform(KeepingOutlet):
    """Remembers also what it was asked about."""

    def __init__(self, platform: str) -> None:
        super().__init__(threads=True)
        self.platform = platform
        self.asked: list[str] = []

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        self.asked.append(key)
        return await super().posted(address, key=key, since=since, under=under)


async def _claimed(store: RedisStore) -> dict[str, Lease]:
    leases = [lease for one in PLATFORMS for lease in await store.deliveries.claim(one, limit=100, lease=c.LEASE)]
    assert len({lease.delivery.id for lease in leases}) == len(leases)
    return {lease.delivery.id: lease for lease in leases}


async def _deliver_all(store: RedisStore, clock: Clock, platforms: dict[str, Platform]) -> None:
    """As a worker would that looks every ten seconds for a quarter of an hour."""
    for _ in range(90):
        while leases := await _claimed(store):
            for lease in leases.values():
                await Courier(store).deliver(lease, platforms[lease.delivery.address.platform])
        clock.advance(timedelta(seconds=10))


async def test_what_is_due_comes_as_it_stood(written: RedisStore) -> None:
    found = await _claimed(written)

    stands = {id: (lease.state, lease.part, lease.attempt, lease.failures, lease.under) for id, lease in found.items()}
    assert stands == {
        c.UNTOUCHED.id: (State.PENDING, 0, 0, 0, ""),
        c.ABANDONED.id: (State.UNKNOWN, 0, 1, 0, ""),
        c.ABANDONED_ELSEWHERE.id: (State.UNKNOWN, 0, 1, 0, ""),
        c.THIRD_PART.id: (State.PENDING, 2, 0, 0, ""),
        c.THREADED.id: (State.PENDING, 1, 0, 0, "m-threaded-0"),
    }
    assert {lease.delivery for lease in found.values()} <= set(c.ON_THE_WAY)


async def test_what_is_leased_or_put_off_comes_in_its_time(written: RedisStore, clock: Clock) -> None:
    await _claimed(written)
    clock.now = c.WRITTEN + timedelta(seconds=30) - timedelta(milliseconds=1)
    assert not await _claimed(written)

    clock.advance(timedelta(milliseconds=1))
    leased = await _claimed(written)
    assert {id: lease.state for id, lease in leased.items()} == {c.CLAIMED.id: State.PENDING, c.SENDING.id: State.UNKNOWN}
    clock.now = c.WRITTEN + timedelta(seconds=40)
    (doubtful,) = (await _claimed(written)).values()
    assert (doubtful.delivery, doubtful.state, doubtful.failures) == (c.DOUBTFUL, State.UNKNOWN, 1)
    assert doubtful.failing_since == c.WRITTEN - timedelta(seconds=30)

    clock.now = c.WRITTEN + timedelta(minutes=5)
    failed = (await _claimed(written))[c.FAILED.id]
    assert (failed.state, failed.failures, failed.attempt, failed.reason) == (State.PENDING, 1, 1, "no connection")


async def test_everything_on_its_way_is_posted_exactly_once(written: RedisStore, clock: Clock) -> None:
    platforms = {name: Platform(name) for name in PLATFORMS}
    slack, discord = platforms["slack"], platforms["discord"]
    keys = {id: lease.key for id, lease in (await _claimed(written)).items()}
    # Of the two requests whose sender died, one was heard.
    slack.posts.append((c.ABANDONED.address, c.ABANDONED.parts[0], keys[c.ABANDONED.id]))
    slack.under.append("")

    await _deliver_all(written, clock, platforms)

    posted = [(address, message) for one in platforms.values() for address, message, _ in one.posts]
    sent_before = {c.THIRD_PART.id: 2, c.THREADED.id: 1}
    wanted = [(one.address, part) for one in c.ON_THE_WAY for part in one.parts[sent_before.get(one.id, 0) :]]
    assert sorted(posted, key=repr) == sorted(wanted, key=repr)
    assert keys[c.ABANDONED.id] in slack.asked
    assert keys[c.ABANDONED_ELSEWHERE.id] in discord.asked
    threads = [under for (address, _, _), under in zip(slack.posts, slack.under, strict=True) if address == c.THREADED.address]
    assert threads == ["m-threaded-0", "m-threaded-0"]
    for delivery in c.ON_THE_WAY:
        assert (await written.papers.history(delivery.address, c.ROBOT.id)).posted
        assert (await written.papers.history(delivery.address, c.SYLLABUS.id)).capped
    for platform in PLATFORMS:
        backlog = await written.deliveries.backlog(platform)
        assert (backlog.waiting, backlog.oldest) == (0, None)


async def test_the_dead_can_be_replayed(written: RedisStore, clock: Clock) -> None:
    await _claimed(written)
    for id in c.DEAD:
        assert await written.deliveries.replay(id)

    found = await _claimed(written)

    assert {id: lease.state for id, lease in found.items()} == {
        c.REFUSED.id: State.PENDING,
        c.MERGING.id: State.PENDING,
        c.DEAD_IN_DOUBT.id: State.UNKNOWN,
    }
    assert await written.deliveries.dead() == []


def _desk(store: RedisStore) -> Desk:
    outlets = {name: Platform(name) for name in PLATFORMS}
    return Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets=outlets)


async def _planned(desk: Desk, address: Address, due: datetime) -> Sequence[Planned]:
    await desk.caught_up()
    return await asyncio.gather(*(jobs.plan_slot(desk, address, due) for _ in range(4)))


async def test_an_overdue_slot_is_planned_once(written: RedisStore) -> None:
    lease = timedelta(seconds=30)
    due = c.AGENDA[c.ANYONE.address]
    assert (await written.channels.overdue()).oldest == due
    assert await written.channels.due(PLATFORMS, limit=10, lease=lease) == [(c.ANYONE.address, due)]

    outcomes = await _planned(_desk(written), c.ANYONE.address, due)

    assert sorted(one.name for one in outcomes) == ["PLANNED", "TAKEN", "TAKEN", "TAKEN"]
    digests = [lease.delivery for lease in (await _claimed(written)).values() if lease.delivery.address == c.ANYONE.address]
    assert [(one.due, one.papers) for one in digests] == [(due, (c.DOI_ONLY.id,))]
    assert await written.channels.due(PLATFORMS, limit=10, lease=lease) == []


async def test_papers_of_a_digest_that_never_went_out_are_in_the_next(written: RedisStore, clock: Clock) -> None:
    clock.now = due = c.AGENDA[c.READING.address]

    outcomes = await _planned(_desk(written), c.READING.address, due)

    assert sorted(one.name for one in outcomes) == ["PLANNED", "TAKEN", "TAKEN", "TAKEN"]
    (digest,) = [lease.delivery for lease in (await _claimed(written)).values() if lease.delivery.address == c.READING.address]
    assert set(digest.papers) == {c.ROBOT.id, c.SYLLABUS.id, c.DOI_ONLY.id}
    assert c.MERGING.id not in {lease.delivery.id for lease in await written.deliveries.dead()}
