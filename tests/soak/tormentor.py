"""Whoever kills, freezes and stops workers at random, and takes the store away for moments."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Coroutine
    from typing import Any

    from tests.soak.crew import Crew, Worker
    from tests.soak.proxy import Proxy


class Torment(StrEnum):
    """What may happen to a worker, or to all of them."""

    KILL = "killed"
    TERM = "told to stop"
    BLINK = "frozen for a moment"
    FREEZE = "frozen past its lease"
    AWAY = "the store is away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often, how long, and what."""

    weights: dict[Torment, int]
    every_s: float = 12.0
    """On average."""
    spared: int = 2
    """So many, if there are more, are left alone at any time."""
    blink_s: tuple[float, float] = (0.5, 8.0)
    freeze_s: tuple[float, float] = (62.0, 90.0)
    """A lease is 60 seconds."""
    long_freeze_s: tuple[float, float] = (90.0, 150.0)
    """One of four lasts longer: for 40 seconds after a lease nobody posts what may have been posted, so only then can it be too late."""
    away_s: tuple[float, float] = (0.5, 6.0)
    dead_s: tuple[float, float] = (1.0, 15.0)
    """Until one that was killed is started again, unless that is at once."""


KILLS = Pace(weights={Torment.KILL: 60, Torment.TERM: 12, Torment.BLINK: 15, Torment.AWAY: 8})
FREEZES = Pace(spared=1, every_s=9.0, weights={Torment.KILL: 20, Torment.TERM: 5, Torment.BLINK: 10, Torment.FREEZE: 55, Torment.AWAY: 5})


class Tormentor:
    """Torments until cancelled; `comfort` then sets everything right.

    Args:
        chance: Where all that happens is drawn from.
    """

    def __init__(self, crew: Crew, proxy: Proxy, chance: random.Random, pace: Pace) -> None:
        self._crew = crew
        self._proxy = proxy
        self._chance = chance
        self._pace = pace
        self._at_work: set[asyncio.Task[None]] = set()
        self.counts = crew.counts

    async def torment(self) -> None:
        """For ever. At least one worker is always left alone."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / self._pace.every_s))
            (what,) = self._chance.choices(list(self._pace.weights), list(self._pace.weights.values()))
            if what is Torment.AWAY:
                self._begin(self._take_the_store())
                continue
            spare = [worker for worker in self._crew.workers if worker.is_alive and not worker.is_spared]
            if len(spare) > min(self._pace.spared, len(self._crew.workers) - 1):
                worker = self._chance.choice(spare)
                worker.is_spared = True
                self._begin(self._do(what, worker))

    async def watch(self) -> None:
        """For ever: start again what ended by itself, as whoever runs the bot does."""
        while True:
            await asyncio.sleep(0.5)
            for worker in self._crew.reap():
                await self._crew.start(worker)

    async def comfort(self) -> None:
        """Thaw, bring back and start whatever was in the middle of something."""
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)
        for worker in self._crew.workers:
            self._crew.thaw(worker)
            if not worker.is_alive:
                await self._crew.start(worker)
            worker.is_spared = False

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._crew.wrong.append(f"the soak itself has a bug: {error!r}")

    async def _take_the_store(self) -> None:
        self.counts[Torment.AWAY] += 1
        with self._proxy.away():
            await asyncio.sleep(self._chance.uniform(*self._pace.away_s))

    async def _do(self, what: Torment, worker: Worker) -> None:
        match what:
            case Torment.KILL:
                await self._crew.kill(worker)
                if self._chance.random() < 0.5:  # as often as not
                    await asyncio.sleep(self._chance.uniform(*self._pace.dead_s))
                await self._crew.start(worker)
            case Torment.TERM:
                await self._crew.tell_to_stop(worker)
                await self._crew.start(worker)
            case _:
                self.counts[what] += 1
                await self._frozen(worker, self._how_long(what))
        worker.is_spared = False

    def _how_long(self, what: Torment) -> float:
        if what is Torment.BLINK:
            return self._chance.uniform(*self._pace.blink_s)
        is_long = self._chance.random() < 0.25  # one of four
        self.counts["of these for more than 90 s"] += is_long
        return self._chance.uniform(*(self._pace.long_freeze_s if is_long else self._pace.freeze_s))

    async def _frozen(self, worker: Worker, seconds: float) -> None:
        self._crew.freeze(worker)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._crew.thaw(worker)
