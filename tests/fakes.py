"""Hand-written stand-ins that keep the promises of `bot.ports` in memory and can be looked into."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import Busy, SourceBusy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime


class FakeGate:
    """A `Gate` for one process that never makes anybody wait: it remembers instead what was asked of it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._inside: set[str] = set()
        self.entered: list[str] = []
        """Hosts, in order."""
        self.gaps: dict[str, timedelta] = {}
        self.closed: dict[str, tuple[datetime, str]] = {}
        """Host -> until when it is shut, and why."""
        self.strikes: dict[str, list[datetime]] = {}
        """Name -> when bad answers came that still count."""

    @asynccontextmanager
    async def enter(self, host: str, *, gap: timedelta, patience: timedelta) -> AsyncIterator[None]:
        """See the port. Two inside at once is an error of the caller's here."""
        until, reason = self.closed.get(host, (self._clock(), ""))
        if until > self._clock():
            raise SourceBusy(f"{host}: {reason}", retry_after=until - self._clock())
        assert host not in self._inside
        self._inside.add(host)
        self.entered.append(host)
        self.gaps[host] = gap
        try:
            yield
        finally:
            self._inside.discard(host)

    async def shut(self, host: str, *, until: datetime, reason: str) -> None:
        """See the port."""
        if until > self.closed.get(host, (self._clock(), ""))[0]:
            self.closed[host] = (until, reason)

    async def turn(self, name: str, *, gap: timedelta, burst: int, patience: timedelta) -> timedelta:
        """See the port: always at once while the door is open."""
        until, reason = self.closed.get(name, (self._clock(), ""))
        if until > self._clock():
            raise Busy(f"{name}: {reason}", retry_after=until - self._clock())
        self.entered.append(name)
        self.gaps[name] = gap
        return timedelta()

    async def strike(self, name: str, *, limit: int, per: timedelta, rest: timedelta) -> bool:
        """See the port."""
        now = self._clock()
        self.strikes[name] = [*(moment for moment in self.strikes.get(name, []) if moment > now - per), now]
        if len(self.strikes[name]) >= limit:
            await self.shut(name, until=now + rest, reason="too many bad answers")
        return self.closed.get(name, (now, ""))[0] > now


class FakeCache:
    """A `Cache` in memory that goes by a clock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._values: dict[str, tuple[bytes, datetime]] = {}
        self._uses: dict[tuple[str, int], int] = {}

    async def get(self, key: str) -> bytes | None:
        """See the port."""
        value, until = self._values.get(key, (b"", self._clock()))
        return value if until > self._clock() else None

    async def put(self, key: str, value: bytes, *, keep: timedelta) -> None:
        """See the port."""
        self._values[key] = (value, self._clock() + keep)

    async def first(self, key: str, *, keep: timedelta) -> bool:
        """See the port."""
        if await self.get(f"first:{key}") is not None:
            return False
        await self.put(f"first:{key}", b"", keep=keep)
        return True

    async def allow(self, key: str, *, limit: int, per: timedelta) -> bool:
        """See the port."""
        window = (key, int(self._clock().timestamp() // per.total_seconds()))
        self._uses[window] = self._uses.get(window, 0) + 1
        return self._uses[window] <= limit

    async def forget(self, platform: str, workspace: str) -> int:
        """See the port."""
        theirs = [key for key in self._values if key.removeprefix("first:").startswith(f"{platform}:") and f":{workspace}:" in key]
        for key in theirs:
            del self._values[key]
        return len(theirs)
