"""A platform answers nothing but errors for an hour: nothing is lost or doubled, others go on, and how late it becomes is the plan's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot import jobs
from bot.delivery import JITTER, REQUEST, RETRIES
from bot.ports import Harvest
from tests.library import FORGETTING, LIBRARY, ROBOT, SYLLABUS
from tests.outages.scene import comes_due, desk_of, said, time_passes, wants, worker_of
from tests.outages.stages import in_memory, on_discord, on_slack

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.clock import Clock

HOUR = timedelta(hours=1)
STEP = timedelta(seconds=20)
LATEST = (1 + JITTER) * (2 * REQUEST + sum(RETRIES[1:5], timedelta()))
"""After the slot, if it was down in the first 37 minutes and is back in time: what is tried last in these (a look whether the post landed
is a try as well) is the fifth, and the sixth comes two hours later."""


@pytest.mark.parametrize("platform", ["Slack", "Discord"])
async def test_an_hour_of_errors_makes_one_digest_late_and_no_other(store: RedisStore, clock: Clock, platform: str) -> None:
    async with (on_slack if platform == "Slack" else on_discord)(store, clock) as stage:
        desk = desk_of(store, stage.outlet)
        worker = worker_of(desk, clock)
        for address in (stage.address, stage.beside):
            await wants(desk, address, "curriculum")
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
        await comes_due(desk, clock, stage.address)
        clock.advance(timedelta(minutes=2))  # by when the other is due, too
        stage.fail()

        await time_passes(worker, clock, HOUR, every=STEP)
        assert stage.standing() == []
        assert len(stage.standing_beside()) == 1
        status = await said(desk, stage.address, "status")
        stage.mend()
        await time_passes(worker, clock, LATEST - HOUR, every=timedelta(minutes=1))

        assert "503" in status
        assert len(stage.standing()) == len(stage.standing_beside()) == 1
        assert await store.deliveries.dead() == []
        assert "sent" in await said(desk, stage.address, "status")


@pytest.mark.parametrize("platform", ["Slack", "Discord"])
async def test_after_a_day_of_errors_the_next_digest_comes_and_the_first_waits_for_a_replay(
    store: RedisStore, clock: Clock, platform: str
) -> None:
    async with (on_slack if platform == "Slack" else on_discord)(store, clock) as stage:
        desk = desk_of(store, stage.outlet)
        worker = worker_of(desk, clock)
        await wants(desk, stage.address, "curriculum")
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY[:2]), await store.now())
        await comes_due(desk, clock, stage.address)
        stage.fail()
        await time_passes(worker, clock, timedelta(days=1), every=timedelta(minutes=10))
        stage.mend()
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
        await time_passes(worker, clock, timedelta(days=2), every=timedelta(minutes=10))

        assert len(stage.standing()) == 1, "what may stand there is not given to another digest"
        [dead] = await store.deliveries.dead()
        assert await store.deliveries.replay(dead.delivery.id)
        await time_passes(worker, clock, timedelta(minutes=1), every=STEP)
        assert len(set(stage.standing())) == len(stage.standing()) == 2


async def test_what_surely_was_not_posted_comes_with_the_next_digest(store: RedisStore, clock: Clock) -> None:
    async with in_memory(store, clock) as stage:
        desk = desk_of(store, stage.outlet)
        worker = worker_of(desk, clock)
        await wants(desk, stage.address, "curriculum")
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY[:2]), await store.now())
        await comes_due(desk, clock, stage.address)
        stage.fail()
        await time_passes(worker, clock, timedelta(days=1), every=timedelta(minutes=10))
        stage.mend()
        await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
        await time_passes(worker, clock, timedelta(days=2), every=timedelta(minutes=10))

        assert len(stage.standing()) == 1
        assert await store.papers.inbox(stage.address) == []
        assert all([(await store.papers.history(stage.address, paper.id)).posted for paper in (ROBOT, SYLLABUS, FORGETTING)])
