"""Redis fails over to a replica that never heard of the last writes: what stands in a channel is found there, not posted again.

Writes were lost from any step of a digest on, and the old server went on to any later one before it was gone. The replica is a server
of its own, with another run id, at the same address.
"""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot import jobs
from bot.commands import Asker, Call, answer
from bot.delivery import REQUEST, Courier
from bot.errors import StoreAway
from bot.ports import Harvest
from tests.library import DIFFUSION, LIBRARY, ROBOT
from tests.outages.scene import CALM, comes_due, desk_of, store_at, wants
from tests.outages.stages import STAGES, in_memory, on_slack
from tests.plain import words
from tests.test_jobs import HERE, THERE, inbox, subscribed, taken_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.outages.servers import Pair
    from tests.outages.stages import Stage

LEASE = 3 * REQUEST
STEPS = ("due", "planned", "begun", "posted", "settled", "second part begun", "second part posted", "second part settled")
"""What was the last to happen."""
LOSSES = sorted({(lost, gone) for lost in range(len(STEPS)) for gone in (lost, lost + 1, len(STEPS) - 1) if gone < len(STEPS)})
"""From which step on writes are lost, and after which the server is gone."""
PARTS = 4


@pytest.fixture
async def store(pair: Pair, clock: Clock) -> AsyncIterator[RedisStore]:
    """On the server that will fail."""
    store = await store_at(pair.relay.url, clock)
    yield store
    await store.connection.close()


class Losses:
    """Counts what happens, and lets the server go when it is time."""

    def __init__(self, pair: Pair, clock: Clock, *, lost: int, gone: int, later: timedelta) -> None:
        self._pair = pair
        self._clock = clock
        self._lost = lost
        self._gone = gone
        self._later = later
        self._step = 0

    async def happened(self) -> None:
        """The next step."""
        if self._step == self._lost:
            await self._pair.remember()
        if self._step == self._gone:
            await self._pair.fail_over()
            self._clock.advance(self._later)
        self._step += 1


async def delivered(store: RedisStore, stage: Stage, clock: Clock, losses: Losses) -> None:
    """A digest in a thread comes due and goes out, whatever happens."""
    desk = desk_of(store, stage.outlet)
    courier = Courier(store, decider=CALM, pause=clock.pause)
    platform = stage.address.platform
    await wants(desk, stage.address, "curriculum", thread=True)
    await jobs.take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
    assert not await store.deliveries.claim(platform, limit=1, lease=LEASE)  # as every worker does from its first second on
    await comes_due(desk, clock, stage.address)
    await losses.happened()
    for _ in range(60):
        with suppress(StoreAway):  # connections break once when it fails over; a tick later they stand again
            await desk.caught_up()
            for address, moment in await store.channels.due([platform], limit=10, lease=LEASE):
                await jobs.plan_slot(desk, address, moment)
                await losses.happened()
                stage.outlet.before = stage.outlet.after = losses.happened
            for lease in await store.deliveries.claim(platform, limit=1, lease=LEASE):
                await courier.deliver(lease, stage.outlet)
                await losses.happened()
            if not (await store.channels.overdue()).slots and not (await store.deliveries.backlog(platform)).waiting:
                return
        clock.advance(timedelta(seconds=30))
    pytest.fail("it is never settled")


@pytest.mark.parametrize("later", [timedelta(), timedelta(minutes=10)], ids=["at once", "ten minutes later"])
@pytest.mark.parametrize(("lost", "gone"), LOSSES, ids=[f"{STEPS[lost]}-{STEPS[gone]}" for lost, gone in LOSSES])
@pytest.mark.parametrize("platform", ["Slack", "Discord"])
async def test_whatever_a_failover_loses_each_part_of_a_digest_stands_once(
    pair: Pair, store: RedisStore, clock: Clock, *, platform: str, lost: int, gone: int, later: timedelta
) -> None:
    async with STAGES[platform](store, clock) as stage:
        await delivered(store, stage, clock, Losses(pair, clock, lost=lost, gone=gone, later=later))

        assert len(stage.standing()) == PARTS
        assert len(set(stage.standing())) == PARTS


async def test_where_slack_lets_nobody_look_what_was_lost_is_posted_again(pair: Pair, store: RedisStore, clock: Clock) -> None:
    async with on_slack(store, clock, history=False) as stage:
        await delivered(store, stage, clock, Losses(pair, clock, lost=0, gone=STEPS.index("posted"), later=timedelta()))

        assert len(stage.standing()) == PARTS + 1, "at least once, as documented"
        assert len(set(stage.standing())) == PARTS


async def test_a_rule_made_in_the_lost_second_is_gone_and_the_others_go_on(pair: Pair, store: RedisStore, clock: Clock) -> None:
    async with in_memory(store, clock) as stage:
        desk = desk_of(store, stage.outlet)
        await subscribed(desk, HERE, "curriculum")
        await pair.remember()
        await subscribed(desk, THERE, "diffusion")
        await desk.caught_up()
        assert desk.memory.rules == 2
        await pair.fail_over()

        with suppress(StoreAway):
            await desk.caught_up()
        await taken_in(desk, ROBOT, DIFFUSION)

        assert desk.memory.rules == 1, "the process that knew the lost rule reads anew"
        assert await inbox(desk, HERE) == {ROBOT.id}
        assert await inbox(desk, THERE) == set()
        asked = Call(address=THERE, channel_name="#vision", asker=Asker(id="U1", name="Ada", is_operator=True), text="list")
        assert "There are none yet" in words((await answer(desk, asked)).message)


async def test_a_rule_made_right_after_a_failover_is_known_to_whoever_knew_the_lost_ones(
    pair: Pair, store: RedisStore, clock: Clock
) -> None:
    """The replica's count of changes has caught up with what a process knew, before that process looked again."""
    async with in_memory(store, clock) as stage:
        desk, another = desk_of(store, stage.outlet), desk_of(store)
        await subscribed(desk, HERE, "curriculum")
        await store.deliveries.claim("terminal", limit=1, lease=LEASE)
        await pair.remember()
        await subscribed(desk, THERE, "diffusion")
        await desk.caught_up()
        await pair.fail_over()

        with suppress(StoreAway):
            await another.caught_up()
        await subscribed(another, dataclasses.replace(THERE, channel="late"), "diffusion")
        await store.deliveries.claim("terminal", limit=1, lease=LEASE)  # as every worker does every other second
        await taken_in(desk, ROBOT, DIFFUSION)

        assert await inbox(desk, dataclasses.replace(THERE, channel="late")) == {DIFFUSION.id}
