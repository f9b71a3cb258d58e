"""The pulse of a process: every few seconds it tells the store that it lives, how it is, and what it has counted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot import __version__
from bot.errors import StoreTrouble
from bot.ports import MISSED, Pulse
from bot.ticker import Tally
from bot.uptime import uptime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from bot.desk import Desk

EVERY = MISSED / 4
STUCK = timedelta(minutes=10)
"""A process whose telltale tick has not come to its end for so long does not work any more, and is better started again."""
TELLTALE = "tell backlog"
"""A tick that comes every minute and never takes long. Those that plan and deliver go on for as long as there is anything to do."""
PATIENCE_S = 10.0
"""Seconds a store may take to hear us."""
GOODBYE_S = 2.0
"""Seconds it may take at the end, when somebody waits for us."""

_log = structlog.get_logger()


class Beating:
    """One process's pulse.

    Args:
        not_ready: The names of its parts that cannot work at the moment.
        ticks: How its ticks do; empty if it has none.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        role: str,
        not_ready: Callable[[], Awaitable[Sequence[str]]],
        ticks: Callable[[], Mapping[str, Tally]],
        clock: Callable[[], float] = uptime,
    ) -> None:
        host = socket.gethostname()
        self.process = f"{role}-{host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._desk = desk
        self._role = role
        self._host = host
        self._not_ready = not_ready
        self._ticks = ticks
        self._clock = clock
        self._started: datetime | None = None
        self._ticked: dict[str, Tally] = {}
        """How the ticks did when they were last counted."""
        self._telltale = -1
        self._told_at = clock()

    def alive(self) -> bool:
        """Whether the ticks move; that the loop does, whoever gets an answer knows. A store that is away is no reason to say no."""
        telltale = self._ticks().get(TELLTALE)
        if telltale is None:
            return True
        if telltale.done != self._telltale:
            self._telltale, self._told_at = telltale.done, self._clock()
        return self._clock() - self._told_at < STUCK.total_seconds()

    async def beat(self) -> None:
        """Tell the store once. A process that is stuck says nothing, so that it is missed.

        Raises:
            StoreTrouble: It did not hear us; what was counted is told the next time.
        """
        if self.alive():
            now = await self._desk.store.now()
            self._started = self._started or now
            pulse = Pulse(
                process=self.process,
                role=self._role,
                host=self._host,
                pid=os.getpid(),
                version=__version__,
                started=self._started,
                at=now,
                not_ready=tuple(await self._not_ready()),
                memory=resident(),
                ticks={name: tally.last for name, tally in self._ticks().items()},
            )
            await self._desk.store.figures.beat(pulse)
        await self._count()

    async def leave(self) -> None:
        """Tell what was counted to the last, and that there is nothing more to come."""
        await self._count()
        await self._desk.store.figures.leave(self.process)

    def _count_ticks(self) -> None:
        for name, tally in self._ticks().items():
            before = self._ticked.get(name, Tally())
            if tally.done != before.done:
                self._desk.counts.ticked(name, times=tally.done - before.done, failed=tally.failed - before.failed)
                self._ticked[name] = tally

    async def _count(self) -> None:
        self._count_ticks()
        number, grown = self._desk.counts.batch()
        if grown:
            await self._desk.store.figures.add(self.process, number, grown)
            self._desk.counts.came_through()


@asynccontextmanager
async def beating(
    desk: Desk, *, role: str, not_ready: Callable[[], Awaitable[Sequence[str]]], ticks: Callable[[], Mapping[str, Tally]] = dict
) -> AsyncIterator[Beating]:
    """While the block runs the process has a pulse. At the end what it counted is told; a store that is away then does not hear it.

    Args:
        role: The subcommand.
        not_ready: The names of its parts that cannot work at the moment.
        ticks: How its ticks do.
    """
    pulse = Beating(desk, role=role, not_ready=not_ready, ticks=ticks)
    going_on = asyncio.create_task(_go_on(pulse), name="pulse")
    try:
        yield pulse
    finally:
        going_on.cancel()
        await asyncio.wait([going_on])
        try:
            async with asyncio.timeout(GOODBYE_S):
                await pulse.leave()
        except (StoreTrouble, TimeoutError) as trouble:
            _log.warning("figures_not_told", reason=str(trouble) or "not answered in time")


async def _go_on(pulse: Beating) -> None:
    heard = True
    while True:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await pulse.beat()
        except (StoreTrouble, TimeoutError) as trouble:
            if heard:
                _log.warning("pulse_not_heard", reason=str(trouble) or "not answered in time")
            heard = False
        except Exception:  # noqa: BLE001  # a bug in what watches must not end what it watches over
            _log.exception("pulse_failed")
        else:
            heard = True
        await asyncio.sleep(EVERY.total_seconds())


def resident() -> int:
    """Bytes of this process in memory; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
