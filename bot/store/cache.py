"""Bytes and counts on a server, worth keeping for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store import keys
from bot.store.scripts import Script
from bot.store.traces import as_it_is, found

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.store.connection import Connection

_FIRST = Script(
    "ask_first",
    """
local stands = redis.call('GET', KEYS[1])
if stands and tonumber(stands) > now then return 0 end
redis.call('SET', KEYS[1], now + ARGV[1], 'PX', ARGV[1])
return 1
""",
)

_ALLOW = Script(
    "allow_use",
    """
local per = tonumber(ARGV[1])
local key = KEYS[1] .. string.format('%.0f', math.floor(now / per))
local uses = redis.call('INCR', key)
if uses == 1 then redis.call('PEXPIRE', key, per) end
return uses
""",
)


class StoredCache:
    """See `bot.ports.Cache`. Nothing stays longer than 30 days."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, key: str) -> bytes | None:
        """See the port."""
        value: bytes | None = await self._connection.read("GET", keys.cache(key))
        return value

    async def put(self, key: str, value: bytes, *, keep: timedelta) -> None:
        """See the port. Twice is as good as once."""
        await self._connection.call("SET", keys.cache(key), value, "PX", _whole(keep))

    async def first(self, key: str, *, keep: timedelta) -> bool:
        """See the port. If this raises, nobody knows: the next to ask may be told that it is not the first."""
        return bool(await self._connection.run(_FIRST, keys=[keys.first(key)], args=[_whole(keep)]))

    async def allow(self, key: str, *, limit: int, per: timedelta) -> bool:
        """See the port. Windows begin at whole multiples of `per` since 1970 UTC."""
        window = f"{_whole(per)}:"
        uses = await self._connection.run(_ALLOW, keys=[keys.allow(key, window)], args=[_whole(per)])
        return bool(uses <= limit)

    async def forget(self, platform: str, workspace: str) -> int:
        """See the port. Looks at every key there is: for rare use."""
        beginnings = (keys.cache(f"{platform}:"), keys.first(f"{platform}:"))
        forgotten = 0
        async for some in found(self._connection, f"{keys.PREFIX}*:{platform}:*:{as_it_is(workspace)}:*"):
            theirs = [key for key in some if key.startswith(beginnings)]
            forgotten += await self._connection.call("UNLINK", *theirs) if theirs else 0
        return forgotten


def _whole(duration: timedelta) -> int:
    return max(1, round(min(duration, keys.CACHED).total_seconds() * 1000))
