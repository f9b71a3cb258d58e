"""The queues of the outbox: one for each workspace, and of each platform an order in which they take turns.

`lane:PLATFORM:WORKSPACE` holds the deliveries of a workspace that are not settled, by the moment of their next step. `lanes:PLATFORM` holds
the workspaces that have any, by the moment at which to look at them: that of their first delivery, or, once that has come, when the
workspace joined the line. Whoever was served joins it again at its end, so a workspace with ten thousand deliveries, or one that
does not answer, holds up no other. `waiting:PLATFORM` holds the same deliveries by their slot, which says how late the bot is.
"""

from __future__ import annotations

from bot.store.keys import OUTBOX

LANES = """
local function line_of(address)
  local platform, workspace = string.match(address, '^([^:]*):([^:]*):')
  return PREFIX .. 'lanes:' .. platform, PREFIX .. 'lane:' .. platform .. ':' .. workspace, workspace, PREFIX .. 'waiting:' .. platform
end
local function take_place(address, served)
  local lanes, lane, workspace = line_of(address)
  local first = redis.call('ZRANGE', lane, 0, 0, 'WITHSCORES')
  if not first[1] then
    redis.call('ZREM', lanes, workspace)
    return
  end
  local at = tonumber(first[2])
  if at <= now then
    local stands = tonumber(redis.call('ZSCORE', lanes, workspace) or nil)
    if stands and stands <= now and not served then return end
    at = now
  end
  redis.call('ZADD', lanes, at, workspace)
end
local function line_up(id, address, at, slot)
  local _, lane, _, waiting = line_of(address)
  redis.call('ZADD', waiting, 'NX', slot or now, id)
  redis.call('ZADD', lane, at, id)
  take_place(address)
end
local function step_out(id, address)
  local _, lane, _, waiting = line_of(address)
  redis.call('ZREM', lane, id)
  redis.call('ZREM', waiting, id)
  take_place(address)
end
"""
"""Lua, for scripts that change the outbox. `line_up` gives a delivery its next step, `step_out` ends it; both may be repeated."""

ONE_QUEUE = f"""
local function from_one_queue(limit)
  for _, id in ipairs(redis.call('ZRANGE', '{OUTBOX}', '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)) do
    redis.call('ZREM', '{OUTBOX}', id)
    local stands = redis.call('HMGET', PREFIX .. 'delivery:' .. id, 'address', 'state')
    if stands[1] and stands[2] ~= 'sent' and stands[2] ~= 'dead' then line_up(id, stands[1], now) end
  end
end
"""
"""Lua: version 0.1 had one queue for all. What is due there takes its place in its lane; what is not, a worker of that version may hold."""
