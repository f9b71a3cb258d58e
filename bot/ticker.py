"""The ticks of a process: what is done again and again, each at its own interval, never twice at once.

APScheduler goes by the wall clock, which may jump: when a machine without a battery first hears the time, when an operator sets it, when a
virtual machine is moved. Set back by an hour, nothing would come for an hour; set forward from 1970, every tick missed since would be
listed. So our trigger knows no missed ticks, and a watch that goes by the loop's clock calls what was put off.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.errors import StoreAway, StoreFull

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WATCH_EVERY = timedelta(seconds=1)
"""How often is looked whether the wall clock was set back; set back by no more than this, it only puts a tick off by as much."""

OFTEN = timedelta(minutes=1)
"""Ticks that come at least so often tell whether the store is back."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Every:
    """A trigger that fires `interval` after it last did, or ought to have; of what was missed it knows nothing."""

    interval: timedelta

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        following = (previous or now) + self.interval
        return following if following > now else now + self.interval


BaseTrigger.register(_Every)


@dataclass(frozen=True, slots=True)
class Tally:
    """How a tick has been doing, for health checks."""

    done: int = 0
    """How often it came to its end, well or not."""
    failed: int = 0
    """How often it raised."""
    last: datetime | None = None
    """When it last came to its end, aware UTC by this process's clock."""


class Ticker:
    """Runs coroutine functions at intervals, from the moment of `start`, one run of each at a time.

    A tick that raises is told loudly and counted, and comes again at its next time. A store that is away is told once when it goes and
    once when it is back, not at every tick.

    Args:
        clock: This machine's wall clock, aware UTC, as APScheduler reads it.
    """

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        # A tick that is still busy is left out: that is what we asked for, and no warning every second.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            # The default grace of one second would drop ticks after every hiccup of the loop.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._ticks: dict[str, Callable[[], Awaitable[object]]] = {}
        self._tallies: dict[str, Tally] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._impatient: set[str] = set()
        self._without_store: set[str] = set()
        self._rare: set[str] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._stopping = False

    def every(self, interval: timedelta, tick: Callable[[], Awaitable[object]], name: str, *, patient: bool = True) -> None:
        """Add a tick: at once, or when started, then again `interval` after each beginning (left out while it is still busy).

        Args:
            patient: Whether `stop` waits for it; a tick that may be broken off anywhere without harm is cancelled at once.

        Raises:
            ValueError: There is a tick of that name.
        """
        if name in self._ticks:
            raise ValueError(f"there is a tick {name!r} already")
        self._ticks[name] = tick
        if not patient:
            self._impatient.add(name)
        if interval > OFTEN:
            self._rare.add(name)
        self._tallies[name] = Tally()
        self._scheduler.add_job(self._begin, _Every(interval), args=(name,), id=name, next_run_time=self._clock())

    def start(self) -> None:
        """Let the ticks begin. Needs a running loop."""
        self._scheduler.start()
        self._watch_the_clock()

    def nudge(self, name: str) -> None:
        """Run a tick now, or once more right after the run it is in. Nothing after `stop`."""
        if name in self._running:
            self._again.add(name)
        else:
            self._run(name)

    async def stop(self, *, patience: timedelta | None = None) -> None:
        """Begin no tick any more, and return when those that run are through. Twice is as good as once.

        Args:
            patience: After so long cancel those that still run; None waits however long it takes.
        """
        self._stopping = True
        if self._scheduler.running:
            # What it has just begun has the loop's next turn to end: it would be cancelled, and that told as an error.
            self._scheduler.pause()
            await asyncio.sleep(0)
            # Not wait=True: that would cancel what runs.
            self._scheduler.shutdown(wait=False)
        if self._watch is not None:
            self._watch.cancel()
        for name in self._impatient & self._running.keys():
            self._running[name].cancel()
        if running := list(self._running.values()):
            _, late = await asyncio.wait(running, timeout=None if patience is None else patience.total_seconds())
            for task in late:
                _log.warning("tick_cancelled", tick=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def tallies(self) -> dict[str, Tally]:
        """How each tick has been doing."""
        return dict(self._tallies)

    def _watch_the_clock(self) -> None:
        now = self._clock()
        put_off = [job for job in self._scheduler.get_jobs() if job.next_run_time > now + job.trigger.interval + WATCH_EVERY]
        if put_off:
            _log.warning("clock_set_back", ticks=[job.id for job in put_off])
        for job in put_off:
            job.modify(next_run_time=now)
        self._watch = asyncio.get_running_loop().call_later(WATCH_EVERY.total_seconds(), self._watch_the_clock)

    async def _begin(self, name: str) -> None:
        # A task of our own: the scheduler cancels its tasks when it shuts down.
        if name not in self._running:
            self._run(name)

    def _run(self, name: str) -> None:
        if self._stopping:
            return
        task = asyncio.create_task(self._ticked(name), name=name)
        self._running[name] = task
        task.add_done_callback(lambda _: self._ended(name))

    def _ended(self, name: str) -> None:
        del self._running[name]
        if name in self._again:
            self._again.discard(name)
            self._run(name)

    async def _ticked(self, name: str) -> None:
        failed = 0
        try:
            await self._ticks[name]()
        except (StoreAway, StoreFull) as error:
            failed = 1
            if not self._without_store:
                _log.error("store_full" if isinstance(error, StoreFull) else "store_away", tick=name, reason=str(error))
            self._without_store.add(name)
        except Exception:  # noqa: BLE001 - told loudly and counted; one tick's bug must not stop the others
            failed = 1
            _log.exception("tick_failed", tick=name)
        else:
            if name in self._without_store:
                # Those that come rarely would tell it an hour late.
                self._without_store -= {name} | self._rare
                if not self._without_store:
                    _log.info("store_back", tick=name)
        tally = self._tallies[name]
        self._tallies[name] = Tally(tally.done + 1, tally.failed + failed, self._clock())
