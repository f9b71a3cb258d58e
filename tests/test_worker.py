"""A worker on a real store: what is due is done, by whoever is there, once."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot import jobs, lifecycle, worker
from bot.channel import FOREVER, Address
from bot.delivery import REQUEST, Courier
from bot.desk import Desk
from bot.errors import ChannelGone, NotSent, OutcomeUnknown, StoreAway, WorkspaceGone
from bot.fetching import GATHERING, FirstReading
from bot.memory import Memory
from bot.places import LEASE
from bot.ports import Due, Harvest, Planned
from bot.store import keys
from bot.ticker import Ticker
from bot.worker import PLANNING, UNREADABLE, Worker
from tests.feed import Feed
from tests.library import LIBRARY
from tests.outlet import KeepingOutlet
from tests.plain import words
from tests.test_fetching import hourly
from tests.test_jobs import HERE, THERE, due_now, subscribed

if TYPE_CHECKING:
    from datetime import datetime

    from bot.store.store import RedisStore
    from tests.clock import Clock


@pytest.fixture
def outlet() -> KeepingOutlet:
    return KeepingOutlet()


@pytest.fixture
def desk(store: RedisStore, outlet: KeepingOutlet) -> Desk:
    return a_desk(store, outlet)


def a_desk(store: RedisStore, outlet: KeepingOutlet) -> Desk:
    memory = Memory(channels=store.channels, papers=store.papers)
    return Desk(store=store, memory=memory, sources=(Feed("library", *LIBRARY),), outlets={"terminal": outlet})


def a_worker(desk: Desk) -> Worker:
    return Worker(desk, courier=Courier(desk.store), ticker=Ticker(), next_reading=hourly)


async def a_due_digest(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await desk.store.now())
    await due_now(desk, clock)


async def test_a_due_digest_is_planned_and_posted(desk: Desk, outlet: KeepingOutlet, clock: Clock) -> None:
    await a_due_digest(desk, clock)
    worker = a_worker(desk)

    assert await worker.plan_due() == 1
    assert await worker.deliver_due() == 1

    [(where, message, _)] = outlet.posts
    assert where == HERE
    assert "3 papers for" in message.gist
    assert (await worker.plan_due(), await worker.deliver_due()) == (0, 0)


async def test_any_number_of_workers_post_each_slot_once(store: RedisStore, outlet: KeepingOutlet, clock: Clock) -> None:
    desks = [a_desk(store, outlet) for _ in range(4)]
    addresses = await a_morning(desks[0], clock, 25)
    workers = [a_worker(desk) for desk in desks]

    await asyncio.gather(*(worker.plan_due() for worker in workers))
    await asyncio.gather(*(worker.deliver_due() for worker in workers))

    assert sorted(str(where) for where, _, _ in outlet.posts) == sorted(str(address) for address in addresses)


async def test_a_channel_whose_record_cannot_be_read_keeps_nobody_else_waiting(
    desk: Desk, store: RedisStore, outlet: KeepingOutlet, clock: Clock
) -> None:
    broken = Address("terminal", "local", "broken")
    await subscribed(desk, broken, "curriculum")
    due = await desk.store.channels.next_due(broken)
    await a_due_digest(desk, clock)
    clock.advance(timedelta(minutes=3))
    record = await store.connection.read("HGET", keys.bucket_of(broken), str(broken))
    await store.connection.call("HSET", keys.bucket_of(broken), str(broken), b"\x01rubbish")
    worker = a_worker(desk)

    with capture_logs() as logs:
        assert await worker.plan_due() == 2
    await worker.deliver_due()

    assert [where for where, _, _ in outlet.posts] == [HERE]
    assert [log["channel"] for log in logs if log["event"] == "slot_not_planned"] == [str(broken)]
    assert await desk.store.channels.next_due(broken) == due

    clock.advance(PLANNING)
    with capture_logs() as logs:
        assert await worker.plan_due() == 1
    assert not logs, "it is told once, not at every tick"
    await store.connection.call("HSET", keys.bucket_of(broken), str(broken), record)
    clock.advance(UNREADABLE)
    await worker.plan_due()
    await worker.deliver_due()
    assert [where for where, _, _ in outlet.posts] == [HERE, broken]


async def test_a_failed_post_is_tried_again_later(desk: Desk, outlet: KeepingOutlet, clock: Clock) -> None:
    await a_due_digest(desk, clock)
    outlet.failures.append(NotSent("refused"))
    worker = a_worker(desk)
    await worker.plan_due()
    await worker.deliver_due()
    assert outlet.posts == []
    clock.advance(timedelta(seconds=10))
    await worker.deliver_due()
    assert len(outlet.posts) == 1


async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(desk: Desk, outlet: KeepingOutlet, clock: Clock) -> None:
    await a_due_digest(desk, clock)
    outlet.late.append(OutcomeUnknown("connection reset"))
    worker = a_worker(desk)
    await worker.plan_due()
    await worker.deliver_due()
    clock.advance(timedelta(minutes=2))
    await worker.deliver_due()
    clock.advance(timedelta(minutes=2))
    await worker.deliver_due()
    assert len(outlet.posts) == 1


async def test_a_channel_that_is_gone_is_paused_and_keeps_its_rules(desk: Desk, outlet: KeepingOutlet, clock: Clock) -> None:
    await a_due_digest(desk, clock)
    outlet.failures.append(ChannelGone("archived"))
    worker = a_worker(desk)
    await worker.plan_due()
    await worker.deliver_due()

    channel = await desk.store.channels.load(HERE)
    assert (channel.paused_until, channel.trouble, len(channel.subscriptions)) == (FOREVER, "archived", 1)
    assert await desk.store.channels.next_due(HERE) is None


async def test_whoever_made_the_rules_of_a_channel_that_is_gone_is_told_by_the_same_worker(
    desk: Desk, outlet: KeepingOutlet, clock: Clock
) -> None:
    await a_due_digest(desk, clock)
    channel = await desk.store.channels.load(HERE)
    rules = tuple(dataclasses.replace(one, maker="ada") for one in channel.subscriptions)
    await desk.store.channels.save(dataclasses.replace(channel, subscriptions=rules), due=Due.KEEP)
    outlet.failures.append(ChannelGone("archived"))
    worker = a_worker(desk)
    await worker.plan_due()

    await worker.deliver_due()

    [(where, message, _)] = outlet.posts
    assert where == dataclasses.replace(HERE, channel="ada")
    assert "have stopped: archived." in words(message)


async def test_a_person_who_cannot_be_reached_is_left_alone(desk: Desk, outlet: KeepingOutlet, clock: Clock) -> None:
    await a_due_digest(desk, clock)
    channel = await desk.store.channels.load(HERE)
    rules = tuple(dataclasses.replace(one, maker="ada") for one in channel.subscriptions)
    await desk.store.channels.save(dataclasses.replace(channel, subscriptions=rules), due=Due.KEEP)
    outlet.failures.extend([ChannelGone("archived"), ChannelGone("no messages from apps")])
    worker = a_worker(desk)
    await worker.plan_due()

    await worker.deliver_due()

    assert outlet.posts == []
    assert (await desk.store.channels.load(dataclasses.replace(HERE, channel="ada"))).version == 0
    assert (await desk.store.channels.load(HERE)).trouble == "archived"


async def test_a_workspace_that_is_gone_is_told_loudly_and_none_of_its_channels_is_tried_again(
    desk: Desk, outlet: KeepingOutlet, clock: Clock
) -> None:
    await a_due_digest(desk, clock)
    await subscribed(desk, THERE, "curriculum")
    outlet.failures.append(WorkspaceGone("token revoked"))
    worker = a_worker(desk)
    await worker.plan_due()
    with capture_logs() as logs:
        await worker.deliver_due()
    assert [log for log in logs if log["event"] == "workspace_gone"]

    troubles = [(await desk.store.channels.load(address)).trouble for address in (HERE, THERE)]
    assert troubles == [lifecycle.CLOSED + "token revoked"] * 2
    clock.advance(timedelta(days=7))
    assert await worker.plan_due() == 0
    await lifecycle.erase_left(desk)
    assert (await desk.store.channels.load(HERE)).subscriptions, "a refused token is no removal"


async def test_a_workspace_whose_farewell_nobody_heard_is_erased_once_the_platform_says_that_it_left(
    desk: Desk, outlet: KeepingOutlet, clock: Clock
) -> None:
    await a_due_digest(desk, clock)
    outlet.failures.append(WorkspaceGone("the app was removed", removed=True))
    worker = a_worker(desk)
    await worker.plan_due()
    await worker.deliver_due()
    clock.advance(lifecycle.ERASED_AFTER)
    await worker.sweep()
    assert not (await desk.store.channels.load(HERE)).version


async def test_the_hourly_sweep_erases_workspaces_that_left(desk: Desk, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    await lifecycle.close_workspace(desk, HERE.platform, HERE.workspace, "removed")
    clock.advance(lifecycle.ERASED_AFTER)

    with capture_logs() as logs:
        await a_worker(desk).sweep()

    assert (await desk.store.channels.load(HERE)).version == 0
    assert [log["dropped"]["channels that left"] for log in logs if log["event"] == "swept"] == [1]


async def test_a_thread_is_posted_whole_and_under_its_opening(desk: Desk, outlet: KeepingOutlet, clock: Clock) -> None:
    outlet.limits = dataclasses.replace(outlet.limits, threads=True)
    await a_due_digest(desk, clock)
    channel = await desk.store.channels.load(HERE)
    wanted = dataclasses.replace(channel.settings, thread=True)
    await desk.store.channels.save(dataclasses.replace(channel, settings=wanted), due=Due.KEEP)
    worker = a_worker(desk)
    await worker.plan_due()

    await worker.deliver_due()

    assert outlet.under == ["", "m1", "m1", "m1"]
    assert [len(await desk.store.votes.shown_by(HERE, f"m{n}")) for n in (1, 2, 3, 4)] == [3, 1, 1, 1]


async def test_a_slot_waits_for_a_worker_that_reaches_its_platform(desk: Desk, outlet: KeepingOutlet, clock: Clock) -> None:
    await a_due_digest(desk, clock)
    elsewhere = a_worker(dataclasses.replace(desk, outlets={}))

    assert (await elsewhere.plan_due(), await elsewhere.deliver_due()) == (0, 0)
    assert (await a_worker(desk).plan_due(), await a_worker(desk).deliver_due()) == (1, 1), "and nobody has put it off"

    assert len(outlet.posts) == 1


async def test_what_may_have_been_posted_is_found_out_by_whoever_reaches_the_platform(
    desk: Desk, outlet: KeepingOutlet, clock: Clock, store: RedisStore
) -> None:
    await a_due_digest(desk, clock)
    await a_worker(desk).plan_due()
    [lease] = await store.deliveries.claim("terminal", limit=1, lease=LEASE)
    assert await store.deliveries.begin(lease, need=REQUEST)
    await outlet.post(lease.delivery.address, lease.delivery.parts[0], key=lease.key)  # and the process dies
    clock.advance(LEASE)

    assert await a_worker(dataclasses.replace(desk, outlets={})).deliver_due() == 0
    assert await a_worker(desk).deliver_due() == 1
    clock.advance(2 * REQUEST)
    assert await a_worker(desk).deliver_due() == 1

    assert len(outlet.posts) == 1


async def a_morning(desk: Desk, clock: Clock, channels: int) -> list[Address]:
    """So many channels whose digest has come due meanwhile."""
    clock.advance(timedelta(minutes=-1))
    addresses = [Address("terminal", "local", f"channel-{n}") for n in range(channels)]
    for address in addresses:
        await subscribed(desk, address, "curriculum")
    await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await desk.store.now())
    clock.advance(timedelta(minutes=4))
    return addresses


async def test_two_workers_share_the_slots_that_are_due_and_hardly_ever_meet(
    store: RedisStore, outlet: KeepingOutlet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SLOTS_AT_ONCE", 10)
    desks = [a_desk(store, outlet) for _ in range(2)]
    addresses = await a_morning(desks[0], clock, 60)
    for desk in desks:
        await desk.caught_up()

    with capture_logs() as logs:
        shares = await asyncio.gather(*(a_worker(desk).plan_due() for desk in desks))

    planned = Counter((log["channel"], log["outcome"]) for log in logs if log["event"] == "slot_planned")
    assert planned == {(str(address), "PLANNED"): 1 for address in addresses}
    assert sum(shares) == 60
    assert all(shares)


async def test_slots_are_planned_side_by_side(desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_slot, inside, together = jobs.plan_slot, 0, asyncio.Event()

    async def met(*args: Any) -> Planned:
        nonlocal inside
        inside += 1
        if inside == 10:
            together.set()
        await together.wait()
        return await plan_slot(*args)

    monkeypatch.setattr(jobs, "plan_slot", met)
    await a_morning(desk, clock, 10)

    async with asyncio.timeout(30):
        assert await a_worker(desk).plan_due() == 10


async def test_a_store_that_fails_while_a_slot_is_planned_is_told_and_the_slot_comes_again(
    desk: Desk, outlet: KeepingOutlet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_slot = jobs.plan_slot

    async def shaky(desk: Desk, address: Address, due: datetime) -> Planned:
        if address.channel == "channel-3":
            raise StoreAway("gone")
        return await plan_slot(desk, address, due)

    addresses = await a_morning(desk, clock, 30)
    machine = a_worker(desk)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "plan_slot", shaky)
        with pytest.raises(StoreAway):
            await machine.plan_due()
    await machine.deliver_due()
    assert len(outlet.posts) == 29, "no other was abandoned"

    clock.advance(PLANNING)
    assert await machine.plan_due() == 1
    await machine.deliver_due()
    assert sorted(str(where) for where, _, _ in outlet.posts) == sorted(map(str, addresses))


async def test_the_log_says_what_waits_and_once_that_nothing_does_any_more(desk: Desk, clock: Clock) -> None:
    machine = a_worker(desk)
    await machine.tell_backlog()
    await a_due_digest(desk, clock)
    clock.advance(timedelta(seconds=90))

    with capture_logs() as logs:
        await machine.tell_backlog()
        await machine.plan_due()
        await machine.tell_backlog()
        await machine.deliver_due()
        await machine.tell_backlog()
        await machine.tell_backlog()

    fields = ("platform", "waiting", "oldest_pending_seconds", "overdue_slots", "dead")
    assert [tuple(log[field] for field in fields) for log in logs if log["event"] == "backlog"] == [
        ("terminal", 0, 0, 1, 0),
        ("terminal", 1, 90, 0, 0),
        ("terminal", 0, 0, 0, 0),
    ]


async def test_a_reading_that_is_broken_off_by_a_stop_is_given_back(desk: Desk) -> None:
    feed = Feed("slow")
    began = asyncio.Event()

    async def never(mark: bytes, now: datetime) -> Harvest:
        began.set()
        await asyncio.Event().wait()
        raise AssertionError

    feed.fetch = never  # type: ignore[method-assign]  # a source that hangs
    slow = dataclasses.replace(desk, sources=(feed,))
    worker = a_worker(slow)
    worker.start()
    await began.wait()
    await worker.stop()
    assert await desk.store.fetches.claim("slow", lease=timedelta(minutes=1)), "the next start need not wait for the lease"


async def test_after_an_outage_the_first_digest_holds_what_the_sources_have_by_then(
    desk: Desk, outlet: KeepingOutlet, clock: Clock
) -> None:
    await subscribed(desk, HERE, "curriculum")
    await due_now(desk, clock)  # and nothing was read so far
    worker = a_worker(desk)
    worker.start()
    async with asyncio.timeout(30):
        while not outlet.posts:  # nobody tells when it posts
            await asyncio.sleep(0.01)
    await worker.stop()

    assert "Curriculum" in words(outlet.posts[0][1])


def test_a_source_that_takes_long_is_not_waited_for_forever() -> None:
    now = 100.0
    first = FirstReading(["slow", "quick"], clock=lambda: now)
    assert (first.ended("quick"), first.is_over()) == (False, False)
    now += GATHERING.total_seconds()
    assert first.is_over()


def test_slots_are_planned_at_once_when_the_last_source_was_read() -> None:
    first = FirstReading(["one", "other"], clock=lambda: 0.0)
    assert [first.ended(name) for name in ("one", "one", "other", "other")] == [False, False, True, False]
    assert first.is_over()
    assert FirstReading([], clock=lambda: 0.0).is_over()


async def test_a_started_worker_reads_its_sources_and_posts_until_it_is_stopped(desk: Desk, outlet: KeepingOutlet, clock: Clock) -> None:
    await subscribed(desk, HERE, "curriculum")
    worker = a_worker(desk)
    worker.start()
    async with asyncio.timeout(30):
        while len(await desk.store.papers.inbox(HERE)) < 3:  # the store tells nobody when it changed
            await asyncio.sleep(0.01)
    await worker.stop()
    assert await worker.plan_due() == 0, "nothing is claimed any more"
