
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
