"""What a Lua script is here, and the few Lua functions that all of them share.

To add an atomic step: a module constant `Script(name, lua)` in the file of the class it serves, and one typed method that calls
`connection.run(SCRIPT, keys=[...], args=[...])` and turns the reply into a value. In the Lua text

- `KEYS` are the keys as `bot.store.keys` spells them,
- `ARGV[1]` is the first of `args`,
- `now` is the moment in whole milliseconds since 1970 UTC by the server's clock (by the store's clock in tests),
- `PREFIX` is what every key begins with,
- `remember(key, id, ms)` files `id` at `ms` into one of a channel's histories (a sorted set), trims it and lets it expire,
- `longer(key, ms)` makes a key stay at least so long from now, never shorter; one that stays for good stays for good,
- `paper_keys(id)` are the keys of a paper: its record and its other names,
- `file(address, id)` puts a paper into a channel's inbox unless it was ever filed there, and says whether it did.

Lists of keys may also be spelt in Lua: a cluster, which would mind, is refused at the start.
Every script must be idempotent (a reply may be lost and the step repeated), and short: others wait meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha1

from bot.store.keys import MATCHED, PREFIX

NAMES_AT = 5
"""Bytes before the names in a paper's record: see `bot.store.codec`."""

_SHARED = f"""
local now = table.remove(ARGV, 1)
if now == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(now)
end
local PREFIX = '{PREFIX}'
local MATCHED = {int(MATCHED.total_seconds() * 1000)}
local function longer(key, ms)
  local left = redis.call('PTTL', key)
  if left >= 0 and left < ms then redis.call('PEXPIRE', key, ms) end
end
local function paper_keys(id)
  local keys = {{PREFIX .. 'paper:' .. id}}
  local record = redis.call('GET', keys[1])
  if record and #record >= {NAMES_AT + 2} then
    local size = struct.unpack('>I2', record, {NAMES_AT + 1})
    for name in string.gmatch(string.sub(record, {NAMES_AT + 3}, {NAMES_AT + 2} + size), '[^\\n]+') do
      keys[#keys + 1] = PREFIX .. 'alias:' .. name
    end
  end
  return keys
end
local function file(address, id)
  local filed, inbox = PREFIX .. 'filed:' .. address, PREFIX .. 'inbox:' .. address
  redis.call('ZREMRANGEBYSCORE', filed, '-inf', now - MATCHED)
  if redis.call('ZADD', filed, 'NX', now, id) == 0 then return false end
  redis.call('ZREMRANGEBYSCORE', inbox, '-inf', now - MATCHED)
  redis.call('ZADD', inbox, now, id)
  redis.call('PEXPIRE', filed, MATCHED)
  redis.call('PEXPIRE', inbox, MATCHED)
  return true
end
local function remember(key, id, ms)
  redis.call('ZADD', key, ms, id)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - MATCHED)
  redis.call('PEXPIRE', key, MATCHED)
end
"""


@dataclass(frozen=True, slots=True)
class Script:
    """A step that the server takes as a whole."""

    name: str
    """For logs and errors: "save_channel"."""
    lua: str
    source: str = field(init=False)
    """What the server gets: the shared functions, then `lua`."""
    sha: str = field(init=False)
    """What the server calls it by."""

    def __post_init__(self) -> None:
        source = _SHARED + self.lua
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "sha", sha1(source.encode(), usedforsecurity=False).hexdigest())
