"""The outbox is a lane for each workspace: they take turns, and every delivery on its way stands in exactly one."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channel import Address
from bot.ports import Backlog, Dead, Doubtful, Later, Planned, Sent, Settled
from bot.store import keys
from tests.inboxes import filed
from tests.store.outbox import (
    ADDRESS,
    DUE,
    LEASE,
    NEED,
    OTHER,
    PLATFORMS,
    SLOT,
    begun,
    claimed,
    claims,
    delivery,
    idle,
    planned,
    post_now,
    settled,
    waiting,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.ports import Lease, Outcome
    from bot.store.store import RedisStore
    from tests.clock import Clock

BIG, SMALL = Address("slack", "T1", "C1"), Address("slack", "T2", "C1")
MOMENT = timedelta(milliseconds=1)


async def posted(store: RedisStore, names: Sequence[str], *, to: Address) -> None:
    """Deliveries of these names, in this order."""
    for name in names:
        await post_now(store, delivery(name, address=to))


async def ten_and_one(store: RedisStore) -> None:
    await posted(store, [f"big{number}" for number in range(10)], to=BIG)
    await posted(store, ["small"], to=SMALL)


def ids(leases: Sequence[Lease]) -> list[str]:
    return [lease.delivery.id for lease in leases]


# ---------------------------------------------------------------- turns


async def test_workspaces_take_turns(store: RedisStore, clock: Clock) -> None:
    await ten_and_one(store)

    turns = []
    for _ in range(3):
        clock.advance(MOMENT)
        turns += ids(await store.deliveries.claim("slack", limit=1, lease=LEASE))

    assert turns == ["big0", "small", "big1"]


async def test_within_one_claim_everybody_gets_something_before_anybody_gets_more(store: RedisStore) -> None:
    await ten_and_one(store)

    leases = await store.deliveries.claim("slack", limit=4, lease=LEASE, apiece=2)

    assert sorted(ids(leases)) == ["big0", "big1", "small"]


async def test_whoever_was_served_stands_at_the_end_of_the_line(store: RedisStore, clock: Clock) -> None:
    workspaces = [Address("slack", f"T{number}", "C") for number in range(5)]
    for round_ in range(3):
        for address in workspaces:
            await posted(store, [f"{address.workspace}-{round_}"], to=address)

    served = []
    for _ in range(15):
        clock.advance(MOMENT)
        (lease,) = await store.deliveries.claim("slack", limit=1, lease=LEASE)
        served.append(lease.delivery.address.workspace)

    assert all(Counter(served[start : start + 5]) == Counter(one.workspace for one in workspaces) for start in range(0, 15, 5))


async def test_no_workspace_gets_more_than_its_share_of_one_claim(store: RedisStore) -> None:
    await ten_and_one(store)

    assert len(await store.deliveries.claim("slack", limit=9, lease=LEASE, apiece=3)) == 4
    assert len(await store.deliveries.claim("slack", limit=9, lease=LEASE)) == 7


async def test_workspaces_that_are_left_out_wait_without_losing_anything(store: RedisStore, clock: Clock) -> None:
    await ten_and_one(store)

    assert ids(await store.deliveries.claim("slack", limit=9, lease=LEASE, without={"T1"})) == ["small"]
    assert ids(await store.deliveries.claim("slack", limit=9, lease=LEASE, without=["T1", "T2"])) == []
    assert len(await store.deliveries.claim("slack", limit=99, lease=LEASE, without=["T3"])) == 10


async def test_workspaces_that_are_left_out_do_not_hide_those_behind_them(store: RedisStore) -> None:
    for number in range(30):
        await posted(store, [f"{number}"], to=Address("slack", f"T{number:02}", "C"))

    leases = await store.deliveries.claim("slack", limit=1, lease=LEASE, without=[f"T{number:02}" for number in range(29)])

    assert ids(leases) == ["29"]


async def test_a_lane_whose_next_step_is_in_the_future_is_passed_by(store: RedisStore, clock: Clock) -> None:
    await posted(store, ["big"], to=BIG)
    await settled(store, Later(clock.now + timedelta(minutes=5), "no connection"))
    await posted(store, ["small"], to=SMALL)

    assert ids(await store.deliveries.claim("slack", limit=1, lease=LEASE)) == ["small"]
    assert await idle(store)
    clock.advance(timedelta(minutes=5))
    assert sorted(ids(await claims(store))) == ["big", "small"]


async def test_something_new_does_not_wait_for_what_its_workspace_put_off(store: RedisStore, clock: Clock) -> None:
    await posted(store, ["1"], to=BIG)
    await settled(store, Later(clock.now + timedelta(hours=1), "no connection"))
    await posted(store, ["2"], to=BIG)

    assert ids(await claims(store)) == ["2"]


async def test_something_new_does_not_lose_the_workspace_its_place(store: RedisStore, clock: Clock) -> None:
    await posted(store, ["1"], to=SMALL)
    clock.advance(MOMENT)
    await posted(store, ["2"], to=BIG)
    clock.advance(MOMENT)
    await posted(store, ["3"], to=SMALL)

    assert ids(await store.deliveries.claim("slack", limit=1, lease=LEASE)) == ["1"]


async def test_platforms_have_nothing_to_do_with_each_other(store: RedisStore) -> None:
    await posted(store, ["slack"], to=ADDRESS)
    await posted(store, ["discord"], to=OTHER)

    assert ids(await store.deliveries.claim("terminal", limit=9, lease=LEASE)) == []
    assert ids(await store.deliveries.claim("discord", limit=9, lease=LEASE)) == ["discord"]
    assert ids(await store.deliveries.claim("slack", limit=9, lease=LEASE)) == ["slack"]


async def test_many_workers_share_the_lanes_and_get_nothing_twice(store: RedisStore) -> None:
    for number in range(60):
        await posted(store, [str(number)], to=Address("slack", f"T{number % 7}", "C"))

    found = await asyncio.gather(*(store.deliveries.claim("slack", limit=7, lease=LEASE, apiece=2) for _ in range(20)))

    got = [id for some in found for id in ids(some)]
    assert len(got) == len(set(got)) == 60


# ---------------------------------------------------------------- what comes and goes


async def test_a_lane_goes_with_its_last_delivery(store: RedisStore) -> None:
    await planned(store)
    await settled(store, Sent("m1"))

    assert [key for key in await store.connection.read("KEYS", "*") if b"lane" in key or b"waiting" in key] == []


async def test_a_channel_that_moves_takes_its_deliveries_to_the_other_lane(store: RedisStore, clock: Clock) -> None:
    await ten_and_one(store)
    moved = Address("slack", "E1", "C1")

    assert await store.channels.move(BIG, moved)

    leases = await store.deliveries.claim("slack", limit=99, lease=LEASE, without={"E1"})
    assert ids(leases) == ["small"]
    leases = await store.deliveries.claim("slack", limit=99, lease=LEASE)
    assert {lease.delivery.address for lease in leases} == {moved}
    assert len(leases) == 10
    assert await waiting(store) == 11


async def test_a_lease_is_still_held_after_the_channel_moved(store: RedisStore, clock: Clock) -> None:
    await posted(store, ["1"], to=BIG)
    lease = await begun(store)
    assert await store.channels.move(BIG, SMALL)

    assert await idle(store)
    assert await store.deliveries.settle(lease, Later(clock.now + timedelta(hours=1), "no connection")) is Settled.SETTLED

    clock.advance(LEASE)
    assert await idle(store)
    clock.advance(timedelta(hours=1))
    assert (await claimed(store)).delivery.address == SMALL
    assert await waiting(store) == 1


async def test_a_forgotten_channel_leaves_its_lane_to_the_others(store: RedisStore) -> None:
    await ten_and_one(store)
    neighbour = Address("slack", "T1", "C2")
    await posted(store, ["neighbour"], to=neighbour)

    await store.channels.forget(BIG)

    assert await waiting(store) == 2
    assert sorted(ids(await claims(store))) == ["neighbour", "small"]


# ---------------------------------------------------------------- how much waits


async def test_the_backlog_of_nothing(store: RedisStore) -> None:
    assert await store.deliveries.backlog("slack") == Backlog(waiting=0, oldest=None)
    assert await store.deliveries.died() == 0


async def test_the_backlog_counts_what_is_on_its_way_and_tells_the_oldest_slot(store: RedisStore, clock: Clock) -> None:
    clock.now = DUE + timedelta(minutes=7)
    await planned(store)
    clock.advance(timedelta(minutes=1))
    await posted(store, ["1", "2"], to=SMALL)
    await posted(store, ["elsewhere"], to=OTHER)

    assert await store.deliveries.backlog("slack") == Backlog(waiting=3, oldest=DUE)
    assert await store.deliveries.backlog("discord") == Backlog(waiting=1, oldest=clock.now)


async def test_what_is_leased_begun_in_doubt_or_put_off_still_waits(store: RedisStore, clock: Clock) -> None:
    await planned(store, parts=2)
    outcomes: list[Outcome] = [Later(DUE, "x"), Doubtful(DUE, "x"), Sent("m0"), Later(DUE + timedelta(hours=1), "x")]
    for outcome in outcomes:
        await settled(store, outcome)
        assert await store.deliveries.backlog("slack") == Backlog(waiting=1, oldest=DUE)
        clock.advance(timedelta(seconds=1))
    clock.advance(timedelta(hours=1))
    await begun(store)
    assert await store.deliveries.backlog("slack") == Backlog(waiting=1, oldest=DUE)


@pytest.mark.parametrize("outcome", [Sent("m"), Dead("x"), Dead("x", merge=True), Dead("x", doubtful=True)])
async def test_what_is_settled_waits_no_more(store: RedisStore, outcome: Outcome) -> None:
    await planned(store)
    await settled(store, outcome)

    assert await store.deliveries.backlog("slack") == Backlog(waiting=0, oldest=None)
    assert await store.deliveries.died() == isinstance(outcome, Dead)


async def test_what_is_replayed_waits_again_and_what_is_taken_back_does_not(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await settled(store, Dead("x"))
    again = clock.advance(timedelta(days=1))
    assert await store.deliveries.replay(SLOT)
    assert await store.deliveries.backlog("slack") == Backlog(waiting=1, oldest=again)
    assert await store.deliveries.died() == 0

    await store.deliveries.recall(ADDRESS)
    assert await store.deliveries.backlog("slack") == Backlog(waiting=0, oldest=None)


async def test_what_cannot_be_read_does_not_wait_for_ever(store: RedisStore) -> None:
    await planned(store)
    await store.connection.call("HSET", keys.delivery(SLOT), "record", b"\x01rubbish")

    assert await idle(store)
    assert await waiting(store) == 0


# ---------------------------------------------------------------- in any order

PLACES = [Address("slack", "T1", "C1"), Address("slack", "T1", "C2"), Address("slack", "T2", "C1"), Address("discord", "G1", "7:8")]
_PLACE = st.sampled_from(PLACES)
_SOME = st.integers(0, 7)
ACTIONS = st.one_of(
    st.tuples(st.just("plan"), _PLACE, st.integers(1, 3)),
    st.tuples(st.just("claim"), st.sampled_from(["slack", "discord"]), st.integers(1, 4), st.none() | st.integers(1, 2), st.booleans()),
    st.tuples(st.just("begin"), _SOME),
    st.tuples(st.just("settle"), _SOME, st.sampled_from(["sent", "later", "at once", "doubtful", "dead", "merge", "dead in doubt"])),
    st.tuples(st.just("release"), _SOME),
    st.tuples(st.just("replay"), _SOME),
    st.tuples(st.just("recall"), _PLACE),
    st.tuples(st.just("forget"), _PLACE),
    st.tuples(st.just("move"), _PLACE, _PLACE),
    st.tuples(st.just("damage"), _SOME),
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 61, 400])),
)


def _lane(address: Address) -> str:
    return f"pb:lane:{address.platform}:{address.workspace}"


class Life:
    """Deliveries that are planned, claimed, settled, moved and lost at random."""

    def __init__(self, store: RedisStore, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.ids: list[str] = []
        self.leases: list[Lease] = []
        self.running: dict[str, datetime] = {}
        """Until when nobody else may be given a delivery."""
        self.begun: set[Lease] = set()

    async def do(self, action: str, *args: object) -> None:
        await getattr(self, action)(*args)

    async def plan(self, place: Address, parts: int) -> None:
        id = f"{len(self.ids):05}"
        self.ids.append(id)
        one = await filed(self.store, delivery(id, parts=parts, address=place))
        assert await self.store.deliveries.post_now(one) is Planned.PLANNED

    async def claim(self, platform: str, limit: int, apiece: int | None, without: bool) -> None:  # noqa: FBT001
        out = {"T1"} if without else set[str]()
        leases = await self.store.deliveries.claim(platform, limit=limit, lease=LEASE, apiece=apiece, without=out)
        each = Counter(lease.delivery.address.workspace for lease in leases)
        assert len(leases) <= limit
        assert all(count <= (apiece or limit) for count in each.values())
        assert not out & each.keys()
        for lease in leases:
            assert lease.delivery.address.platform == platform
            assert self.running.get(lease.delivery.id, self.clock.now) <= self.clock.now, "somebody holds it"
            self.running[lease.delivery.id] = lease.until
        self.leases += leases

    def _lease(self, number: int) -> Lease | None:
        return self.leases[number % len(self.leases)] if self.leases else None

    async def begin(self, number: int) -> None:
        if (lease := self._lease(number)) and await self.store.deliveries.begin(lease, need=NEED):
            self.begun.add(lease)

    async def settle(self, number: int, how: str) -> None:
        lease = self._lease(number)
        if lease is None:
            return
        at = self.clock.now
        outcomes: dict[str, Outcome] = {
            "sent": Sent("m"),
            "later": Later(at + timedelta(minutes=5), "x"),
            "at once": Later(at, "x"),
            "doubtful": Doubtful(at + timedelta(seconds=40), "x"),
            "dead": Dead("x"),
            "merge": Dead("x", merge=True),
            "dead in doubt": Dead("x", doubtful=True),
        }
        if await self.store.deliveries.settle(lease, outcomes[how]) is Settled.SETTLED:
            self.running.pop(lease.delivery.id, None)

    async def release(self, number: int) -> None:
        if lease := self._lease(number):
            await self.store.deliveries.release(lease)
            if lease not in self.begun and self.running.get(lease.delivery.id) == lease.until:
                self.running.pop(lease.delivery.id)

    async def replay(self, number: int) -> None:
        if self.ids:
            await self.store.deliveries.replay(self.ids[number % len(self.ids)])

    async def recall(self, place: Address) -> None:
        await self.store.deliveries.recall(place)

    async def forget(self, place: Address) -> None:
        await self.store.channels.forget(place)

    async def move(self, old: Address, new: Address) -> None:
        if old.platform == new.platform:
            await self.store.channels.move(old, new)

    async def damage(self, number: int) -> None:
        if self.ids and await self.store.connection.read("EXISTS", keys.delivery(self.ids[number % len(self.ids)])):
            await self.store.connection.call("HSET", keys.delivery(self.ids[number % len(self.ids)]), "record", b"\x01rubbish")

    async def wait(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    async def check(self) -> None:
        """Every delivery that is not settled stands in one lane, that of its address, and in `waiting`; nothing else does."""
        found = await self.store.connection.read_all([("HMGET", keys.delivery(id), "state", "address") for id in self.ids])
        wanted = {
            (_lane(Address.parse(place.decode())), id)
            for id, (state, place) in zip(self.ids, found, strict=True)
            if state in {b"pending", b"sending", b"unknown"}
        }
        lanes = [key.decode() for key in await self.store.connection.read("KEYS", "pb:lane:*")]
        standing = {(lane, id.decode()) for lane in lanes for id in await self.store.connection.read("ZRANGE", lane, 0, -1)}
        assert standing == wanted
        for platform in PLATFORMS:
            waits = await self.store.connection.read("ZRANGE", keys.waiting(platform), 0, -1)
            assert {id.decode() for id in waits} == {id for lane, id in wanted if lane.split(":")[2] == platform}
            turns = await self.store.connection.read("ZRANGE", keys.lanes(platform), 0, -1, "WITHSCORES")
            whose = {f"pb:lane:{platform}:{name.decode()}": float(at) for name, at in zip(turns[::2], turns[1::2], strict=True)}
            assert whose.keys() == {lane for lane in lanes if lane.split(":")[2] == platform}
            for lane, at in whose.items():
                _, first = await self.store.connection.read("ZRANGE", lane, 0, 0, "WITHSCORES")
                assert at <= max(float(first), self.clock.now.timestamp() * 1000), "nobody would look at it in time"


# Each example begins with an empty database.
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, min_size=15, max_size=50))
async def test_whatever_happens_lanes_and_waiting_agree_with_the_deliveries(
    store: RedisStore, clock: Clock, actions: list[tuple[str, object]]
) -> None:
    await store.connection.call("FLUSHDB")
    life = Life(store, clock)
    for action in actions:
        await life.do(*action)
        await life.check()

    for _ in range(9):  # three parts each, some of them put off
        clock.advance(timedelta(minutes=6))
        for lease in await claims(store, limit=99):
            assert await store.deliveries.begin(lease, need=NEED)
            assert await store.deliveries.settle(lease, Sent(f"m{lease.part}")) is Settled.SETTLED
    assert await waiting(store) == 0
    assert await store.connection.read("KEYS", "pb:lane*") == []
