"""The doors to outside hosts on a server: one process at a time, with a gap between, and shut where we are not wanted."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from bot.errors import SourceBusy, StoreAway
from bot.store import keys
from bot.store.connection import ms
from bot.store.scripts import Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from bot.store.connection import Connection, Sendable

TURN = timedelta(seconds=90)
"""A turn lasts no longer: whoever is still inside then counts as crashed, and the next may enter."""
POLL = timedelta(milliseconds=250)
"""How often to look whether somebody inside has left."""

_KEEP = f"""
local CACHED = {int(keys.CACHED.total_seconds() * 1000)}
local function keep(door)
  local last = now
  for _, moment in ipairs(redis.call('HMGET', door, 'until', 'next', 'shut')) do
    if moment and tonumber(moment) > last then last = tonumber(moment) end
  end
  redis.call('PEXPIRE', door, math.min(last - now + 1000, CACHED))
end
"""

_ENTER = Script(
    "enter_gate",
    _KEEP
    + """
local door = KEYS[1]
local who, gap, turn = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local stands = redis.call('HMGET', door, 'shut', 'reason', 'until', 'next')
if stands[1] and tonumber(stands[1]) > now then return {'shut', now, tonumber(stands[1]), stands[2]} end
if stands[3] and tonumber(stands[3]) > now then return {'held', now, tonumber(stands[3]), ''} end
if stands[4] and tonumber(stands[4]) > now then return {'early', now, tonumber(stands[4]), ''} end
redis.call('HSET', door, 'who', who, 'until', now + turn, 'next', now + gap)
keep(door)
return {'in', now, now, ''}
""",
)

_LEAVE = Script(
    "leave_gate",
    _KEEP
    + """
local door = KEYS[1]
if redis.call('HGET', door, 'who') ~= ARGV[1] then return 0 end
redis.call('HDEL', door, 'who', 'until')
if redis.call('EXISTS', door) == 1 then keep(door) end
return 1
""",
)

_SHUT = Script(
    "shut_gate",
    _KEEP
    + """
local door, shut, reason = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local stands = redis.call('HGET', door, 'shut')
if stands and tonumber(stands) >= shut or shut <= now then return 0 end
redis.call('HSET', door, 'shut', shut, 'reason', reason)
keep(door)
return 1
""",
)


class StoredGate:
    """See `bot.ports.Gate`. Not fair: of several who wait, any may be next.

    Args:
        pause: How to wait, given seconds.
    """

    def __init__(self, connection: Connection, *, pause: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._connection = connection
        self._pause = pause

    @asynccontextmanager
    async def enter(self, host: str, *, gap: timedelta, patience: timedelta) -> AsyncIterator[None]:
        """See the port. A turn lasts at most TURN, whatever is done with it."""
        who = uuid4().hex
        await self._wait(host, who, gap=gap, patience=patience)
        try:
            yield
        finally:
            # The turn ends by itself if this is not heard; what was done inside must not fail for it.
            with suppress(StoreAway):
                await self._connection.run(_LEAVE, keys=[keys.gate(host)], args=[who])

    async def shut(self, host: str, *, until: datetime, reason: str) -> None:
        """See the port. A moment that has passed changes nothing; more than 30 days ahead counts as 30 days."""
        await self._connection.run(_SHUT, keys=[keys.gate(host)], args=[ms(until), reason])

    async def _wait(self, host: str, who: str, *, gap: timedelta, patience: timedelta) -> None:
        deadline: float | None = None
        args: list[Sendable] = [who, round(gap.total_seconds() * 1000), round(TURN.total_seconds() * 1000)]
        while True:
            state, now, free, reason = await self._connection.run(_ENTER, keys=[keys.gate(host)], args=args)
            if state == b"in":
                return
            if deadline is None:
                deadline = now + patience.total_seconds() * 1000
            left = timedelta(milliseconds=free - now)
            if state == b"shut":
                raise SourceBusy(f"{host}: {reason.decode()}", retry_after=left)
            if state == b"early" and free > deadline:
                raise SourceBusy(f"{host} was asked a moment ago", retry_after=left)
            if state == b"held" and now >= deadline:
                # Whoever is inside leaves long before the turn is over, most likely.
                raise SourceBusy(f"{host} is being asked by another process", retry_after=min(left, max(gap, POLL)))
            await self._pause(min(left, POLL).total_seconds() if state == b"held" else left.total_seconds())
