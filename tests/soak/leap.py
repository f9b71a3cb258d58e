"""Time that passes for the store alone, where nobody is at work: so that a test need not wait for leases and quarantines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store import keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import timedelta

    from bot.store.store import RedisStore

MOMENTS = ("until", "first", "last")
"""Of a delivery, in milliseconds; 0 for none."""


async def leap(store: RedisStore, by: timedelta) -> None:
    """Make everything that is on its way older. Nobody may be at it: a request under way would seem to be over."""
    back = -round(by.total_seconds() * 1000)
    async for lane in _found(store, "lane:*"):
        await _shifted(store, lane, back)
    async for lanes in _found(store, "lanes:*"):
        await _shifted(store, lanes, back)
    await _shifted(store, keys.PLANNING, back)
    async for delivery in _found(store, "delivery:*"):
        for name, stands in zip(MOMENTS, await store.connection.read("HMGET", delivery, *MOMENTS), strict=True):
            if int(stands or 0):
                await store.connection.call("HSET", delivery, name, int(stands) + back)


async def is_at_rest(store: RedisStore) -> bool:
    """Whether whatever is on its way waits for a later moment, or is in somebody's hands."""
    now = round((await store.now()).timestamp() * 1000)
    async for lane in _found(store, "lane:*"):
        if await store.connection.read("ZCOUNT", lane, "-inf", now):
            return False
    held = await store.connection.read("ZCOUNT", keys.PLANNING, now, "+inf")
    return bool((await store.channels.overdue()).slots <= held)


async def _shifted(store: RedisStore, zset: str, by: int) -> None:
    for member in await store.connection.read("ZRANGE", zset, 0, -1):
        await store.connection.call("ZINCRBY", zset, by, member)


async def _found(store: RedisStore, pattern: str) -> AsyncIterator[str]:
    cursor = b"0"
    seen: set[str] = set()
    while True:
        cursor, names = await store.connection.read("SCAN", cursor, "MATCH", keys.PREFIX + pattern, "COUNT", 1000)
        for name in names:
            if (text := name.decode()) not in seen:
                seen.add(text)
                yield text
        if int(cursor) == 0:
            return
