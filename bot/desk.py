"""The desk: everything a command or a job works with, joined once at the start by `bot.__main__`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.counts import Counts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from bot.memory import Memory
    from bot.ports import Charts, Lookup, Outlet, Source, Store


AT_ONCE = 2
"""Digests composed side by side: one, and another while that waits for the store."""


async def _nobody_waits() -> object:
    """The default of `Desk.hurry`: the next tick is soon enough."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """What is at hand. Nothing here is a rule; the rules are in `commands` and `jobs`."""

    store: Store
    memory: Memory
    sources: Sequence[Source] = ()
    """What is read by itself, in the order `status` shows it."""
    lookups: Sequence[Lookup] = ()
    """Where single papers and searches are asked for, first choice first."""
    charts: Charts | None = None
    """Where `today` and `trending` come from."""
    outlets: Mapping[str, Outlet] = field(default_factory=dict)
    """By platform."""
    hurry: Callable[[], Awaitable[object]] = _nobody_waits
    """Deliver what is due now rather than at the next tick; somebody is looking."""
    counts: Counts = field(default_factory=Counts)
    """What this process counts."""
    composing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    """Held while a digest is composed, which is computing for the most part: answers go between two of them, and not after a dozen."""

    async def caught_up(self) -> datetime:
        """Bring the archive and the rules up to date; returns the store's now, by which they are."""
        now = await self.store.now()
        await self.memory.catch_up(now)
        return now
