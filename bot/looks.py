"""Looks at the store for pages that anybody may ask for, as often as they like: one look serves all who come within a while."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import structlog

from bot.errors import StoreTrouble
from bot.uptime import uptime

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import timedelta

T = TypeVar("T")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Look(Generic[T]):
    """What was seen."""

    seen: T | None
    """At the last look that the store answered; None if it never did."""
    away: bool
    """Whether the store did not answer this time."""


class Looks(Generic[T]):
    """Asks at most once within `keep`, and hands what it saw to all who come.

    Args:
        look: Asks the store; may raise StoreTrouble.
        patience: How long the store may take. A person waits for the page.
        clock: Seconds that only grow.
    """

    def __init__(
        self, look: Callable[[], Awaitable[T]], *, keep: timedelta, patience: timedelta, clock: Callable[[], float] = uptime
    ) -> None:
        self._look = look
        self._keep_s = keep.total_seconds()
        self._patience_s = patience.total_seconds()
        self._clock = clock
        self._looking = asyncio.Lock()
        self._until: float | None = None
        self._last: Look[T] = Look(None, away=False)

    async def __call__(self) -> Look[T]:
        """What is to be seen now. Raises nothing of the store's: a page that tells how all is tells of that, too."""
        async with self._looking:
            if self._until is None or self._clock() >= self._until:
                self._last = await self._again()
                # From the end of the look: a store that hangs is not asked by one visitor after the other.
                self._until = self._clock() + self._keep_s
            return self._last

    async def _again(self) -> Look[T]:
        try:
            async with asyncio.timeout(self._patience_s):
                return Look(await self._look(), away=False)
        except (StoreTrouble, TimeoutError) as trouble:
            if not self._last.away:
                _log.warning("status_not_known", reason=str(trouble) or "the store does not answer in time")
            return Look(self._last.seen, away=True)
