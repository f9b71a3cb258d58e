"""The outbox: what is planned is posted effectively once, whoever dies in between."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.channel import Address, Channel
from bot.message import Card, Heading, Message, Text
from bot.paper import PaperId
from bot.ports import Dead, Delivery, Doubtful, Later, Planned, Saved, Sent, Settled, State
from bot.store import keys
from bot.store.deliveries import StoredDeliveries
from tests.inboxes import filed

if TYPE_CHECKING:
    from bot.ports import Lease, Outcome
    from bot.store.store import RedisStore
    from tests.clock import Clock

ADDRESS = Address("slack", "T1", "C1")
OTHER = Address("discord", "G1", "77:1")
DUE = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)
THEN = DUE + timedelta(days=3)
LEASE = timedelta(seconds=60)
NEED = timedelta(seconds=20)
SLOT = "a" * 64
SHOWN, COUNTED = (PaperId("2511.00001"), PaperId("2511.00002")), (PaperId("10.1000/xyz"),)


def delivery(id: str = SLOT, *, parts: int = 1, address: Address = ADDRESS, due: datetime = DUE) -> Delivery:
    """A delivery with papers of its own."""
    messages = tuple(
        Message((Heading(f"Part {n}"), Card(title="On β-VAE", url="https://x"), Text("…")), gist="Papers") for n in range(parts)
    )
    papers, remainder = (SHOWN, COUNTED) if id == SLOT else ((PaperId(f"2511.1000{id}"),), ())
    return Delivery(id=id, address=address, due=due, parts=messages, papers=papers, remainder=remainder)


async def subscribe(store: RedisStore, *, due: datetime | None = DUE, address: Address = ADDRESS) -> None:
    """A channel that is due, with three papers in its inbox."""
    channel = await store.channels.load(address)
    assert await store.channels.save(channel, due=due, backlog=[*SHOWN, *COUNTED]) is Saved.SAVED


async def planned(store: RedisStore, *, parts: int = 1) -> None:
    await subscribe(store)
    assert await store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery(parts=parts)) is Planned.PLANNED


async def post_now(store: RedisStore, delivery: Delivery) -> None:
    """Plan a delivery that no schedule asked for, its papers in the inbox before."""
    assert await store.deliveries.post_now(await filed(store, delivery)) is Planned.PLANNED


async def claimed(store: RedisStore) -> Lease:
    (lease,) = await store.deliveries.claim(limit=10, lease=LEASE)
    return lease


async def begun(store: RedisStore) -> Lease:
    lease = await claimed(store)
    assert await store.deliveries.begin(lease, need=NEED)
    return lease


async def settled(store: RedisStore, outcome: Outcome) -> Lease:
    lease = await begun(store)
    assert await store.deliveries.settle(lease, outcome) is Settled.SETTLED
    return lease


async def inbox(store: RedisStore) -> set[PaperId]:
    return {id for id, _ in await store.papers.inbox(ADDRESS)}


async def idle(store: RedisStore) -> bool:
    return not await store.deliveries.claim(limit=10, lease=LEASE)


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
    assert len(await store.deliveries.claim(limit=10, lease=LEASE)) == 1


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
    assert await store.channels.due(limit=9) == [(ADDRESS, DUE)]
    assert await store.deliveries.get(SLOT) is None
    assert await store.connection.read("HGETALL", keys.delivery("1")) == before
    assert [lease.delivery.id for lease in await store.deliveries.claim(limit=9, lease=LEASE)] == ["1"]


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
    assert len(await store.deliveries.claim(limit=9, lease=LEASE)) == 1


async def test_planning_again_after_a_lost_reply_changes_nothing(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await post_now(store, delivery("1"))
    await filed(store, delivery("2"))
    leases = await store.deliveries.claim(limit=9, lease=LEASE)
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
    assert await store.deliveries.get(SLOT) == delivery()
    clock.advance(timedelta(hours=1))
    assert await idle(store)


async def test_what_somebody_has_claimed_nobody_else_gets(store: RedisStore) -> None:
    await planned(store)

    leases = await asyncio.gather(*(store.deliveries.claim(limit=10, lease=LEASE) for _ in range(8)))

    assert sum(len(some) for some in leases) == 1


async def test_the_longest_waiting_are_claimed_first(store: RedisStore, clock: Clock) -> None:
    for number in range(5):
        await post_now(store, delivery(str(number)))
        clock.advance(timedelta(seconds=1))

    first = await store.deliveries.claim(limit=2, lease=LEASE)
    rest = await store.deliveries.claim(limit=9, lease=LEASE)

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

    leases = {lease.delivery.id: lease for lease in await store.deliveries.claim(limit=9, lease=LEASE)}
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


# ---------------------------------------------------------------- crashes, late news, fences


async def test_a_worker_that_dies_before_it_begins_costs_one_lease_and_nothing_else(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await claimed(store)

    clock.advance(LEASE)
    lease = await claimed(store)

    assert (lease.state, lease.fence, lease.attempt) == (State.PENDING, 2, 0)


async def test_a_worker_that_dies_after_it_began_leaves_a_doubt(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await begun(store)

    assert await idle(store)
    clock.advance(LEASE)
    lease = await claimed(store)

    assert (lease.state, lease.attempt, lease.first_attempt, lease.last_attempt) == (State.UNKNOWN, 1, DUE, DUE)


async def test_the_first_attempt_is_kept_over_the_next(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await begun(store)
    clock.advance(LEASE)
    await begun(store)
    clock.advance(LEASE)

    lease = await claimed(store)

    assert (lease.attempt, lease.first_attempt, lease.last_attempt) == (2, DUE, DUE + LEASE)


async def test_a_worker_that_dies_between_two_parts_does_not_repeat_the_first(store: RedisStore, clock: Clock) -> None:
    await planned(store, parts=2)
    await settled(store, Sent("m0"))
    clock.advance(timedelta(days=1))

    lease = await claimed(store)

    assert (lease.part, lease.state, lease.attempt) == (1, State.PENDING, 0)


async def test_an_old_lease_may_not_begin_once_somebody_else_has_a_newer(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    old = await claimed(store)
    clock.advance(LEASE)
    new = await claimed(store)

    assert not await store.deliveries.begin(old, need=NEED)
    assert await store.deliveries.begin(new, need=NEED)


@pytest.mark.parametrize(("left", "may"), [(NEED, True), (NEED - timedelta(milliseconds=1), False)])
async def test_a_request_begins_only_while_the_lease_lasts_for_it(store: RedisStore, clock: Clock, left: timedelta, may: bool) -> None:  # noqa: FBT001
    await planned(store)
    lease = await claimed(store)
    clock.advance(LEASE - left)

    assert await store.deliveries.begin(lease, need=NEED) is may


async def test_nothing_begins_that_is_settled(store: RedisStore) -> None:
    await planned(store)
    sent = await settled(store, Sent("m1"))
    await post_now(store, delivery("2"))
    dead = await settled(store, Dead("no"))

    assert not await store.deliveries.begin(sent, need=NEED)
    assert not await store.deliveries.begin(dead, need=NEED)


@pytest.mark.parametrize("outcome", [Later(DUE, "x"), Doubtful(DUE, "x"), Dead("x")])
async def test_from_an_old_lease_only_the_news_that_it_was_sent_counts(store: RedisStore, clock: Clock, outcome: Outcome) -> None:
    await planned(store)
    old = await begun(store)
    clock.advance(LEASE)
    new = await claimed(store)

    assert await store.deliveries.settle(old, outcome) is Settled.LOST
    assert await store.deliveries.settle(old, Sent("m1")) is Settled.SETTLED
    assert not await store.deliveries.begin(new, need=NEED)
    assert await store.deliveries.settle(new, outcome) is Settled.LOST
    assert (await store.papers.history(ADDRESS, SHOWN[0])).posted is not None
    clock.advance(LEASE)
    assert await idle(store)


async def test_late_news_of_a_part_stop_whoever_is_about_to_repeat_it(store: RedisStore, clock: Clock) -> None:
    await planned(store, parts=2)
    old = await begun(store)
    clock.advance(LEASE)
    new = await claimed(store)

    await store.deliveries.settle(old, Sent("m0"))

    assert not await store.deliveries.begin(new, need=NEED)
    assert await store.deliveries.settle(new, Later(clock.now, "x")) is Settled.LOST
    assert (await claimed(store)).part == 1


async def test_an_expired_lease_that_nobody_took_over_settles_as_usual(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    lease = await begun(store)
    clock.advance(LEASE * 2)

    assert await store.deliveries.settle(lease, Later(clock.now, "slow")) is Settled.SETTLED
    assert (await claimed(store)).state is State.PENDING


async def test_a_dead_delivery_of_which_late_news_come_is_sent(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    old = await begun(store)
    clock.advance(LEASE)
    await settled(store, Dead("gave up", doubtful=True))

    assert await store.deliveries.settle(old, Sent("m1")) is Settled.SETTLED
    assert await store.deliveries.dead() == []
    assert (await store.papers.history(ADDRESS, SHOWN[0])).posted is not None


@pytest.mark.parametrize(
    ("outcome", "state", "failures"),
    [
        (Later(DUE, "x"), State.PENDING, 1),
        (Later(DUE, "x", counts=False), State.PENDING, 0),
        (Doubtful(DUE, "x"), State.UNKNOWN, 1),
    ],
)
async def test_settling_again_after_a_lost_reply_changes_nothing(store: RedisStore, outcome: Outcome, state: State, failures: int) -> None:
    await planned(store)
    lease = await settled(store, outcome)

    assert await store.deliveries.settle(lease, outcome) is Settled.SETTLED

    assert len(await store.deliveries.log(ADDRESS)) == 1
    lease = await claimed(store)
    assert (lease.state, lease.failures) == (state, failures)


@pytest.mark.parametrize("parts", [1, 2])
async def test_sending_news_again_after_a_lost_reply_change_nothing(store: RedisStore, parts: int) -> None:
    await planned(store, parts=parts)
    lease = await settled(store, Sent("m0"))

    assert await store.deliveries.settle(lease, Sent("m0")) is Settled.SETTLED

    assert len(await store.deliveries.log(ADDRESS)) == 1
    assert [one.part for one in await store.deliveries.claim(limit=9, lease=LEASE)] == [1][: parts - 1]


async def test_dying_again_after_a_lost_reply_changes_nothing(store: RedisStore) -> None:
    await planned(store)
    lease = await settled(store, Dead("x"))

    assert await store.deliveries.settle(lease, Dead("x")) is Settled.SETTLED
    assert len(await store.deliveries.log(ADDRESS)) == 1


async def test_a_second_copy_in_the_channel_is_in_the_log(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    frozen = await begun(store)
    clock.advance(LEASE)
    await settled(store, Sent("m2"))

    assert await store.deliveries.settle(frozen, Sent("m1")) is Settled.SETTLED

    assert [one.detail for one in await store.deliveries.log(ADDRESS)] == ["m1", "m2"]


async def test_a_second_copy_of_one_part_does_not_bring_back_the_next(store: RedisStore, clock: Clock) -> None:
    await planned(store, parts=2)
    frozen = await begun(store)
    clock.advance(LEASE)
    for part in range(2):
        await settled(store, Sent(f"m{part}"))

    await store.deliveries.settle(frozen, Sent("copy of m0"))

    clock.advance(LEASE)
    assert await idle(store)


async def test_a_part_does_not_inherit_the_troubles_of_the_one_before(store: RedisStore, clock: Clock) -> None:
    await planned(store, parts=2)
    await settled(store, Later(clock.now, "no connection"))
    await settled(store, Sent("m0"))

    lease = await claimed(store)

    assert (lease.part, lease.reason, lease.failures, lease.first_attempt, lease.last_attempt) == (1, "", 0, None, None)


async def test_beginning_again_under_one_lease_is_one_attempt(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    lease = await begun(store)

    assert await store.deliveries.begin(lease, need=NEED)

    await store.deliveries.settle(lease, Later(clock.now, "x"))
    assert (await claimed(store)).attempt == 1


async def test_a_lease_given_back_is_free_at_once_and_of_no_more_use(store: RedisStore) -> None:
    await planned(store)
    lease = await claimed(store)

    await store.deliveries.release(lease)
    await store.deliveries.release(lease)

    assert not await store.deliveries.begin(lease, need=NEED)
    assert (await claimed(store)).state is State.PENDING


async def test_a_lease_under_which_something_may_be_out_is_not_given_back(store: RedisStore) -> None:
    await planned(store)
    lease = await begun(store)

    await store.deliveries.release(lease)

    assert await idle(store)


async def test_giving_back_an_old_lease_leaves_the_newer_one_alone(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    old = await claimed(store)
    clock.advance(LEASE)
    new = await claimed(store)

    await store.deliveries.release(old)

    assert await idle(store)
    assert await store.deliveries.begin(new, need=NEED)


# ---------------------------------------------------------------- recall


async def test_papers_of_a_delivery_that_never_went_out_return_to_the_inbox_as_old_as_they_were(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    filed = dict.fromkeys([*SHOWN, *COUNTED], clock.now)
    clock.advance(timedelta(hours=1))

    assert await store.deliveries.recall(ADDRESS) == [*SHOWN, *COUNTED]

    assert dict(await store.papers.inbox(ADDRESS)) == filed
    assert await idle(store)
    assert await store.deliveries.get(SLOT) is None
    assert await store.deliveries.recall(ADDRESS) == []


async def test_a_failing_delivery_is_taken_back(store: RedisStore) -> None:
    await planned(store)
    await settled(store, Later(THEN, "no connection"))

    assert await store.deliveries.recall(ADDRESS) == [*SHOWN, *COUNTED]


async def test_a_claimed_delivery_is_taken_back_and_its_holder_may_not_begin(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    lease = await claimed(store)

    assert await store.deliveries.recall(ADDRESS) == [*SHOWN, *COUNTED]

    assert not await store.deliveries.begin(lease, need=NEED)
    assert await store.deliveries.settle(lease, Later(clock.now, "x")) is Settled.LOST


@pytest.mark.parametrize("outcome", [None, Doubtful(THEN, "x"), Sent("m"), Dead("refused"), Dead("x", doubtful=True)])
async def test_a_delivery_that_may_be_out_or_is_to_blame_itself_is_not_taken_back(store: RedisStore, outcome: Outcome | None) -> None:
    await planned(store)
    lease = await begun(store)
    if outcome:
        await store.deliveries.settle(lease, outcome)

    assert await store.deliveries.recall(ADDRESS) == []
    assert await inbox(store) == set()
    assert await store.deliveries.get(SLOT) is not None


async def test_a_delivery_of_which_one_part_is_out_is_not_taken_back(store: RedisStore) -> None:
    await planned(store, parts=2)
    await settled(store, Sent("m0"))

    assert await store.deliveries.recall(ADDRESS) == []


async def test_a_delivery_that_died_for_the_channels_sake_is_taken_back_when_the_channel_lives_again(store: RedisStore) -> None:
    await planned(store)
    await settled(store, Dead("archived", merge=True, pauses=True))

    assert await store.deliveries.recall(ADDRESS) == [*SHOWN, *COUNTED]
    assert await store.deliveries.dead() == []


async def test_a_paper_that_another_digest_posted_does_not_return(store: RedisStore) -> None:
    await planned(store)
    await store.deliveries.claim(limit=1, lease=timedelta(days=1))
    # Plans of a version that did not look into the inbox may have papers in common.
    await store.connection.call("ZADD", keys.inbox(ADDRESS), *(part for id in (*SHOWN, *COUNTED) for part in (1, id)))
    await post_now(store, dataclasses.replace(delivery("2"), papers=SHOWN, remainder=COUNTED))
    await settled(store, Sent("m"))

    await store.deliveries.recall(ADDRESS)

    assert await inbox(store) == set(COUNTED)


async def test_for_a_slot_that_is_still_due_a_failing_delivery_is_taken_back(store: RedisStore) -> None:
    await planned(store)

    assert await store.deliveries.recall(ADDRESS, slot=THEN) == [*SHOWN, *COUNTED]
    assert await store.deliveries.recall(ADDRESS, slot=THEN) == []

    assert await inbox(store) == {*SHOWN, *COUNTED}
    assert await store.channels.next_due(ADDRESS) == THEN


@pytest.mark.parametrize("then", [THEN, None])
async def test_whoever_comes_second_to_a_slot_does_not_take_back_what_the_first_planned(store: RedisStore, then: datetime | None) -> None:
    await subscribe(store)
    await store.deliveries.plan(ADDRESS, due=DUE, then=then, delivery=delivery())

    assert await store.deliveries.recall(ADDRESS, slot=DUE) == []

    assert await inbox(store) == set()
    assert (await claimed(store)).delivery == delivery()


async def test_other_channels_keep_their_deliveries(store: RedisStore) -> None:
    await planned(store)

    assert await store.deliveries.recall(OTHER) == []
    assert (await claimed(store)).delivery.address == ADDRESS


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
    assert await store.connection.read("ZCARD", keys.OUTBOX) == 0


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


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_workers_die_of_each_part_is_posted_once(store: RedisStore, clock: Clock, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(6):
        await post_now(store, delivery(str(number), parts=2))
    platform: list[str] = []

    async def work() -> None:
        deliveries = StoredDeliveries(store.connection)
        for lease in await deliveries.claim(limit=2, lease=LEASE):
            if chance.random() < 0.3:
                return  # died before it began
            if lease.state is State.PENDING or lease.key not in platform:
                if not await deliveries.begin(lease, need=NEED):
                    continue
                if chance.random() < 0.3:
                    return  # died before the request went out
                platform.append(lease.key)
            if chance.random() < 0.3:
                return  # died before it told the store
            await deliveries.settle(lease, Sent(lease.key))

    while await store.connection.read("ZCARD", keys.OUTBOX):
        await asyncio.gather(*(work() for _ in range(4)))
        clock.advance(LEASE / 2)

    assert len(set(platform)) == len(platform) == 12


async def test_a_channel_without_a_record_can_be_delivered_to(store: RedisStore) -> None:
    assert (await store.channels.load(OTHER)) == Channel(address=OTHER)
    await post_now(store, delivery("1", address=OTHER))

    assert (await claimed(store)).delivery.address == OTHER
