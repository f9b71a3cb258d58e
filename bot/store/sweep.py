"""Hourly housekeeping: what does not go by itself.

Most of what is kept expires by itself, and a channel's histories are trimmed whenever something is added to them. Left are the sorted
sets of revisions, whose entries cannot expire one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store import keys
from bot.store.scripts import Script

if TYPE_CHECKING:
    from bot.store.connection import Connection

_AT_ONCE = 1_000

_EXPIRED = Script(
    "sweep_papers",
    f"""
local entries = redis.call('ZRANGE', KEYS[1], '(' .. ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[2], 'WITHSCORES')
local gone = 0
for place = 1, #entries, 2 do
  if redis.call('EXISTS', '{keys.PREFIX}paper:' .. entries[place]) == 0 then
    gone = gone + redis.call('ZREM', KEYS[1], entries[place])
  end
end
return {{gone, entries[#entries]}}
""",
)

_TOMBSTONES = Script(
    "sweep_tombstones",
    """
local forgotten, changed, floor = unpack(KEYS)
local addresses = redis.call('ZRANGE', forgotten, '-inf', now - ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
local highest = tonumber(redis.call('GET', floor) or 0)
for _, address in ipairs(addresses) do
  highest = math.max(highest, tonumber(redis.call('ZSCORE', changed, address) or 0))
  redis.call('ZREM', changed, address)
  redis.call('ZREM', forgotten, address)
end
if #addresses > 0 then redis.call('SET', floor, highest) end
return #addresses
""",
)


async def sweep_papers(connection: Connection) -> int:
    """Forget the revisions of papers that expired. Returns how many."""
    dropped = 0
    after: bytes | None = b"0"
    while after is not None:
        # The last answer carries no second element: Lua ends a list at nil.
        gone, after = (*await connection.run(_EXPIRED, keys=[keys.PAPERS], args=[after, _AT_ONCE]), None)[:2]
        dropped += gone
    return dropped


async def sweep_tombstones(connection: Connection) -> int:
    """Forget that channels were forgotten, TOMBSTONE ago or longer. Returns how many."""
    dropped, stays = 0, int(keys.TOMBSTONE.total_seconds() * 1000)
    while some := await connection.run(_TOMBSTONES, keys=[keys.FORGOTTEN, keys.CHANGED, keys.RULES_FLOOR], args=[stays, _AT_ONCE]):
        dropped += some
    return dropped
