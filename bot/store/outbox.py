"""The atomic steps of a delivery: planned, claimed, begun, settled.

A delivery is a hash. `parts` (their number) never changes, `record` (packed) only when all are sent: then it loses its messages. `address`
changes when the channel moves: then a lease may still say the old one, so what belongs to the channel is found by the address that
stands here. The rest says where it stands: `state`; `part`, the one in hand; `fence`; `until`, when the lease ends ("0": nobody holds
it); and of the part in hand `attempt`, `begun` (the fence that counted it), `first` and `last` (moments of requests), `failures`,
`settled` (the fence that last settled), `reason`, `merge`, `was` (the state a replay returns to), `message:N` (what the platform called
part N), `doubted` (the server on which it was doubted). A fence begins at the moment of planning, so that one planned anew under the same
id never meets the lease of its predecessor. The lanes (`bot.store.lanes`) order those not settled by the moment of their next step; a
claim moves that moment to the end of its lease, so a holder who dies needs nobody to notice.
"""

from __future__ import annotations

from bot.store.keys import DELIVERED
from bot.store.lanes import LANES, ONE_QUEUE
from bot.store.scripts import Script

LOGGED = 50
"""Attempts remembered for each channel."""
_SKIPPED = 1_000_000
"""By how much revisions are raised after a failover: more than any that its lost writes may have given out."""

_DELIVERED = f"""
local DELIVERED = {int(DELIVERED.total_seconds() * 1000)}
local function touch(delivery, deliveries, id)
  redis.call('PEXPIRE', delivery, DELIVERED)
  redis.call('ZADD', deliveries, now, id)
  redis.call('ZREMRANGEBYSCORE', deliveries, '-inf', now - DELIVERED)
  redis.call('PEXPIRE', deliveries, DELIVERED)
end
"""

_DOUBT = (
    f"local SKIPPED = {_SKIPPED}"
    """
-- Which server the data are on, and since when. If that is another than before, its predecessor's last writes may be lost, and with
-- them what they said of deliveries then due. `keeps`: the server loses nothing that it acknowledged.
local function server(keeps)
  if keeps == '1' then return '', nil end
  local place, info = PREFIX .. 'server', redis.pcall('INFO', 'server')
  local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
  local known = redis.call('HMGET', place, 'run', 'since')
  local since = tonumber(known[2] or nil)
  if run ~= '' and run ~= known[1] then
    if known[1] then
      since = now
      redis.call('HSET', place, 'since', now)
      -- Numbers given out before the failover are given out again: whoever remembers one has to read everything anew.
      redis.call('SET', PREFIX .. 'rules:floor', redis.call('INCRBY', PREFIX .. 'rules:revision', SKIPPED))
      redis.call('INCRBY', PREFIX .. 'papers:revision', SKIPPED)
    end
    redis.call('HSET', place, 'run', run)
  end
  return run, since
end
-- When its slot was, if what is said of the pending delivery is from before a failover; nil if it can be relied on, or was looked into.
local function doubtful_slot(id, address, doubted, run, since)
  if not since or doubted == run then return nil end
  local _, _, _, waiting = line_of(address)
  local slot = tonumber(redis.call('ZSCORE', waiting, id) or now)
  return slot <= since and slot or nil
end
"""
)

PLAN = Script(
    "plan_delivery",
    _DELIVERED
    + LANES
    + """
local agenda, planning, delivery, deliveries, inbox = unpack(KEYS)
local address, due, following, id, record, parts = unpack(ARGV, 1, 6)
if due ~= '' then
  redis.call('ZREM', planning, address)
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
redis.call('HSET', delivery, 'record', record, 'address', address, 'parts', parts, 'state', 'pending', 'part', 0, 'fence', now,
  'until', 0, 'attempt', 0, 'failures', 0)
line_up(id, address, now, due ~= '' and tonumber(due) * 1000)
touch(delivery, deliveries, id)
for n = 7, #ARGV do redis.call('ZREM', inbox, ARGV[n]) end
return 1
""",
)

CLAIM = Script(
    "claim_deliveries",
    LANES
    + ONE_QUEUE
    + _DOUBT
    + """
local lanes, waiting = unpack(KEYS)
local platform, limit, lease, apiece = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local without = {}
for n = 6, #ARGV do without[ARGV[n]] = true end

local run, since = server(ARGV[5])

local function doubt(id, delivery, stands)
  -- Still sending, but its lease is over: whoever began the request is gone, or frozen in it. What became of it only the platform
  -- knows, and not at once: a request may land late. That is counted from here, for the server's clock may have jumped.
  if stands[2] == 'sending' then redis.call('HSET', delivery, 'state', 'unknown', 'last', now) end
  local slot = stands[2] == 'pending' and doubtful_slot(id, stands[1], stands[3], run, since)
  if not slot then return end
  redis.call('HSET', delivery, 'state', 'unknown', 'last', now, 'doubted', run)
  redis.call('HSETNX', delivery, 'first', slot)
end

local claimed = {}
local function claim(id, lane)
  local delivery = PREFIX .. 'delivery:' .. id
  local stands = redis.call('HMGET', delivery, 'address', 'state', 'doubted', 'until')
  if not stands[1] or stands[2] == 'sent' or stands[2] == 'dead' then
    redis.call('ZREM', lane, id)
    redis.call('ZREM', waiting, id)
    return
  end
  local _, own = line_of(stands[1])
  if own ~= lane then  -- version 0.1 moved the channel, and knows nothing of lanes
    redis.call('ZREM', lane, id)
    if redis.call('ZSCORE', own, id) then return end
    if tonumber(stands[4]) <= now then claim(id, own) else redis.call('ZADD', own, stands[4], id) end
    take_place(stands[1])
    return
  end
  if stands[2] ~= 'pending' and stands[2] ~= 'sending' and stands[2] ~= 'unknown' then
    redis.call('ZADD', lane, now + lease, id)  -- a later version knows what this is, and what is to be done
    return
  end
  doubt(id, delivery, stands)
  redis.call('HINCRBY', delivery, 'fence', 1)
  redis.call('HSET', delivery, 'until', now + lease)
  redis.call('ZADD', lane, now + lease, id)
  claimed[#claimed + 1] = {id, redis.call('HGETALL', delivery), redis.call('GET', PREFIX .. 'failing:' .. stands[1])}
end

from_one_queue(limit)
for _, workspace in ipairs(redis.call('ZRANGE', lanes, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit + #ARGV - 5)) do
  if #claimed >= limit then break end
  if not without[workspace] then
    local address = platform .. ':' .. workspace .. ':'
    local _, lane = line_of(address)
    local most = math.min(apiece, limit - #claimed)
    for _, id in ipairs(redis.call('ZRANGE', lane, '-inf', now, 'BYSCORE', 'LIMIT', 0, most)) do claim(id, lane) end
    take_place(address, true)
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
    + LANES
    + f"local LOGGED = {LOGGED}"
    + """
local delivery, dead = unpack(KEYS)
local id, fence, part, kind, detail, at, counts, merge, doubtful, pauses, line, silent, shown = unpack(ARGV, 1, 13)
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
  if known == detail then return stands[5] == fence and 1 or 2 end
  note()
  redis.call('DEL', failing)
  if known then return 2 end
  redis.call('HSET', delivery, 'message:' .. part, detail, 'until', 0, 'settled', fence)
  redis.call('HDEL', delivery, 'reason', 'merge', 'was')
  redis.call('ZREM', dead, id)
  if tonumber(part) + 1 < tonumber(stands[4]) then
    redis.call('HSET', delivery, 'state', 'pending', 'part', part + 1, 'attempt', 0, 'failures', 0)
    redis.call('HDEL', delivery, 'first', 'last', 'begun', 'doubted')
    -- The news may come late, from an older lease: a newer one for this part is void, for the part in hand is another.
    line_up(id, stands[6], now)
    return 1
  end
  redis.call('HSET', delivery, 'state', 'sent', 'record', silent)
  -- Nobody tries it any more; there are as many of these as digests in a month.
  redis.call('HDEL', delivery, 'attempt', 'failures', 'first', 'last', 'begun', 'doubted')
  step_out(id, stands[6])
  for n = 14, #ARGV do
    remember(n < 14 + tonumber(shown) and posted or capped, ARGV[n], now)
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
  step_out(id, stands[6])
  redis.call('ZADD', dead, now, id)
  redis.call('ZREMRANGEBYSCORE', dead, '-inf', now - DELIVERED)
  if pauses == '1' then redis.call('DEL', failing) end
else
  redis.call('HSET', delivery, 'state', kind == 'later' and 'pending' or 'unknown')
  line_up(id, stands[6], at)
end
return 1
""",
)

RECALLABLE = Script(
    "recallable_deliveries",
    """
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local stands = redis.call('HMGET', PREFIX .. 'delivery:' .. id, 'state', 'part', 'merge', 'record', 'address')
  if stands[2] == '0' and (stands[1] == 'pending' or stands[1] == 'dead' and stands[3] == '1') then
    found[#found + 1] = {id, stands[4], stands[5]}
  end
end
return found
""",
)

RECALL = Script(
    "recall_delivery",
    LANES
    + _DOUBT
    + """
local delivery, dead, deliveries, inbox, filed, posted, agenda = unpack(KEYS)
local id, address, slot, keeps = unpack(ARGV, 1, 4)
if slot ~= '' and tonumber(redis.call('ZSCORE', agenda, address) or -1) ~= tonumber(slot) then return 0 end
local stands = redis.call('HMGET', delivery, 'state', 'part', 'merge', 'address', 'doubted')
if stands[2] ~= '0' or stands[4] ~= address then return 0 end
if stands[1] ~= 'pending' and not (stands[1] == 'dead' and stands[3] == '1') then return 0 end
-- It may stand in the channel: whoever claims it finds out.
if stands[1] == 'pending' and doubtful_slot(id, address, stands[5], server(keeps)) then return 0 end
for n = 5, #ARGV do
  if not redis.call('ZSCORE', posted, ARGV[n]) then
    redis.call('ZADD', inbox, 'NX', redis.call('ZSCORE', filed, ARGV[n]) or now, ARGV[n])
  end
end
redis.call('PEXPIRE', inbox, MATCHED)
redis.call('DEL', delivery)
step_out(id, address)
for _, place in ipairs({dead, deliveries}) do redis.call('ZREM', place, id) end
return 1
""",
)

RELEASE = Script(
    "release_delivery",
    LANES
    + """
local delivery = KEYS[1]
local id, fence, wait = ARGV[1], ARGV[2], tonumber(ARGV[3])
local stands = redis.call('HMGET', delivery, 'state', 'fence', 'until', 'address')
if stands[1] ~= 'pending' and stands[1] ~= 'unknown' then return 0 end
if stands[2] ~= fence or stands[3] == '0' then return 0 end
redis.call('HSET', delivery, 'until', 0)
line_up(id, stands[4], now + wait)
return 1
""",
)

REPLAY = Script(
    "replay_delivery",
    _DELIVERED
    + LANES
    + """
local delivery, dead = unpack(KEYS)
local id = ARGV[1]
local stands = redis.call('HMGET', delivery, 'state', 'was', 'address')
if stands[1] ~= 'dead' then return 0 end
redis.call('HSET', delivery, 'state', stands[2], 'failures', 0)
redis.call('HDEL', delivery, 'merge', 'was')
redis.call('ZREM', dead, id)
line_up(id, stands[3], now)
touch(delivery, PREFIX .. 'deliveries:' .. stands[3], id)
return 1
""",
)

DROP = Script(
    "drop_delivery",
    LANES
    + """
local delivery, dead = unpack(KEYS)
local stands = redis.call('HMGET', delivery, 'record', 'address')
if stands[1] ~= ARGV[2] then return 0 end
redis.call('DEL', delivery)
step_out(ARGV[1], stands[2])
redis.call('ZREM', dead, ARGV[1])
return 1
""",
)
