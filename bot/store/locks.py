"""Locks on a server: a holder and until when it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store import keys
from bot.store.scripts import Script

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.store.connection import Connection

_HOLD = Script(
    "hold_lock",
    """
local lock, who, keep = KEYS[1], ARGV[1], tonumber(ARGV[2])
local stands = redis.call('HMGET', lock, 'holder', 'until')
if stands[1] and stands[1] ~= who and tonumber(stands[2]) > now then return 0 end
redis.call('HSET', lock, 'holder', who, 'until', now + keep)
redis.call('PEXPIRE', lock, keep)
return 1
""",
)

_RELEASE = Script(
    "release_lock",
    """
local stands = redis.call('HMGET', KEYS[1], 'holder', 'until')
if stands[1] ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return tonumber(stands[2]) > now and 1 or 0
""",
)

_HOLDER = Script(
    "lock_holder",
    """
local stands = redis.call('HMGET', KEYS[1], 'holder', 'until')
return stands[1] and tonumber(stands[2]) > now and stands[1]
""",
)


class StoredLocks:
    """See `bot.ports.Locks`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def hold(self, name: str, *, holder: str, keep: timedelta) -> bool:
        """See the port."""
        span = max(1, round(min(keep, keys.CACHED).total_seconds() * 1000))
        return bool(await self._connection.run(_HOLD, keys=[keys.lock(name)], args=[holder, span]))

    async def release(self, name: str, *, holder: str) -> bool:
        """See the port."""
        return bool(await self._connection.run(_RELEASE, keys=[keys.lock(name)], args=[holder]))

    async def holder(self, name: str) -> str | None:
        """See the port."""
        who = await self._connection.ask(_HOLDER, keys=[keys.lock(name)])
        return None if who is None else who.decode()
