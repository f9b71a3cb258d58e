"""Workers of release 0.1 and of this one on one store, as in a rolling deploy: nothing is lost, nothing is posted twice.

Old workers do not see what new ones have planned or taken over: it stands in lanes that they do not know. So the last of them may idle,
and after going back to release 0.1 what stands in the lanes waits for this one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channel import Address
from bot.message import Message, Text
from bot.ports import Backlog, Delivery, Later, Lease, Planned, Saved, Sent, Settled, State
from tests.clock import Clock
from tests.upgrade.contents import LEASE
from tests.upgrade.previous import OUTBOX, PreviousRelease

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.store.connection import Connection
    from bot.store.deliveries import StoredDeliveries
    from bot.store.store import RedisStore
    from tests.upgrade.previous import OldLease

ADDRESS = Address("slack", "T1", "C1")
REQUEST = timedelta(seconds=20)


@pytest.fixture
def old(connection: Connection, clock: Clock) -> PreviousRelease:
    return PreviousRelease(connection, clock)


@pytest.fixture
def new(store: RedisStore) -> StoredDeliveries:
    return store.deliveries


def delivery(id: str = "1", *, parts: int = 1, address: Address = ADDRESS) -> Delivery:
    said = tuple(Message((Text(f"{id}, part {part}"),)) for part in range(parts))
    return Delivery(id=id, address=address, due=Clock().now, parts=said, papers=())


async def claimed(new: StoredDeliveries, platform: str = "slack") -> list[str]:
    return [lease.delivery.id for lease in await new.claim(platform, limit=100, lease=LEASE)]


async def taken(new: StoredDeliveries) -> Lease:
    (lease,) = await new.claim("slack", limit=10, lease=LEASE)
    return lease


# ---------------------------------------------------------------- from old to new


async def test_what_the_old_planned_the_new_delivers(old: PreviousRelease, new: StoredDeliveries, connection: Connection) -> None:
    assert await old.plan(delivery(parts=2))

    for part in range(2):
        lease = await taken(new)
        assert (lease.delivery, lease.part, lease.state) == (delivery(parts=2), part, State.PENDING)
        assert await new.begin(lease, need=REQUEST)
        assert await new.settle(lease, Sent(f"m{part}")) is Settled.SETTLED

    assert await claimed(new) == []
    assert await old.claim() == []
    assert await connection.read("ZCARD", OUTBOX) == 0


async def test_a_slot_is_planned_by_one_of_them(old: PreviousRelease, store: RedisStore, clock: Clock) -> None:
    due, then = clock.now, clock.now + timedelta(days=1)
    assert await store.channels.save(await store.channels.load(ADDRESS), due=due) is Saved.SAVED
    assert await store.channels.due(["slack"], limit=9, lease=timedelta(seconds=30)) == [(ADDRESS, due)]

    outcomes = await asyncio.gather(
        *(old.plan(delivery(), due=due, then=then) for _ in range(3)),
        *(store.deliveries.plan(ADDRESS, due=due, then=then, delivery=delivery()) for _ in range(3)),
        *(old.plan(delivery(), due=due, then=then) for _ in range(3)),
    )

    assert sum(one is True or one is Planned.PLANNED for one in outcomes) == 1
    assert await store.channels.next_due(ADDRESS) == then
    assert len([*await old.claim(), *await claimed(store.deliveries)]) == 1


async def test_what_an_old_worker_holds_no_new_one_gets_until_it_died(old: PreviousRelease, new: StoredDeliveries, clock: Clock) -> None:
    await old.plan(delivery())
    assert len(await old.claim()) == 1

    assert await claimed(new) == []
    clock.advance(LEASE)

    lease = await taken(new)
    assert (lease.state, lease.fence) == (State.PENDING, 2)
    assert await old.claim() == []


async def test_what_an_old_worker_began_and_left_is_in_doubt(old: PreviousRelease, new: StoredDeliveries, clock: Clock) -> None:
    await old.plan(delivery())
    (lease,) = await old.claim()
    assert await old.begin(lease)
    began = clock.now
    clock.advance(LEASE)

    found = await taken(new)

    assert (found.state, found.first_attempt, found.attempt) == (State.UNKNOWN, began, 1)
    assert found.key == lease.key


async def test_what_an_old_worker_gives_back_a_new_one_gets_at_once(old: PreviousRelease, new: StoredDeliveries) -> None:
    await old.plan(delivery())
    (lease,) = await old.claim()
    assert await old.release(lease)

    assert await claimed(new) == ["1"]
    assert not await old.begin(lease)
    assert not await old.release(lease)


async def test_what_an_old_worker_put_off_comes_in_its_time(old: PreviousRelease, new: StoredDeliveries, clock: Clock) -> None:
    await old.plan(delivery())
    (lease,) = await old.claim()
    assert await old.begin(lease)
    assert await old.settle(lease, Later(clock.now + timedelta(minutes=5), "no connection"))

    clock.advance(timedelta(minutes=5) - timedelta(milliseconds=1))
    assert await claimed(new) == []
    clock.advance(timedelta(milliseconds=1))
    found = await taken(new)
    assert (found.state, found.failures, found.reason) == (State.PENDING, 1, "no connection")


async def test_the_queue_of_the_old_is_shared_fairly(old: PreviousRelease, new: StoredDeliveries) -> None:
    for number in range(10):
        await old.plan(delivery(f"A{number}"))
    await old.plan(delivery("B", address=Address("slack", "T2", "C1")))

    first = await new.claim("slack", limit=20, lease=LEASE, apiece=2)

    assert {lease.delivery.id for lease in first} == {"A0", "A1", "B"}


async def test_a_platform_that_nobody_reaches_holds_up_no_other(old: PreviousRelease, new: StoredDeliveries) -> None:
    for number in range(10):
        await old.plan(delivery(f"D{number}", address=Address("discord", "G1", "7")))
    await old.plan(delivery("S"))

    found = [await new.claim("slack", limit=2, lease=LEASE) for _ in range(6)]

    assert [lease.delivery.id for some in found for lease in some] == ["S"]
    assert sorted(await claimed(new, "discord")) == [f"D{number}" for number in range(10)]


# ---------------------------------------------------------------- late news from the old


async def test_late_news_that_it_was_sent_ends_the_new_lease(old: PreviousRelease, new: StoredDeliveries, clock: Clock) -> None:
    await old.plan(delivery())
    (lease,) = await old.claim()
    assert await old.begin(lease)
    clock.advance(LEASE)
    found = await taken(new)

    assert await old.settle(lease, Sent("m1"))

    assert not await new.begin(found, need=REQUEST)
    assert await new.settle(found, Later(clock.now, "no connection")) is Settled.LOST
    clock.advance(LEASE)
    assert await claimed(new) == []
    assert await new.backlog("slack") == Backlog(waiting=0, oldest=None)


async def test_late_news_of_a_part_that_the_new_found_too_change_nothing(
    old: PreviousRelease, new: StoredDeliveries, clock: Clock, connection: Connection
) -> None:
    await old.plan(delivery(parts=2))
    (lease,) = await old.claim()
    assert await old.begin(lease)
    clock.advance(LEASE)
    found = await taken(new)
    assert await new.settle(found, Sent("m1")) is Settled.SETTLED

    assert await old.settle(lease, Sent("m1"))

    second = await taken(new)
    assert second.part == 1
    assert await new.begin(second, need=REQUEST)
    assert await new.settle(second, Sent("m2")) is Settled.SETTLED
    clock.advance(LEASE)
    assert await claimed(new) == []
    assert await connection.read("ZCARD", OUTBOX) == 0


async def test_late_news_that_a_part_was_sent_bring_the_next_part_once(
    old: PreviousRelease, new: StoredDeliveries, clock: Clock, connection: Connection
) -> None:
    await old.plan(delivery(parts=2))
    (lease,) = await old.claim()
    assert await old.begin(lease)
    clock.advance(LEASE)
    found = await taken(new)

    assert await old.settle(lease, Sent("m1"))
    assert not await new.begin(found, need=REQUEST)

    second = await taken(new)
    assert (second.part, second.state) == (1, State.PENDING)
    assert await claimed(new) == []
    assert await old.claim() == []
    assert await new.begin(second, need=REQUEST)
    assert await new.settle(second, Sent("m2")) is Settled.SETTLED
    clock.advance(LEASE)
    assert await claimed(new) == []
    assert await old.claim() == []


async def test_late_news_that_it_failed_do_not_count(old: PreviousRelease, new: StoredDeliveries, clock: Clock) -> None:
    await old.plan(delivery())
    (lease,) = await old.claim()
    assert await old.begin(lease)
    clock.advance(LEASE)
    found = await taken(new)

    assert not await old.settle(lease, Later(clock.now, "no connection"))

    assert await claimed(new) == []
    assert await old.claim() == []
    assert await new.begin(found, need=REQUEST)
    assert await new.settle(found, Sent("m1")) is Settled.SETTLED


async def test_a_channel_that_an_old_worker_forgets_leaves_nothing_in_the_lanes(old: PreviousRelease, new: StoredDeliveries) -> None:
    await new.post_now(delivery())

    await old.forget(ADDRESS)

    assert await claimed(new) == []
    assert await new.backlog("slack") == Backlog(waiting=0, oldest=None)


async def test_a_channel_that_an_old_worker_moved_is_delivered_once_and_in_its_time(
    old: PreviousRelease, new: StoredDeliveries, clock: Clock
) -> None:
    elsewhere = Address("slack", "E1", "C1")
    await new.post_now(delivery())
    assert await old.move(ADDRESS, elsewhere)
    first = await taken(new)
    assert first.delivery.address == elsewhere
    assert await new.begin(first, need=REQUEST)
    again = clock.now + timedelta(hours=1)
    assert await new.settle(first, Later(again, "no connection")) is Settled.SETTLED

    clock.advance(LEASE)
    assert await claimed(new) == []
    clock.now = again
    second = await taken(new)
    assert await new.begin(second, need=REQUEST)
    assert await new.settle(second, Sent("m1")) is Settled.SETTLED
    clock.advance(LEASE)
    assert await claimed(new) == []
    assert await new.backlog("slack") == Backlog(waiting=0, oldest=None)


# ---------------------------------------------------------------- all at once


class Crew:
    """Two old and two new workers that do one step at a time, die, and tell late."""

    def __init__(self, old: PreviousRelease, new: StoredDeliveries, clock: Clock) -> None:
        self.old, self.new, self.clock = old, new, clock
        self.posts: Counter[tuple[str, int]] = Counter()
        """The platforms' own record: (delivery, part) -> how often it was posted."""
        self.hands: list[list[tuple[OldLease | Lease, datetime | None, bool]]] = [[], [], [], []]
        """For each worker, old ones first: leases with when a request was begun under them, and whether it was posted."""
        self.planned: list[Delivery] = []

    async def plan(self, by_old: int, workspace: int, parts: int) -> None:
        address = Address(("slack", "discord")[workspace % 2], f"W{workspace}", "C")
        one = delivery(str(len(self.planned)), parts=parts, address=address)
        self.planned.append(one)
        assert await self.old.plan(one) if by_old else await self.new.post_now(one) is Planned.PLANNED

    async def claim(self, worker: int, limit: int) -> None:
        leases: Sequence[OldLease | Lease]
        if worker < 2:
            leases = await self.old.claim(limit=limit)
        else:
            leases = [lease for one in ("slack", "discord") for lease in await self.new.claim(one, limit=limit, lease=LEASE, apiece=1)]
        self.hands[worker] += [(lease, None, False) for lease in leases]

    async def step(self, worker: int) -> None:
        """Ask, begin, post or settle, whatever is next for the oldest lease in hand."""
        if not self.hands[worker]:
            return
        lease, began, posted = self.hands[worker].pop(0)
        if posted:
            await self._sent(lease)
        elif began is not None:
            # A request that is not over in time is given up, and whether it was heard is left open: here it was not.
            if self.clock.now < began + REQUEST:
                self.posts[lease.delivery.id, lease.part] += 1
                self.hands[worker].append((lease, began, True))
        elif lease.state == State.UNKNOWN and self.posts[lease.delivery.id, lease.part]:
            await self._sent(lease)
        elif lease.state == State.UNKNOWN and lease.last_attempt and self.clock.now < lease.last_attempt + 2 * REQUEST:
            pass  # too early to ask: the lease runs out
        elif await self._begun(lease):
            self.hands[worker].append((lease, self.clock.now, False))

    async def _begun(self, lease: OldLease | Lease) -> bool:
        return await (self.new.begin(lease, need=REQUEST) if isinstance(lease, Lease) else self.old.begin(lease))

    async def _sent(self, lease: OldLease | Lease) -> None:
        told = Sent(lease.key[:8])
        await (self.new.settle(lease, told) if isinstance(lease, Lease) else self.old.settle(lease, told))

    async def die(self, worker: int) -> None:
        self.hands[worker].clear()

    async def wait(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    async def finish(self) -> None:
        """The old ones are gone; the new ones work until there is nothing left."""
        self.hands = [[], [], [], []]
        for _ in range(20):
            self.clock.advance(LEASE)
            await self.claim(2, 100)
            while self.hands[2]:
                await self.step(2)


_WORKER = st.integers(0, 3)
ACTIONS = st.one_of(
    st.tuples(st.just("plan"), st.integers(0, 1), st.integers(0, 3), st.integers(1, 3)),
    st.tuples(st.just("claim"), _WORKER, st.integers(1, 3)),
    st.tuples(st.just("step"), _WORKER),
    st.tuples(st.just("die"), _WORKER),
    st.tuples(st.just("wait"), st.integers(1, 70)),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])  # each example begins with an empty database
@given(actions=st.lists(ACTIONS, min_size=10, max_size=60))
async def test_whatever_they_do_in_whatever_order_each_part_is_posted_once(
    store: RedisStore, old: PreviousRelease, clock: Clock, actions: list[tuple[str, int]]
) -> None:
    await store.connection.call("FLUSHDB")
    crew = Crew(old, store.deliveries, clock)
    for action, *numbers in actions:
        await getattr(crew, action)(*numbers)

    await crew.finish()

    assert crew.posts == {(one.id, part): 1 for one in crew.planned for part in range(len(one.parts))}
    for platform in ("slack", "discord"):
        assert await store.deliveries.backlog(platform) == Backlog(waiting=0, oldest=None)
    assert await store.connection.read("ZCARD", OUTBOX) == 0
