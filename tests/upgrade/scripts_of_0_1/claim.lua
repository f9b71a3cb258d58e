
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
