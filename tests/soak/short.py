"""The short form: some seconds of storm, then leaps in time instead of waits, for leases and quarantines take minutes."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.soak.crew import heard
from tests.soak.leap import is_at_rest, leap
from tests.soak.proxy import Troubles
from tests.soak.report import Outcome, Phase, Plan, broken
from tests.soak.soak import soaking
from tests.soak.tormentor import Pace, Torment, Tormentor
from tests.soak.verdict import judge
from tests.soak.weather import POST, Climate
from tests.soak.world import DISCORD, SLACK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.soak.soak import Soak
    from tests.soak.world import Slot

DUE_S = 5.0
"""Within which all slots fall due."""
STORM_S = 60.0
"""At most; it ends when some were killed, most was tried, and of something nobody knows what became of it."""
KILLS = 2
LEAP = timedelta(seconds=110)
"""A lease of 60 seconds, and the 40 in which a late request may still land."""
LEAPS = 8
"""At most: a channel has two bad days, and may be in a killed worker's hands twice."""
PATIENCE_S = 60
"""Until whatever is due was tried: a starved machine takes long to start a process."""

TROUBLES = Troubles(reply_lost=0.004, reply_cut=0.002, request_lost=0.003, delayed=0.01, stalled=0, latency_s=(0, 0.002))
CLIMATE = Climate(posts=0.2, reads=0.1, late_s=(0.1, 1.5), hang_s=None, pause_s=(1, 2), answer_s=(0.01, 0.1), most=2)
PACE = Pace(
    weights={Torment.KILL: 6, Torment.TERM: 2, Torment.BLINK: 2, Torment.AWAY: 2},
    every_s=2.0,
    blink_s=(0.1, 1.0),
    away_s=(0.1, 0.5),
    dead_s=(0.1, 1.0),
)


def plan(seed: int) -> Plan:
    """Small enough for a suite of tests."""
    return Plan(slots=40, workers=2, minutes=1, seed=seed, phases=("kills",), troubles=TROUBLES, climate=CLIMATE)


async def short(seed: int, directory: Path) -> Outcome:
    """Kills and bad days for some seconds, and all that is needed until everything stands in its channel."""
    async with soaking(plan(seed), directory) as it:
        slots = await it.found(it.plan.slots)
        phase = Phase("kills", slots, {}, tally=it.weather.tally)
        began = time.monotonic()
        await it.crew.recruit(it.plan.workers)
        await _until(lambda: it.weather.tally.requests[DISCORD, "other"] >= it.plan.workers)  # each asks who it is
        phase.dues = await it.world.schedule(slots, start=datetime.now(UTC), over=timedelta(seconds=DUE_S))
        await _storm(it)
        for _ in range(LEAPS):
            if await _came_to_rest(it, slots):
                break
            await it.stop()
            # What was accepted late has landed: that took a second, and a stop comes after the storm's end by more.
            await asyncio.sleep(CLIMATE.late_s[1])
            await leap(it.store, LEAP)
            await asyncio.gather(*(it.crew.start(worker) for worker in it.crew.workers))
        await it.stop()
        phase.took_s = time.monotonic() - began
        phase.crew, phase.proxy = it.crew.counts, it.proxy.counts
        wrong = []
        for platform in (SLACK, DISCORD):
            mine = [slot for slot in slots if slot.address.platform == platform]
            phase.found[platform] = judge(mine, phase.dues, it.world.slack, it.world.discord)
            wrong += broken(phase, platform, it.world.slack, it.world.discord)
        logs = heard(directory)
        wrong += it.crew.wrong + logs.wrong + it.world.slack.problems + it.world.discord.problems
        return Outcome(it.plan, [phase], logs, wrong, [])


async def _storm(it: Soak) -> None:
    tormentor = Tormentor(it.crew, it.proxy, random.Random(it.plan.seed), PACE)
    it.storm()
    tasks = [asyncio.create_task(tormentor.torment()), asyncio.create_task(tormentor.watch())]
    with suppress(TimeoutError):
        async with asyncio.timeout(STORM_S):
            await _until(lambda: it.crew.counts["SIGKILL"] >= KILLS and _tried(it) >= it.plan.slots * 3 // 4 and _is_ambiguous(it))
    it.calm()
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await tormentor.comfort()


def _tried(it: Soak) -> int:
    """Posts that were asked for, where there were fewer."""
    return min(it.weather.tally.requests[platform, POST] for platform in (SLACK, DISCORD))


def _is_ambiguous(it: Soak) -> bool:
    return all(it.weather.tally.ambiguous[platform, True] for platform in (SLACK, DISCORD))


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.05)


async def _came_to_rest(it: Soak, slots: Sequence[Slot]) -> bool:
    """Wait until everything stands in its channel (True), or nothing can be done before a later moment."""
    async with asyncio.timeout(PATIENCE_S):
        while not await it.drained(slots, deadline=0):
            if await is_at_rest(it.store):
                return False
            await asyncio.sleep(0.1)
    return True
