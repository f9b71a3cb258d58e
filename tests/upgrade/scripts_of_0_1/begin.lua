
local delivery = KEYS[1]
local fence, part, need = ARGV[1], ARGV[2], tonumber(ARGV[3])
local stands = redis.call('HMGET', delivery, 'state', 'fence', 'part', 'until', 'begun')
if stands[1] ~= 'pending' and stands[1] ~= 'sending' and stands[1] ~= 'unknown' then return 0 end
if stands[2] ~= fence or stands[3] ~= part or tonumber(stands[4]) - now < need then return 0 end
if stands[5] ~= fence then redis.call('HINCRBY', delivery, 'attempt', 1) end
redis.call('HSETNX', delivery, 'first', now)
redis.call('HSET', delivery, 'state', 'sending', 'begun', fence, 'last', now)
return 1
