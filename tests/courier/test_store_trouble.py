"""What was posted is told to the store, however long that is away."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.delivery import SETTLING_FOR, Courier, Delivered
from bot.errors import CorruptRecord, StoreAway, StoreFull
from tests.courier.world import LEASE, MIDDLE, World

if TYPE_CHECKING:
    from datetime import datetime

    from bot.errors import StoreTrouble
    from bot.ports import Lease, Outcome, Settled
    from bot.store.store import RedisStore


class Shaky:
    """A `settle` that fails so many times before it works, with each of the troubles in turn."""

    def __init__(self, store: RedisStore, times: int, *troubles: StoreTrouble) -> None:
        self._settle = store.deliveries.settle
        self._troubles = itertools.islice(itertools.cycle(troubles or (StoreAway("gone"),)), times)

    async def __call__(self, lease: Lease, outcome: Outcome) -> Settled:
        for trouble in self._troubles:
            raise trouble
        return await self._settle(lease, outcome)


async def test_what_was_posted_is_told_to_the_store_even_if_it_is_away_for_a_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.store.deliveries, "settle", Shaky(world.store, 2))

    with capture_logs() as logs:
        await world.deliver()

    assert await world.outcomes() == ["sent"]
    assert world.pauses == [0.2, 1.0]
    assert [entry["outcome"] for entry in logs if entry["event"] == "store_not_told_yet"] == ["Sent"], "once"


async def test_after_ten_minutes_without_the_store_what_was_posted_is_told_and_not_posted_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> datetime:
        raise StoreAway("gone")

    monkeypatch.setattr(world.store.deliveries, "settle", Shaky(world.store, 120, StoreAway("gone"), StoreFull("no room")))
    courier = Courier(world.store, decider=MIDDLE, pause=world.clock.pause)
    claimed = await world.claimed()
    with monkeypatch.context() as patched:
        patched.setattr(world.store, "now", away)
        assert await courier.deliver(claimed, world.platform) == Delivered(went_well=True)
    assert world.clock.now > claimed.until, "its lease was over long ago"

    await world.until_quiet()

    assert len(world.platform.stands) == 1
    assert world.platform.asked == [], "no history is needed for it"
    assert await world.outcomes() == ["sent"]


async def test_if_the_store_stays_away_the_part_is_found_out_when_it_is_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(world.store.deliveries, "settle", Shaky(world.store, 10_000))
        with pytest.raises(StoreAway):
            await world.deliver()
    assert 0 <= sum(world.pauses) - SETTLING_FOR.total_seconds() < 1, "it was told for as long as that"
    world.clock.advance(LEASE)
    await world.until_quiet()

    assert len(world.platform.stands) == 1
    assert await world.outcomes() == ["doubtful", "sent"]


async def test_a_stop_ends_the_waiting_for_the_store(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = asyncio.Event()

    async def pause(_: float) -> None:
        waits.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(world.store.deliveries, "settle", Shaky(world.store, 1))
    work = asyncio.create_task(Courier(world.store, pause=pause).deliver(await world.claimed(), world.platform))
    await waits.wait()
    work.cancel()

    with pytest.raises(asyncio.CancelledError):
        await work


async def test_a_trouble_of_the_store_that_no_waiting_mends_is_raised_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.store.deliveries, "settle", Shaky(world.store, 1, CorruptRecord("rubbish", key="pb:delivery")))

    with pytest.raises(CorruptRecord):
        await world.deliver()
    assert world.pauses == []
