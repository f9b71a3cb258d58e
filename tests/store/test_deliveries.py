"""The outbox: what is planned is posted in order, at its time, and remembered."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channel import Channel
from bot.ports import Dead, Doubtful, Later, Planned, Sent, Settled, State
from bot.store import keys
from tests.inboxes import filed
from tests.store.outbox import (
    ADDRESS,
    COUNTED,
    DUE,
    LEASE,
    NEED,
    OTHER,
    PLANNING,
    PLATFORMS,
    SHOWN,
    SLOT,
    THEN,
    begun,
    claimed,
    claims,
    delivery,
    idle,
    inbox,
    planned,
    post_now,
    settled,
    subscribe,
    waiting,
)

if TYPE_CHECKING:
    from bot.paper import PaperId
    from bot.store.store import RedisStore
    from tests.clock import Clock


# ---------------------------------------------------------------- plan


async def test_a_planned_slot_leaves_the_inbox_for_the_outbox_and_the_next_one_is_on_the_agenda(store: RedisStore) -> None:
    await planned(store)

    assert await inbox(store) == set()
    assert await store.channels.next_due(ADDRESS) == THEN
    assert await store.deliveries.get(SLOT) == delivery()


async def test_of_two_workers_one_plans_the_slot(store: RedisStore) -> None:
    await subscribe(store)
    plans = [store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery()) for _ in range(8)]

    outcomes = await asyncio.gather(*plans)

    assert sorted(outcome.name for outcome in outcomes) == ["PLANNED", *["TAKEN"] * 7]
    assert len(await claims(store, limit=10)) == 1


async def test_a_slot_whose_schedule_changed_meanwhile_is_not_planned(store: RedisStore) -> None:
    await subscribe(store, due=DUE + timedelta(hours=1))

    assert await store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery()) is Planned.TAKEN
    assert await inbox(store) == {*SHOWN, *COUNTED}
    assert await store.channels.next_due(ADDRESS) == DUE + timedelta(hours=1)


async def test_a_slot_of_a_channel_that_was_paused_meanwhile_is_not_planned(store: RedisStore) -> None:
    await subscribe(store, due=None)

    assert await store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery()) is Planned.TAKEN
    assert await store.channels.next_due(ADDRESS) is None


async def test_a_slot_without_matches_only_moves_the_agenda(store: RedisStore) -> None:
    await subscribe(store)

    assert await store.deliveries.plan(ADDRESS, due=DUE, then=None, delivery=None) is Planned.PLANNED
    assert await store.channels.next_due(ADDRESS) is None
    assert await inbox(store) == {*SHOWN, *COUNTED}
    assert await idle(store)


async def test_a_slot_that_an_edit_brought_back_is_not_posted_again_and_does_not_stay_due(store: RedisStore) -> None:
    await planned(store)
    await settled(store, Sent("m1"))
    channel = await store.channels.load(ADDRESS)
    await store.channels.save(channel, due=DUE)

    assert await store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery()) is Planned.TAKEN
    assert await store.channels.next_due(ADDRESS) == THEN
    assert await idle(store)


@pytest.mark.parametrize("missing", [*SHOWN, *COUNTED])
async def test_a_slot_whose_papers_have_left_the_inbox_is_not_planned_and_stays_due(store: RedisStore, missing: PaperId) -> None:
    await subscribe(store)
    await store.deliveries.post_now(dataclasses.replace(delivery("1"), papers=(missing,)))
    before = await store.connection.read("HGETALL", keys.delivery("1"))

    for _ in range(2):
        assert await store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery()) is Planned.TAKEN

    assert await inbox(store) == {*SHOWN, *COUNTED} - {missing}
    assert await store.channels.due(PLATFORMS, limit=9, lease=PLANNING) == [(ADDRESS, DUE)]
    assert await store.deliveries.get(SLOT) is None
    assert await store.connection.read("HGETALL", keys.delivery("1")) == before
    assert [lease.delivery.id for lease in await claims(store, limit=9)] == ["1"]


@pytest.mark.parametrize("missing", [*SHOWN, *COUNTED])
async def test_a_digest_on_demand_whose_papers_have_left_the_inbox_is_not_planned(store: RedisStore, missing: PaperId) -> None:
    await subscribe(store)
    slot = dataclasses.replace(delivery(), papers=(missing,), remainder=())
    assert await store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=slot) is Planned.PLANNED

    assert await store.deliveries.post_now(dataclasses.replace(delivery("1"), papers=SHOWN, remainder=COUNTED)) is Planned.TAKEN

    assert await inbox(store) == {*SHOWN, *COUNTED} - {missing}
    assert await store.deliveries.get("1") is None
    assert (await claimed(store)).delivery == slot


async def test_papers_that_were_never_filed_are_not_planned(store: RedisStore) -> None:
    assert await store.deliveries.post_now(delivery("1", address=OTHER)) is Planned.TAKEN
    assert await idle(store)


async def test_of_a_slot_and_digests_on_demand_at_the_same_moment_one_gets_the_papers(store: RedisStore) -> None:
    await subscribe(store)
    demands = [dataclasses.replace(delivery(str(n)), papers=SHOWN, remainder=COUNTED) for n in range(4)]

    outcomes = await asyncio.gather(
        *(store.deliveries.post_now(demand) for demand in demands[:2]),
        store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery()),
        *(store.deliveries.post_now(demand) for demand in demands[2:]),
    )

    assert sorted(outcome.name for outcome in outcomes) == ["PLANNED", *["TAKEN"] * 4]
    assert len(await claims(store, limit=9)) == 1


async def test_planning_again_after_a_lost_reply_changes_nothing(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await post_now(store, delivery("1"))
    await filed(store, delivery("2"))
    leases = await claims(store, limit=9)
    clock.advance(timedelta(seconds=1))

    assert await store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery()) is Planned.TAKEN
    assert await store.deliveries.post_now(delivery("1")) is Planned.TAKEN

    assert await inbox(store) == set(delivery("2").papers)
    assert await store.channels.next_due(ADDRESS) == THEN
    assert await idle(store)
    assert [await store.deliveries.begin(lease, need=NEED) for lease in leases] == [True, True]


async def test_a_delivery_that_no_schedule_asked_for_leaves_the_agenda_alone(store: RedisStore) -> None:
    await subscribe(store)

    assert await store.deliveries.post_now(delivery()) is Planned.PLANNED
    assert await store.deliveries.post_now(delivery()) is Planned.TAKEN
    assert await store.channels.next_due(ADDRESS) == DUE
    assert await inbox(store) == set()
    assert (await claimed(store)).delivery == delivery()


# ---------------------------------------------------------------- claim, begin, settle


async def test_a_delivery_is_posted_and_its_papers_become_history(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    now = clock.advance(timedelta(minutes=1))

    lease = await begun(store)
    assert (lease.part, lease.state, lease.attempt, lease.first_attempt) == (0, State.PENDING, 0, None)
    assert lease.until == now + LEASE
    assert await store.deliveries.settle(lease, Sent("m1")) is Settled.SETTLED

    assert (await store.papers.history(ADDRESS, SHOWN[0])).posted == now
    assert (await store.papers.history(ADDRESS, SHOWN[0])).capped is None
    assert (await store.papers.history(ADDRESS, COUNTED[0])).capped == now
    assert (await store.papers.history(ADDRESS, COUNTED[0])).posted is None
    # What was said stands in the channel, and is not kept for a month.
    assert await store.deliveries.get(SLOT) == dataclasses.replace(delivery(), parts=())
    clock.advance(timedelta(hours=1))
    assert await idle(store)


async def test_what_somebody_has_claimed_nobody_else_gets(store: RedisStore) -> None:
    await planned(store)

    leases = await asyncio.gather(*(claims(store, limit=10) for _ in range(8)))

    assert sum(len(some) for some in leases) == 1


async def test_the_longest_waiting_are_claimed_first(store: RedisStore, clock: Clock) -> None:
    for number in range(5):
        await post_now(store, delivery(str(number)))
        clock.advance(timedelta(seconds=1))

    first = await claims(store, limit=2)
    rest = await claims(store, limit=9)

    assert [lease.delivery.id for lease in [*first, *rest]] == ["0", "1", "2", "3", "4"]


async def test_parts_are_posted_in_order_and_only_the_last_makes_history(store: RedisStore) -> None:
    await planned(store, parts=3)

    for part in range(3):
        assert (await store.papers.history(ADDRESS, SHOWN[0])).posted is None
        lease = await settled(store, Sent(f"m{part}"))
        assert (lease.part, lease.attempt, lease.first_attempt, lease.failures) == (part, 0, None, 0)
    assert (await store.papers.history(ADDRESS, SHOWN[0])).posted is not None
    assert await idle(store)


async def test_each_part_has_its_own_key(store: RedisStore) -> None:
    await planned(store, parts=2)

    used = [(await settled(store, Sent(f"m{part}"))).key for part in range(2)]

    assert len(set(used)) == 2


@pytest.mark.parametrize("under", [["", "m0", "m0"], ["", "", ""]], ids=["threaded", "plain"])
async def test_in_a_thread_every_part_after_the_first_replies_to_it(store: RedisStore, clock: Clock, under: list[str]) -> None:
    threaded = any(under)
    await post_now(store, dataclasses.replace(delivery(parts=3), threaded=threaded))

    leases = [await settled(store, Sent(f"m{part}")) for part in range(2)]
    await settled(store, Later(clock.now, "no connection"))
    leases.append(await begun(store))

    assert [lease.under for lease in leases] == under
    assert {lease.delivery.threaded for lease in leases} == {threaded}
    await store.deliveries.settle(leases[-1], Dead("x"))
    assert [lease.under for lease in await store.deliveries.dead()] == under[-1:]


async def test_a_part_put_off_comes_back_at_its_time_with_its_failure_counted(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    started = clock.now
    await settled(store, Later(started + timedelta(minutes=5), "no connection"))

    clock.advance(timedelta(minutes=5) - timedelta(milliseconds=1))
    assert await idle(store)
    clock.advance(timedelta(milliseconds=1))
    lease = await begun(store)

    assert (lease.state, lease.attempt, lease.failures, lease.reason) == (State.PENDING, 1, 1, "no connection")
    assert (lease.first_attempt, lease.last_attempt, lease.failing_since) == (started, started, started)


async def test_a_rate_limit_is_no_failure(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await settled(store, Later(clock.now, "slow down", counts=False))

    lease = await claimed(store)

    assert (lease.attempt, lease.failures, lease.failing_since) == (1, 0, None)


async def test_a_doubtful_part_comes_back_as_unknown(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await settled(store, Doubtful(clock.now + timedelta(seconds=40), "not answered"))
    clock.advance(timedelta(seconds=40))

    lease = await claimed(store)

    assert (lease.state, lease.failures, lease.first_attempt) == (State.UNKNOWN, 1, DUE)


async def test_whoever_asks_in_vain_leaves_it_unknown(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await settled(store, Doubtful(clock.now, "not answered"))
    lease = await claimed(store)

    assert await store.deliveries.settle(lease, Doubtful(clock.now, "too early", counts=False)) is Settled.SETTLED

    lease = await claimed(store)
    assert (lease.state, lease.failures, lease.attempt) == (State.UNKNOWN, 1, 1)


async def test_failures_of_a_channel_are_timed_over_all_its_deliveries_until_one_succeeds(store: RedisStore, clock: Clock) -> None:
    started = clock.now
    await post_now(store, delivery("1"))
    await settled(store, Later(started, "down"))
    clock.advance(timedelta(days=1))
    await settled(store, Doubtful(clock.now, "down"))
    await settled(store, Dead("down", merge=True))
    await post_now(store, delivery("2"))
    await post_now(store, delivery("3", address=OTHER))

    leases = {lease.delivery.id: lease for lease in await claims(store, limit=9)}
    assert leases["2"].failing_since == started
    assert leases["3"].failing_since is None
    await store.deliveries.settle(leases["2"], Sent("m"))

    await post_now(store, delivery("4"))
    assert (await claimed(store)).failing_since is None


async def test_the_clock_of_failures_starts_anew_after_a_pause(store: RedisStore, clock: Clock) -> None:
    await post_now(store, delivery("1"))
    await settled(store, Later(clock.now, "down"))
    await settled(store, Dead("down", pauses=True))
    await post_now(store, delivery("2"))

    assert (await claimed(store)).failing_since is None


# ---------------------------------------------------------------- the dead, the log, what goes


async def test_the_dead_are_shown_newest_first_with_their_reason(store: RedisStore, clock: Clock) -> None:
    for number in range(3):
        await post_now(store, delivery(str(number)))
        await settled(store, Dead(f"reason {number}"))
        clock.advance(timedelta(seconds=1))

    dead = await store.deliveries.dead(limit=2)

    assert [(lease.delivery.id, lease.reason, lease.state) for lease in dead] == [
        ("2", "reason 2", State.DEAD),
        ("1", "reason 1", State.DEAD),
    ]


@pytest.mark.parametrize(("doubtful", "state"), [(False, State.PENDING), (True, State.UNKNOWN)])
async def test_a_dead_delivery_can_be_replayed(store: RedisStore, clock: Clock, doubtful: bool, state: State) -> None:  # noqa: FBT001
    await planned(store)
    await settled(store, Later(clock.now, "x"))
    await settled(store, Dead("x", doubtful=doubtful))

    assert await idle(store)
    assert await store.deliveries.replay(SLOT)
    assert not await store.deliveries.replay(SLOT)

    lease = await claimed(store)
    assert (lease.state, lease.failures, lease.attempt) == (state, 0, 2)
    assert await store.deliveries.dead() == []


async def test_only_the_dead_can_be_replayed(store: RedisStore) -> None:
    await planned(store)

    assert not await store.deliveries.replay(SLOT)
    assert not await store.deliveries.replay("unknown")


async def test_the_dead_are_listed_for_thirty_days(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await settled(store, Dead("x"))

    clock.advance(timedelta(days=30))
    assert (await store.sweep())["dead deliveries"] == 0
    clock.advance(timedelta(seconds=1))
    assert (await store.sweep())["dead deliveries"] == 1
    assert await store.deliveries.dead() == []


async def test_every_attempt_is_in_the_log_newest_first(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    outcomes = (Later(DUE, "no connection"), Doubtful(DUE, "not answered"), Dead("gave up"))
    for outcome in outcomes:
        await settled(store, outcome)
        clock.advance(timedelta(seconds=1))
    await store.deliveries.replay(SLOT)
    await settled(store, Sent("m1"))

    log = await store.deliveries.log(ADDRESS)

    assert [(one.outcome, one.detail) for one in log] == [
        ("sent", "m1"),
        ("dead", "gave up"),
        ("doubtful", "not answered"),
        ("later", "no connection"),
    ]
    assert [one.at for one in log] == [DUE + timedelta(seconds=n) for n in (3, 2, 1, 0)]
    assert {(one.delivery, one.part) for one in log} == {(SLOT, 0)}


async def test_the_log_holds_fifty_attempts_of_thirty_days(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    for number in range(53):
        await settled(store, Later(clock.now, str(number), counts=False))
        clock.advance(timedelta(hours=1))

    assert [one.detail for one in await store.deliveries.log(ADDRESS)] == [str(number) for number in range(52, 2, -1)]

    clock.advance(timedelta(days=30) - timedelta(hours=2))
    assert [one.detail for one in await store.deliveries.log(ADDRESS)] == ["52", "51"]


async def test_a_forgotten_channel_leaves_nothing_to_deliver(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    pending = await begun(store)
    await post_now(store, delivery("2"))
    await settled(store, Dead("x"))
    await store.channels.forget(ADDRESS)

    assert await store.deliveries.settle(pending, Sent("m")) is Settled.LOST
    assert await store.deliveries.dead() == []
    assert await store.deliveries.log(ADDRESS) == []
    clock.advance(timedelta(days=1))
    assert await idle(store)
    assert not [key for key in await store.connection.read("KEYS", "*") if b"C1" in key]


async def test_a_delivery_that_is_gone_leaves_the_outbox(store: RedisStore) -> None:
    await planned(store)
    await store.connection.call("DEL", keys.delivery(SLOT))

    assert await idle(store)
    assert await waiting(store) == 0


async def _damage(store: RedisStore, id: str, record: bytes) -> None:
    await store.connection.call("HSET", keys.delivery(id), "record", record)


async def test_a_delivery_that_cannot_be_read_is_set_aside_and_the_others_go_on(store: RedisStore) -> None:
    await planned(store)
    await post_now(store, delivery("2"))
    await _damage(store, SLOT, b"\x01rubbish")

    assert (await claimed(store)).delivery.id == "2"

    assert await store.connection.read("GET", keys.corrupt(keys.delivery(SLOT))) == b"\x01rubbish"
    assert await store.connection.read("GET", keys.CORRUPT_COUNT) == b"1"
    assert await store.deliveries.get(SLOT) is None


async def test_a_delivery_of_a_newer_version_waits_for_one(store: RedisStore) -> None:
    await planned(store)
    await _damage(store, SLOT, b"\xffnewer")

    assert await idle(store)
    assert await store.deliveries.recall(ADDRESS) == []
    assert await store.connection.read("HGET", keys.delivery(SLOT), "record") == b"\xffnewer"


async def test_a_channel_without_a_record_can_be_delivered_to(store: RedisStore) -> None:
    assert (await store.channels.load(OTHER)) == Channel(address=OTHER)
    await post_now(store, delivery("1", address=OTHER))

    assert (await claimed(store)).delivery.address == OTHER
