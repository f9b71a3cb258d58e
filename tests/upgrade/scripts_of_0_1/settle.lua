
local DELIVERED = 2592000000
local function touch(delivery, deliveries, id)
  redis.call('PEXPIRE', delivery, DELIVERED)
  redis.call('ZADD', deliveries, now, id)
  redis.call('ZREMRANGEBYSCORE', deliveries, '-inf', now - DELIVERED)
  redis.call('PEXPIRE', deliveries, DELIVERED)
end
local LOGGED = 50
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
