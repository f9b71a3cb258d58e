"""How much memory a bot and its embedded server hold: what is resident of the process and of its children, looked at all the while."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

MB = 1024 * 1024
EVERY = 0.1
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes resident at one moment (/proc/PID/smaps_rollup).

    Rss and not Pss: the libraries that this benchmark shares with the bot are the bot's alone where it runs alone.
    """

    bot: int
    store: int
    """Its server; of a fork that writes the server's file anew, what it does not share with the server."""

    @property
    def both(self) -> int:
        """What a container's limit is about."""
        return self.bot + self.store

    def __str__(self) -> str:
        return f"{self.both / MB:5.0f} MB: bot {self.bot / MB:4.0f}, its server {self.store / MB:4.0f}"


@dataclass(slots=True)
class Scales:
    """A process and its children, weighed until now."""

    pid: int
    now: Weight = Weight(0, 0)
    peak: Weight = Weight(0, 0)
    """The look at which both together were heaviest."""
    looks: int = 0
    _highest: dict[int, int] = field(default_factory=dict)

    @property
    def high_water(self) -> Weight:
        """The most that was ever resident of each by itself, between looks too, by the kernel's own count (VmHWM)."""
        own = self._highest.get(self.pid, 0)
        return Weight(own, max((high for pid, high in self._highest.items() if pid != self.pid), default=0))

    def look(self) -> Weight:
        """Weigh once."""
        servers = list(_children(self.pid))
        forks = [fork for server in servers for fork in _children(server)]
        own = sum(_field(fork, "smaps_rollup", "Private_Dirty:") for fork in forks)
        self.now = Weight(_resident(self.pid), sum(map(_resident, servers)) + own)
        self.peak = max(self.peak, self.now, key=lambda weight: weight.both)
        self._highest |= {pid: high for pid in (self.pid, *servers) if (high := _field(pid, "status", "VmHWM:"))}
        self.looks += 1
        return self.now


@contextlib.asynccontextmanager
async def weighed(pid: int) -> AsyncIterator[Scales]:
    """Weigh a process and its children again and again until the end of the block."""
    scales = Scales(pid)

    async def again() -> None:
        while True:
            # In a thread, for the kernel walks a table for it, and who plays the platforms has other things to do meanwhile.
            await asyncio.to_thread(scales.look)
            await asyncio.sleep(EVERY)

    looking = asyncio.create_task(again())
    try:
        yield scales
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking


def _children(pid: int) -> Iterator[int]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (task / "children").read_text().split())


def _resident(pid: int) -> int:
    return _field(pid, "smaps_rollup", "Rss:")


def _field(pid: int, file: str, name: str) -> int:
    """Bytes; 0 of a process that has just ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0
