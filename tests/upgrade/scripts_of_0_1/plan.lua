
local now = table.remove(ARGV, 1)
if now == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(now)
end
local PREFIX = 'pb:'
local MATCHED = 15552000000
local function longer(key, ms)
  local left = redis.call('PTTL', key)
  if left >= 0 and left < ms then redis.call('PEXPIRE', key, ms) end
end
local function paper_keys(id)
  local keys = {PREFIX .. 'paper:' .. id}
  local record = redis.call('GET', keys[1])
  if record and #record >= 7 then
    local size = struct.unpack('>I2', record, 6)
    for name in string.gmatch(string.sub(record, 8, 7 + size), '[^\n]+') do
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

local DELIVERED = 2592000000
local function touch(delivery, deliveries, id)
  redis.call('PEXPIRE', delivery, DELIVERED)
  redis.call('ZADD', deliveries, now, id)
  redis.call('ZREMRANGEBYSCORE', deliveries, '-inf', now - DELIVERED)
  redis.call('PEXPIRE', deliveries, DELIVERED)
end

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
