"""The promise of the store about sources: when each is read, by whom, and how it has been doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a source has been doing."""

    last_good: datetime | None = None
    """Last reading without trouble."""
    last_new: datetime | None = None
    """Last reading that held a paper not seen before."""
    failures: int = 0
    """In a row, up to now."""
    failing_since: datetime | None = None
    trouble: str = ""
    """What went wrong the last time; "" after a good reading."""
    note: str = ""
    seen: int = 0
    """Papers of the last good reading that held any."""
    new: int = 0
    """Of these, never seen before."""
    refused: int = 0
    """Entries refused, all together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The right to read a source now."""

    source: str
    fence: int
    mark: bytes
    health: Health


class Fetches(Protocol):
    """When each source is read next, by whom, and how it went."""

    async def ensure(self, source: str) -> None:
        """Put a source on the agenda for now unless it stands there already."""

    async def claim(self, source: str, *, lease: timedelta, force: bool = False) -> Turn | None:
        """The right to read it, if its time has come (or `force`) and nobody else is at it."""

    async def finish(self, turn: Turn, health: Health, *, again: datetime) -> bool:
        """Write down how it went and when it is read next. False if the lease had passed to somebody else: nothing was written."""

    async def health(self, sources: Sequence[str]) -> dict[str, tuple[Health, datetime | None]]:
        """How each has been doing and when it is read next; unknown ones are missing."""
