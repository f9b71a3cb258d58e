"""The doors to outside hosts on a server: one at a time or so many a second over all processes, and shut where we are not wanted."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from bot.errors import Busy, SourceBusy, StoreAway
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
  for _, moment in ipairs(redis.call('HMGET', door, 'until', 'next', 'shut', 'taken')) do
    if moment and tonumber(moment) > last then last = tonumber(moment) end
  end
  redis.call('PEXPIRE', door, math.min(math.ceil(last - now) + 1000, CACHED))
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

_TURN = Script(
    "take_turn",
    _KEEP
    + """
local door = KEYS[1]
local gap, burst, patience = tonumber(ARGV[1]) / 1000, tonumber(ARGV[2]), tonumber(ARGV[3]) / 1000
local stands = redis.call('HMGET', door, 'shut', 'reason', 'taken')
if stands[1] and tonumber(stands[1]) > now then return {'shut', (tonumber(stands[1]) - now) * 1000, stands[2]} end
local taken = math.max(stands[3] and tonumber(stands[3]) or now, now)
local wait = math.max(taken - (burst - 1) * gap - now, 0)
if wait > patience then return {'late', math.ceil(wait * 1000), ''} end
redis.call('HSET', door, 'taken', string.format('%.3f', taken + gap))
keep(door)
return {'yours', math.ceil(wait * 1000), ''}
""",
)
"""The generic cell rate algorithm (ITU-T I.371, as a virtual schedule): `taken` is the theoretical arrival time of the next turn, the
moment up to which turns at the long-run rate are given away, in milliseconds with three decimals."""

_STRIKE = Script(
    "strike_gate",
    _KEEP
    + """
local door, strikes = KEYS[1], KEYS[2]
local limit, per, rest = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZADD', strikes, now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', strikes, '-inf', now - per)
redis.call('ZREMRANGEBYRANK', strikes, 0, -limit - 1)
redis.call('PEXPIRE', strikes, per)
local shut = tonumber(redis.call('HGET', door, 'shut') or 0)
if redis.call('ZCARD', strikes) >= limit and now + rest > shut then
  shut = now + rest
  redis.call('HSET', door, 'shut', shut, 'reason', 'too many bad answers')
  keep(door)
end
return shut > now and 1 or 0
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

    async def turn(self, name: str, *, gap: timedelta, burst: int, patience: timedelta) -> timedelta:
        """See the port. Fair: turns come in the order in which they were asked for."""
        args: list[Sendable] = [_micros(gap), burst, _micros(patience)]
        state, wait, reason = await self._connection.run(_TURN, keys=[keys.gate(name)], args=args)
        left = timedelta(microseconds=wait)
        if state == b"shut":
            raise Busy(f"{name}: {reason.decode()}", retry_after=left)
        if state == b"late":
            raise Busy(f"the turns at {name} are taken for a while", retry_after=left)
        return left

    async def strike(self, name: str, *, limit: int, per: timedelta, rest: timedelta) -> bool:
        """See the port. No more than 30 days are counted, or rested."""
        spans = [round(min(span, keys.CACHED).total_seconds() * 1000) for span in (per, rest)]
        shut = await self._connection.run(_STRIKE, keys=[keys.gate(name), keys.strikes(name)], args=[uuid4().hex, limit, *spans])
        return bool(shut)

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


def _micros(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)
