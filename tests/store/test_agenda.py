"""Slots that are due: shared among workers, and told to the operator while nobody plans them."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.channel import Address
from bot.ports import Due, Overdue, Planned, Saved
from tests.store.outbox import ADDRESS, DUE, OTHER, PLANNING, PLATFORMS, SHOWN, SLOT, THEN, delivery, post_now, subscribe

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock


async def due(store: RedisStore, *platforms: str, limit: int = 99) -> list[tuple[Address, datetime]]:
    return list(await store.channels.due(platforms or PLATFORMS, limit=limit, lease=PLANNING))


async def twenty(store: RedisStore) -> list[Address]:
    addresses = [Address("slack", "T1", f"C{number:02}") for number in range(20)]
    for place, address in enumerate(addresses):
        await subscribe(store, address=address, due=DUE - timedelta(hours=1) + timedelta(seconds=place))
    return addresses


# ---------------------------------------------------------------- shared


async def test_a_due_slot_is_given_to_one_worker(store: RedisStore) -> None:
    await subscribe(store)

    assert await due(store) == [(ADDRESS, DUE)]
    assert await due(store) == []


async def test_workers_that_ask_at_once_share_the_slots(store: RedisStore) -> None:
    addresses = await twenty(store)

    shares = await asyncio.gather(*(due(store, limit=5) for _ in range(5)))

    assert sorted(len(share) for share in shares) == [0, 5, 5, 5, 5]
    assert sorted(address for share in shares for address, _ in share) == addresses


async def test_one_after_the_other_they_get_the_longest_overdue_first(store: RedisStore) -> None:
    addresses = await twenty(store)

    shares = [await due(store, limit=7) for _ in range(3)]

    assert [address for share in shares for address, _ in share] == addresses


async def test_a_slot_that_was_not_planned_is_given_again_after_the_lease(store: RedisStore, clock: Clock) -> None:
    await subscribe(store)
    await due(store)

    clock.advance(PLANNING - timedelta(milliseconds=1))
    assert await due(store) == []
    clock.advance(timedelta(milliseconds=1))
    assert await due(store) == [(ADDRESS, DUE)]


async def test_whoever_plans_after_the_lease_is_still_heard_but_only_one(store: RedisStore, clock: Clock) -> None:
    await subscribe(store)
    await due(store)
    clock.advance(PLANNING)
    await due(store)

    outcomes = [await store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery()) for _ in range(2)]

    assert outcomes == [Planned.PLANNED, Planned.TAKEN]
    assert await due(store) == []


async def test_a_planned_slot_is_not_given_again_and_the_next_one_in_its_time(store: RedisStore, clock: Clock) -> None:
    await subscribe(store)
    await due(store)
    then = clock.now + timedelta(seconds=1)
    await store.deliveries.plan(ADDRESS, due=DUE, then=then, delivery=delivery())

    assert await due(store) == []
    clock.advance(timedelta(seconds=1))
    assert await due(store) == [(ADDRESS, then)]


async def test_a_slot_whose_inbox_changed_meanwhile_is_given_again_at_once(store: RedisStore) -> None:
    await subscribe(store)
    await due(store)
    await post_now(store, dataclasses.replace(delivery("1"), papers=SHOWN[:1]))

    assert await store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery(SLOT)) is Planned.TAKEN

    assert await due(store) == [(ADDRESS, DUE)]


async def test_slots_of_platforms_that_a_worker_does_not_reach_are_left_to_others(store: RedisStore) -> None:
    await twenty(store)
    await subscribe(store, address=OTHER, due=DUE)

    assert await due(store, "terminal") == []
    assert await due(store, "discord", limit=1) == [(OTHER, DUE)]
    assert len(await due(store, "slack", "discord")) == 20


async def test_a_forgotten_channel_that_comes_back_is_not_kept_waiting(store: RedisStore) -> None:
    await subscribe(store)
    await due(store)
    await store.channels.forget(ADDRESS)
    await subscribe(store)

    assert await due(store) == [(ADDRESS, DUE)]


async def test_a_channel_that_moved_is_planned_under_its_new_address(store: RedisStore) -> None:
    await subscribe(store)
    await due(store)
    moved = Address("slack", "E1", "C1")
    await store.channels.move(ADDRESS, moved)

    assert await due(store) == [(moved, DUE)]


async def test_who_changes_a_channel_does_not_give_its_slot_to_a_second_worker(store: RedisStore) -> None:
    await subscribe(store)
    await due(store)
    channel = await store.channels.load(ADDRESS)
    assert await store.channels.save(dataclasses.replace(channel, name="#new"), due=Due.KEEP) is Saved.SAVED

    assert await due(store) == []


# ---------------------------------------------------------------- overdue


async def test_nothing_is_overdue_before_its_moment(store: RedisStore, clock: Clock) -> None:
    await subscribe(store, due=clock.now + timedelta(seconds=1))
    assert await store.channels.overdue() == Overdue(slots=0, oldest=None)

    clock.advance(timedelta(seconds=1))
    assert await store.channels.overdue() == Overdue(slots=1, oldest=clock.now)


async def test_overdue_slots_of_all_platforms_count_until_they_are_planned(store: RedisStore) -> None:
    await subscribe(store)
    await subscribe(store, address=OTHER, due=DUE - timedelta(hours=2))
    await due(store)

    assert await store.channels.overdue() == Overdue(slots=2, oldest=DUE - timedelta(hours=2))

    await store.deliveries.plan(OTHER, due=DUE - timedelta(hours=2), then=THEN, delivery=None)
    assert await store.channels.overdue() == Overdue(slots=1, oldest=DUE)
