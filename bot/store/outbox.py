"""The atomic steps of a delivery: planned, claimed, begun, settled.

A delivery is a hash. `record` (packed) and `parts` never change, `address` only when the channel moves: then a lease may still say the
old one, so what belongs to the channel is found by the address that stands here. The rest says where it stands: `state`; `part`, the one
in hand; `fence`; `until`, when the lease ends ("0": nobody holds it); and of the part in hand `attempt`, `begun` (the fence that
counted it), `first` and `last` (moments of requests), `failures`, `settled` (the fence that last settled), `reason`, `merge`, `was` (the
state a replay returns to), `message:N` (what the platform called part N). OUTBOX orders those not settled by the moment of
their next step; a claim moves that moment to the end of its lease, so a holder who dies needs nobody to notice.
"""

from __future__ import annotations

from bot.store.keys import DELIVERED
from bot.store.scripts import Script

LOGGED = 50
"""Attempts remembered for each channel."""

_DELIVERED = f"""
local DELIVERED = {int(DELIVERED.total_seconds() * 1000)}
local function touch(delivery, deliveries, id)
  redis.call('PEXPIRE', delivery, DELIVERED)
  redis.call('ZADD', deliveries, now, id)
  redis.call('ZREMRANGEBYSCORE', deliveries, '-inf', now - DELIVERED)
  redis.call('PEXPIRE', deliveries, DELIVERED)
end
"""

PLAN = Script(
    "plan_delivery",
    _DELIVERED
    + """
local agenda, outbox, delivery, deliveries, inbox = unpack(KEYS)
local address, due, following, id, record, parts = unpack(ARGV, 1, 6)
if due ~= '' then
  local stands = redis.call('ZSCORE', agenda, address)
  if not stands or tonumber(stands) ~= tonumber(due) then return 0 end
end
-- Somebody took papers out of the inbox after it was read (a digest on demand): compose anew from what is left.
local known = id ~= '' and redis.call('EXISTS', delivery) == 1
if id ~= '' and not known then
  for n = 7, #ARGV do
    if not redis.call('ZSCORE', inbox, ARGV[n]) then return 0 end
  end
end
if due ~= '' then
  if following == '' then redis.call('ZREM', agenda, address) else redis.call('ZADD', agenda, following, address) end
end
if id == '' then return 1 end
-- A slot that was planned before and came back through an edit of the schedule: the agenda moves on, nothing is posted twice.
if known then return 0 end
redis.call('HSET', delivery, 'record', record, 'address', address, 'parts', parts, 'state', 'pending', 'part', 0, 'fence', 0,
  'until', 0, 'attempt', 0, 'failures', 0)
redis.call('ZADD', outbox, now, id)
touch(delivery, deliveries, id)
for n = 7, #ARGV do redis.call('ZREM', inbox, ARGV[n]) end
return 1
""",
)

CLAIM = Script(
    "claim_deliveries",
    """
local outbox = KEYS[1]
local limit, lease, deliveries, failing = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local claimed = {}
for _, id in ipairs(redis.call('ZRANGE', outbox, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)) do
  local delivery = deliveries .. id
  local address = redis.call('HGET', delivery, 'address')
  if not address then
    redis.call('ZREM', outbox, id)
  else
    -- Still sending, but its lease is over: whoever began the request is gone, and what became of it only the platform knows.
    if redis.call('HGET', delivery, 'state') == 'sending' then redis.call('HSET', delivery, 'state', 'unknown') end
    redis.call('HINCRBY', delivery, 'fence', 1)
    redis.call('HSET', delivery, 'until', now + lease)
    redis.call('ZADD', outbox, now + lease, id)
    claimed[#claimed + 1] = {id, redis.call('HGETALL', delivery), redis.call('GET', failing .. address)}
  end
end
return claimed
""",
)

BEGIN = Script(
    "begin_delivery",
    """
local delivery = KEYS[1]
local fence, part, need = ARGV[1], ARGV[2], tonumber(ARGV[3])
local stands = redis.call('HMGET', delivery, 'state', 'fence', 'part', 'until', 'begun')
if stands[1] ~= 'pending' and stands[1] ~= 'sending' and stands[1] ~= 'unknown' then return 0 end
if stands[2] ~= fence or stands[3] ~= part or tonumber(stands[4]) - now < need then return 0 end
if stands[5] ~= fence then redis.call('HINCRBY', delivery, 'attempt', 1) end
redis.call('HSETNX', delivery, 'first', now)
redis.call('HSET', delivery, 'state', 'sending', 'begun', fence, 'last', now)
return 1
""",
)

SETTLE = Script(
    "settle_delivery",
    _DELIVERED
    + f"local LOGGED = {LOGGED}"
    + """
local delivery, outbox, dead = unpack(KEYS)
local id, fence, part, kind, detail, at, counts, merge, doubtful, pauses, line, shown = unpack(ARGV, 1, 12)
local stands = redis.call('HMGET', delivery, 'state', 'fence', 'part', 'parts', 'settled', 'address')
if not stands[1] then return 0 end
local function of_channel(kind) return PREFIX .. kind .. ':' .. stands[6] end
local deliveries, log, failing = of_channel('deliveries'), of_channel('log'), of_channel('failing')
local posted, capped = of_channel('posted'), of_channel('capped')

local function note()
  redis.call('LPUSH', log, line)
  redis.call('LTRIM', log, 0, LOGGED - 1)
  redis.call('PEXPIRE', log, DELIVERED)
  touch(delivery, deliveries, id)
end

if kind == 'sent' then
  local known = redis.call('HGET', delivery, 'message:' .. part)
  if known == detail then return 1 end
  note()
  redis.call('DEL', failing)
  if known then return 1 end
  redis.call('HSET', delivery, 'message:' .. part, detail, 'until', 0, 'settled', fence)
  redis.call('HDEL', delivery, 'reason', 'merge', 'was')
  redis.call('ZREM', dead, id)
  if tonumber(part) + 1 < tonumber(stands[4]) then
    redis.call('HSET', delivery, 'state', 'pending', 'part', part + 1, 'attempt', 0, 'failures', 0)
    redis.call('HDEL', delivery, 'first', 'last', 'begun')
    -- The news may come late, from an older lease: a newer one for this part is void, for the part in hand is another.
    redis.call('ZADD', outbox, now, id)
    return 1
  end
  redis.call('HSET', delivery, 'state', 'sent')
  redis.call('ZREM', outbox, id)
  for n = 13, #ARGV do
    remember(n < 13 + tonumber(shown) and posted or capped, ARGV[n], now)
  end
  return 1
end

if stands[2] ~= fence or stands[3] ~= part then return 0 end
if stands[5] == fence then return 1 end
if stands[1] == 'sent' or stands[1] == 'dead' then return 0 end
note()
redis.call('HSET', delivery, 'settled', fence, 'until', 0, 'reason', detail)
if counts == '1' then
  redis.call('HINCRBY', delivery, 'failures', 1)
  redis.call('SET', failing, now, 'NX')
  redis.call('PEXPIRE', failing, DELIVERED)
end
if kind == 'dead' then
  redis.call('HSET', delivery, 'state', 'dead', 'merge', merge, 'was', doubtful == '1' and 'unknown' or 'pending')
  redis.call('ZREM', outbox, id)
  redis.call('ZADD', dead, now, id)
  redis.call('ZREMRANGEBYSCORE', dead, '-inf', now - DELIVERED)
  if pauses == '1' then redis.call('DEL', failing) end
else
  redis.call('HSET', delivery, 'state', kind == 'later' and 'pending' or 'unknown')
  redis.call('ZADD', outbox, at, id)
end
return 1
""",
)

RECALL = Script(
    "recall_delivery",
    """
local delivery, outbox, dead, deliveries, inbox, filed, posted, agenda = unpack(KEYS)
local id, address, slot = ARGV[1], ARGV[2], ARGV[3]
if slot ~= '' and tonumber(redis.call('ZSCORE', agenda, address) or -1) ~= tonumber(slot) then return 0 end
local stands = redis.call('HMGET', delivery, 'state', 'part', 'merge', 'address')
if stands[2] ~= '0' or stands[4] ~= address then return 0 end
if stands[1] ~= 'pending' and not (stands[1] == 'dead' and stands[3] == '1') then return 0 end
for n = 4, #ARGV do
  if not redis.call('ZSCORE', posted, ARGV[n]) then
    redis.call('ZADD', inbox, 'NX', redis.call('ZSCORE', filed, ARGV[n]) or now, ARGV[n])
  end
end
redis.call('PEXPIRE', inbox, MATCHED)
redis.call('DEL', delivery)
for _, place in ipairs({outbox, dead, deliveries}) do redis.call('ZREM', place, id) end
return 1
""",
)

RELEASE = Script(
    "release_delivery",
    """
local delivery, outbox = KEYS[1], KEYS[2]
local id, fence = ARGV[1], ARGV[2]
local stands = redis.call('HMGET', delivery, 'state', 'fence', 'until')
if stands[1] ~= 'pending' and stands[1] ~= 'unknown' then return 0 end
if stands[2] ~= fence or stands[3] == '0' then return 0 end
redis.call('HSET', delivery, 'until', 0)
redis.call('ZADD', outbox, now, id)
return 1
""",
)

REPLAY = Script(
    "replay_delivery",
    _DELIVERED
    + """
local delivery, outbox, dead = unpack(KEYS)
local id = ARGV[1]
local stands = redis.call('HMGET', delivery, 'state', 'was', 'address')
if stands[1] ~= 'dead' then return 0 end
redis.call('HSET', delivery, 'state', stands[2], 'failures', 0)
redis.call('HDEL', delivery, 'merge', 'was')
redis.call('ZREM', dead, id)
redis.call('ZADD', outbox, now, id)
touch(delivery, PREFIX .. 'deliveries:' .. stands[3], id)
return 1
""",
)

DROP = Script(
    "drop_delivery",
    """
local delivery, outbox, dead = unpack(KEYS)
if redis.call('HGET', delivery, 'record') ~= ARGV[2] then return 0 end
redis.call('DEL', delivery)
redis.call('ZREM', outbox, ARGV[1])
redis.call('ZREM', dead, ARGV[1])
return 1
""",
)
