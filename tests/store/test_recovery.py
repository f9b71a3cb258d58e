"""The outbox: what is planned is posted effectively once, whoever dies in between, or goes back where it came from."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.ports import Dead, Doubtful, Later, Sent, Settled, State
from bot.store import keys
from bot.store.deliveries import StoredDeliveries
from tests.store.outbox import (
    ADDRESS,
    COUNTED,
    DUE,
    LEASE,
    NEED,
    OTHER,
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
    from bot.ports import Outcome
    from bot.store.store import RedisStore
    from tests.clock import Clock


# ---------------------------------------------------------------- crashes, late news, fences


async def test_a_worker_that_dies_before_it_begins_costs_one_lease_and_nothing_else(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    first = await claimed(store)

    clock.advance(LEASE)
    lease = await claimed(store)

    assert (lease.state, lease.fence, lease.attempt) == (State.PENDING, first.fence + 1, 0)


async def test_a_worker_that_dies_after_it_began_leaves_a_doubt(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await begun(store)

    assert await idle(store)
    clock.advance(LEASE)
    lease = await claimed(store)

    assert (lease.state, lease.attempt, lease.first_attempt, lease.last_attempt) == (State.UNKNOWN, 1, DUE, clock.now)


async def test_the_first_attempt_is_kept_over_the_next(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    await begun(store)
    clock.advance(LEASE)
    await begun(store)
    clock.advance(LEASE)

    lease = await claimed(store)

    assert (lease.attempt, lease.first_attempt, lease.last_attempt) == (2, DUE, clock.now)


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
    assert [one.part for one in await claims(store, limit=9)] == [1][: parts - 1]


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

    assert await store.deliveries.settle(frozen, Sent("m1")) is Settled.KNOWN

    assert [one.detail for one in await store.deliveries.log(ADDRESS)] == ["m1", "m2"]


async def test_the_same_news_again_is_as_the_first_time_from_the_same_lease_and_known_from_another(store: RedisStore, clock: Clock) -> None:
    await planned(store)
    frozen = await begun(store)
    clock.advance(LEASE)
    finder = await claimed(store)

    assert await store.deliveries.settle(finder, Sent("m1")) is Settled.SETTLED
    assert await store.deliveries.settle(finder, Sent("m1")) is Settled.SETTLED, "its reply may have been lost"
    assert await store.deliveries.settle(frozen, Sent("m1")) is Settled.KNOWN
    assert len(await store.deliveries.log(ADDRESS)) == 1


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


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_workers_die_of_each_part_is_posted_once(store: RedisStore, clock: Clock, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(6):
        await post_now(store, delivery(str(number), parts=2))
    platform: list[str] = []

    async def work() -> None:
        deliveries = StoredDeliveries(store.connection)
        for lease in await deliveries.claim("slack", limit=2, lease=LEASE):
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

    while await waiting(store):
        await asyncio.gather(*(work() for _ in range(4)))
        clock.advance(LEASE / 2)

    assert len(set(platform)) == len(platform) == 12


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
    await store.deliveries.claim("slack", limit=1, lease=timedelta(days=1))
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
