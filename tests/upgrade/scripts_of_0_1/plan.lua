
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
