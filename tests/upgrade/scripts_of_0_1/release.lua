
local delivery, outbox = KEYS[1], KEYS[2]
local id, fence = ARGV[1], ARGV[2]
local stands = redis.call('HMGET', delivery, 'state', 'fence', 'until')
if stands[1] ~= 'pending' and stands[1] ~= 'unknown' then return 0 end
if stands[2] ~= fence or stands[3] == '0' then return 0 end
redis.call('HSET', delivery, 'until', 0)
redis.call('ZADD', outbox, now, id)
return 1
