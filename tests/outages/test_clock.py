"""The server's clock jumps: what is under way is not posted twice, what is due comes once, late by no more than the jump."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot import jobs
from bot.delivery import REQUEST, Courier
from bot.ports import Harvest, State
from tests.library import LIBRARY
from tests.outages.scene import CALM, comes_due, desk_of, time_passes, wants, worker_of
from tests.outages.stages import STAGES

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock

LEASE = 3 * REQUEST
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("platform", STAGES)
async def test_a_jump_forward_in_the_middle_of_a_request_makes_nobody_post_again(store: RedisStore, clock: Clock, platform: str) -> None:
    async with STAGES[platform](store, clock) as stage:
        desk = desk_of(store, stage.outlet)
        await wants(desk, stage.address, "curriculum")
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
        await jobs.plan_slot(desk, stage.address, await comes_due(desk, clock, stage.address))
        [lease] = await store.deliveries.claim(stage.address.platform, limit=1, lease=LEASE)
        asked, lands = asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            asked.set()
            await lands.wait()

        stage.outlet.before = slow
        courier = Courier(store, decider=CALM, pause=clock.pause)
        under_way = asyncio.create_task(courier.deliver(lease, stage.outlet))
        await asked.wait()
        stage.outlet.before = None
        clock.advance(HOUR)

        [again] = await store.deliveries.claim(stage.address.platform, limit=1, lease=LEASE)
        assert again.state is State.UNKNOWN
        await courier.deliver(again, stage.outlet)
        assert stage.standing() == [], "the request has not landed: by its lease an hour ago, by its clock just now"
        lands.set()
        await under_way
        worker = worker_of(desk, clock)
        await time_passes(worker, clock, HOUR, every=timedelta(seconds=20))

        assert len(stage.standing()) == 1
        assert next(one.outcome for one in await store.deliveries.log(stage.address)) == "sent"


@pytest.mark.parametrize("moment", ["waits to be due", "is found due", "is planned", "is claimed", "is put off"])
async def test_a_jump_back_makes_a_digest_late_by_no_more_than_the_jump(store: RedisStore, clock: Clock, moment: str) -> None:
    async with STAGES["memory"](store, clock) as stage:
        desk = desk_of(store, stage.outlet)
        worker = worker_of(desk, clock)
        await wants(desk, stage.address, "curriculum")
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
        due = await comes_due(desk, clock, stage.address)
        longest = HOUR + timedelta(seconds=10)
        found = await store.channels.due(["terminal"], limit=1, lease=LEASE) if moment == "is found due" else []
        if moment not in ("waits to be due", "is found due"):
            await worker.plan_due()
        if moment == "is claimed":
            await store.deliveries.claim("terminal", limit=1, lease=LEASE)  # and its process dies
            longest += LEASE
        elif moment == "is put off":
            stage.fail()
            await worker.deliver_due()
            stage.mend()
        clock.advance(-HOUR)
        for address, slot in found:
            await jobs.plan_slot(desk, address, slot)
        await time_passes(worker, clock, longest - timedelta(seconds=20), every=timedelta(seconds=10))
        early = len(stage.standing())
        await time_passes(worker, clock, timedelta(minutes=1), every=timedelta(seconds=10))

        assert len(stage.standing()) == 1
        assert early == 0 or moment in ("is found due", "is planned")
        following = await store.channels.next_due(stage.address)
        assert following is not None
        assert following > due, "the slot is not its own successor"
        await time_passes(worker, clock, timedelta(hours=3), every=timedelta(minutes=1))
        assert len(stage.standing()) == 1
