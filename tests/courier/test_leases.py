"""Who has no right to post any more does not, and what they may have posted is found out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.delivery import REQUEST, Courier, Delivered
from bot.errors import NotSent
from bot.ports import State
from tests.courier.world import LEASE, MIDDLE, Platform, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel import Address
    from bot.message import Message


async def test_a_worker_that_slept_since_it_asked_for_the_right_to_post_lets_it_go(world: World) -> None:
    seconds = iter([100.0, 100.0 + REQUEST.total_seconds()])  # frozen while the store said yes
    courier = Courier(world.store, decider=MIDDLE, clock=lambda: next(seconds))

    await courier.deliver(await world.claimed(), world.platform)

    assert world.platform.stands == []
    assert await world.outcomes() == []
    world.clock.advance(LEASE)
    assert (await world.claimed()).state is State.UNKNOWN


async def test_without_a_valid_lease_nothing_is_posted(world: World) -> None:
    old = await world.claimed()
    world.clock.advance(LEASE)

    assert await world.courier.deliver(old, world.platform) == Delivered()

    assert world.platform.stands == []
    assert await world.outcomes() == []


async def test_a_lease_that_passed_to_somebody_else_underway_is_told(world: World) -> None:
    frozen = await world.claimed()

    async def steal() -> None:
        world.clock.advance(LEASE)
        await world.claimed()

    class Slow(Platform):
        async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
            await steal()
            return await super().post(address, message, key=key, under=under, tags=tags)

    with capture_logs() as logs:
        await world.courier.deliver(frozen, Slow([NotSent("too late")]))

    assert [entry["outcome"] for entry in logs if entry["event"] == "lease_lost"] == ["Later"]


async def test_whoever_is_cancelled_underway_leaves_the_part_in_doubt(world: World) -> None:
    underway = asyncio.Event()

    class Hanging(Platform):
        async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
            underway.set()
            return await super().post(address, message, key=key, under=under, tags=tags)

    work = asyncio.create_task(world.courier.deliver(await world.claimed(), Hanging([lambda: None])))
    await underway.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    world.clock.advance(LEASE)
    assert (await world.claimed()).state is State.UNKNOWN
