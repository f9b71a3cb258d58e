
local record, new_record, workspace, new_workspace, revision, changed, forgotten, agenda, kept, deliveries = unpack(KEYS)
local old, new, lines = ARGV[1], ARGV[2], tonumber(ARGV[3])
local FIRST_PAIR = 11
local bytes, due = redis.call('HGET', record, old), redis.call('ZSCORE', agenda, old)
local found = bytes or due
for place = FIRST_PAIR, #KEYS, 2 do found = found or redis.call('EXISTS', KEYS[place]) == 1 end
if not found or redis.call('HEXISTS', new_record, new) == 1 then return 0 end

if bytes then
  redis.call('HDEL', record, old)
  redis.call('HSET', new_record, new, bytes)
  redis.call('SREM', workspace, old)
  redis.call('SADD', new_workspace, new)
  redis.call('ZADD', changed, redis.call('INCR', revision), old)
  redis.call('ZADD', forgotten, now, old)
  redis.call('ZADD', changed, redis.call('INCR', revision), new)
  redis.call('ZREM', forgotten, new)
end
if due then
  redis.call('ZREM', agenda, old)
  redis.call('ZADD', agenda, due, new)
end
for _, id in ipairs(redis.call('ZRANGE', kept, 0, -1)) do
  redis.call('SREM', PREFIX .. 'keepers:' .. id, old)
  redis.call('SADD', PREFIX .. 'keepers:' .. id, new)
end
for _, id in ipairs(redis.call('ZRANGE', deliveries, 0, -1)) do
  -- The list may outlive the delivery itself: do not bring back one that has expired.
  if redis.call('EXISTS', PREFIX .. 'delivery:' .. id) == 1 then redis.call('HSET', PREFIX .. 'delivery:' .. id, 'address', new) end
end

-- Somebody may have spoken in the channel under its new address before the platform told us of it.
local function join(from, to)
  local kind = redis.call('TYPE', from).ok
  if kind == 'zset' then
    redis.call('ZUNIONSTORE', to, 2, from, to, 'AGGREGATE', 'MAX')
  elseif kind == 'hash' then
    local fields = redis.call('HGETALL', from)
    for place = 1, #fields, 2 do redis.call('HSETNX', to, fields[place], fields[place + 1]) end
  elseif kind == 'list' then
    for _, line in ipairs(redis.call('LRANGE', from, 0, -1)) do redis.call('RPUSH', to, line) end
    redis.call('LTRIM', to, 0, lines - 1)
  else
    redis.call('SET', to, redis.call('GET', from))
  end
end
for place = FIRST_PAIR, #KEYS, 2 do
  local from, to = KEYS[place], KEYS[place + 1]
  if redis.call('EXISTS', to) == 0 then
    if redis.call('EXISTS', from) == 1 then redis.call('RENAME', from, to) end
  elseif redis.call('EXISTS', from) == 1 then
    local stays, also = redis.call('PTTL', from), redis.call('PTTL', to)
    join(from, to)
    redis.call('DEL', from)
    if stays < 0 or also < 0 then redis.call('PERSIST', to) else redis.call('PEXPIRE', to, math.max(stays, also)) end
  end
end
return 1
