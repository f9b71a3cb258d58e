"""The books of the sources on a server: when each is read next, by whom, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.errors import CorruptRecord
from bot.ports import Health, Turn
from bot.store import keys
from bot.store.codec import pack_health, unpack_health
from bot.store.connection import moment, ms
from bot.store.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from bot.store.connection import Connection, Sendable

_log = structlog.get_logger()

_ENSURE = Script(
    "ensure_fetch",
    """
return redis.call('ZADD', KEYS[1], 'NX', now, ARGV[1])
""",
)

_CLAIM = Script(
    "claim_fetch",
    """
local fetches, books, marks = unpack(KEYS)
local source, lease, force = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local due = redis.call('ZSCORE', fetches, source)
if not force and (not due or tonumber(due) > now) then return false end
local held = redis.call('HGET', books, 'until')
if held and tonumber(held) > now then return false end
local fence = redis.call('HINCRBY', books, 'fence', 1)
redis.call('HSET', books, 'until', now + lease)
return {fence, redis.call('HGET', marks, source) or '', redis.call('HGET', books, 'health') or ''}
""",
)

_FINISH = Script(
    "finish_fetch",
    """
local fetches, books = unpack(KEYS)
local source, fence, health, again = unpack(ARGV)
if redis.call('HGET', books, 'fence') ~= fence then return 0 end
redis.call('HSET', books, 'health', health, 'until', 0)
redis.call('ZADD', fetches, again, source)
return 1
""",
)


class StoredFetches:
    """See `bot.ports.Fetches`. A reader who dies needs nobody to notice: the next may read when the lease is over."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ensure(self, source: str) -> None:
        """See the port."""
        await self._connection.run(_ENSURE, keys=[keys.FETCHES], args=[source])

    async def claim(self, source: str, *, lease: timedelta, force: bool = False) -> Turn | None:
        """See the port."""
        places = [keys.FETCHES, keys.fetch(source), keys.MARKS]
        reply = await self._connection.run(_CLAIM, keys=places, args=[source, round(lease.total_seconds() * 1000), int(force)])
        if reply is None:
            return None
        fence, mark, health = reply
        return Turn(source=source, fence=fence, mark=mark, health=_health(health, source))

    async def finish(self, turn: Turn, health: Health, *, again: datetime) -> bool:
        """See the port. Twice is as good as once."""
        args: list[Sendable] = [turn.source, turn.fence, pack_health(health), ms(again)]
        return bool(await self._connection.run(_FINISH, keys=[keys.FETCHES, keys.fetch(turn.source)], args=args))

    async def health(self, sources: Sequence[str]) -> dict[str, tuple[Health, datetime | None]]:
        """See the port."""
        books = await self._connection.read_all([("HGET", keys.fetch(source), "health") for source in sources])
        times = await self._connection.read_all([("ZSCORE", keys.FETCHES, source) for source in sources])
        return {
            source: (_health(health or b"", source), None if due is None else moment(due))
            for source, health, due in zip(sources, books, times, strict=True)
            if health is not None or due is not None
        }


def _health(record: bytes, source: str) -> Health:
    if not record:
        return Health()
    try:
        return unpack_health(record, key=keys.fetch(source))
    except CorruptRecord as error:
        # Only books: better to begin them anew than to read this source never again.
        _log.warning("corrupt_record", key=error.key, reason=str(error))
        return Health()
