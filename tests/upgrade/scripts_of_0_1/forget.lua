
local record, revision, changed, forgotten, agenda, workspace, kept, deliveries, outbox, dead = unpack(KEYS)
local address = ARGV[1]
redis.call('SREM', workspace, address)
if redis.call('HDEL', record, address) == 1 then
  redis.call('ZADD', changed, redis.call('INCR', revision), address)
  redis.call('ZADD', forgotten, now, address)
end
redis.call('ZREM', agenda, address)
for _, id in ipairs(redis.call('ZRANGE', kept, 0, -1)) do
  redis.call('SREM', PREFIX .. 'keepers:' .. id, address)
  if redis.call('EXISTS', PREFIX .. 'keepers:' .. id) == 0 then
    for _, key in ipairs(paper_keys(id)) do redis.call('PEXPIRE', key, MATCHED) end
  end
end
for _, id in ipairs(redis.call('ZRANGE', deliveries, 0, -1)) do
  redis.call('DEL', PREFIX .. 'delivery:' .. id)
  redis.call('ZREM', outbox, id)
  redis.call('ZREM', dead, id)
end
for place = 7, #KEYS do
  if KEYS[place] ~= outbox and KEYS[place] ~= dead then redis.call('DEL', KEYS[place]) end
end
