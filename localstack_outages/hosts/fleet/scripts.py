"""What Redis does in one step, as scripts in Lua. All times are Redis's own.

Keys beside those of a script's ``KEYS`` are made of ``PREFIX``: a fleet needs one Redis, not a cluster.
"""

from .connection import PREFIX

GRACE = 1.5
"""Seconds after a start of Redis in which nothing is counted and no rule changed: the replicas put back
what they know, each at its next try to reach it. Longer than from one try to the next, with its time-outs."""

MAX_DEPARTED = 1_000
"""So many of the rules that left the list are told to who joins later."""

_SETTLED = f"""
local function time()
  local t = redis.call('TIME')
  return t[1] + t[2] / 1000000
end
local function is_settled(run)
  if redis.call('GET', '{PREFIX}settled') == run then return true end
  local since = redis.call('HGET', '{PREFIX}settling', run)
  if not since or time() - since < {GRACE} then return false end
  redis.call('SET', '{PREFIX}settled', run)
  return true
end
"""

_NUMBER = """
local function number_of(revision)
  return tonumber(string.match(revision or '0', '^%d+'))
end
"""

JOIN = f"""
{_SETTLED}{_NUMBER}
local run, fleet, mine, list = unpack(ARGV)
redis.call('SET', '{PREFIX}fleet', fleet, 'NX')
local theirs = redis.call('GET', '{PREFIX}revision')
if redis.call('GET', '{PREFIX}settled') ~= run then
  if number_of(theirs) == 0 and number_of(mine) == 0 then
    redis.call('SET', '{PREFIX}settled', run)
  else
    redis.call('HSETNX', '{PREFIX}settling', run, time())
  end
end
if number_of(mine) > number_of(theirs) then
  redis.call('SET', '{PREFIX}list', list)
  redis.call('SET', '{PREFIX}revision', mine)
  if redis.call('HSETNX', '{PREFIX}settling', run, time()) == 1 then
    redis.call('DEL', '{PREFIX}settled')
  end
  redis.call('PUBLISH', '{PREFIX}changed', mine)
end
return redis.call('GET', '{PREFIX}fleet')
"""
"""Joins the fleet, and puts a list back that Redis has lost. ARGV: run id, id of the fleet, revision,
list. Gives the id of the fleet."""

FETCH = f"""
{_NUMBER}
local theirs = redis.call('GET', '{PREFIX}revision') or '0'
local hits = redis.call('GET', '{PREFIX}hits:version') or ''
if theirs == ARGV[1] then return {{0, hits}} end
if number_of(theirs) < number_of(ARGV[1]) then return {{-1, hits}} end
return {{
  1, hits, theirs, redis.call('GET', '{PREFIX}list'),
  redis.call('ZRANGEBYSCORE', '{PREFIX}departed', '(' .. number_of(ARGV[1]), '+inf')
}}
"""
"""Gives the list where it is not at the revision ARGV[1], with what left it since; -1 where it is older.
With it goes the version of the hits."""

COMMIT = f"""
{_SETTLED}{_NUMBER}
local before, after = ARGV[2], ARGV[3]
local theirs = redis.call('GET', '{PREFIX}revision') or '0'
if number_of(theirs) < number_of(before) then return -1 end
if not is_settled(ARGV[1]) then return -2 end
if theirs ~= before then return 0 end
redis.call('SET', '{PREFIX}list', ARGV[4])
redis.call('SET', '{PREFIX}revision', after)
local place = 8
local function each(count, act)
  for i = place, place + count - 1 do act(ARGV[i]) end
  place = place + count
end
each(tonumber(ARGV[6]), function(key)
  for _, part in ipairs({{'', ':buckets', ':seen'}}) do
    redis.call('EXPIRE', '{PREFIX}rule:' .. key .. part, ARGV[5])
  end
end)
each(tonumber(ARGV[7]), function(key) redis.call('HDEL', '{PREFIX}hits', key) end)
each(#ARGV - place + 1, function(gone)
  redis.call('ZADD', '{PREFIX}departed', number_of(after), gone)
end)
local over = redis.call('ZCARD', '{PREFIX}departed') - {MAX_DEPARTED}
if over > 0 then
  for _, gone in ipairs(redis.call('ZRANGE', '{PREFIX}departed', 0, over - 1)) do
    redis.call('HDEL', '{PREFIX}hits', cjson.decode(gone).key)
  end
  redis.call('ZREMRANGEBYRANK', '{PREFIX}departed', 0, over - 1)
end
redis.call('PUBLISH', '{PREFIX}changed', after)
return 1
"""
"""Changes the list. ARGV: run id, revision before and after, list, seconds for which budgets of rules that
left are kept, how many keys of such and how many of rules that were edited follow, those, and what is told
of each rule that left."""

COUNT = f"""
{_SETTLED}
if not is_settled(ARGV[1]) then return -2 end
local hits = tonumber(redis.call('HGET', '{PREFIX}hits', ARGV[2]) or 0)
if hits >= tonumber(ARGV[3]) then return -1 end
redis.call('HSET', '{PREFIX}hits', ARGV[2], hits + 1)
redis.call('INCR', '{PREFIX}hits:version')
return hits
"""
"""Counts a hit. ARGV: run id, key of the rule, limit. Gives how many came before; -1 where none is left."""

GIVE_BACK = f"""
redis.call('HINCRBY', '{PREFIX}hits', ARGV[1], -1)
return redis.call('INCR', '{PREFIX}hits:version')
"""

DRAW = f"""
{_SETTLED}
if not is_settled(ARGV[1]) then return -2 end
return redis.call('HINCRBY', KEYS[1], ARGV[2], 1) - 1
"""
"""Numbers a draw. KEYS: of the rule. ARGV: run id, field."""

TAKE = f"""
{_SETTLED}
local run, name, rate, size, empties, most = unpack(ARGV)
if not is_settled(run) then return {{-2}} end
local now, tokens, at = time(), tonumber(size), nil
local before = redis.call('HGET', KEYS[1], name)
if before then
  tokens, at = string.match(before, '^(%S+) (%S+)$')
  tokens = math.min(tonumber(size), tokens + math.max(0, now - at) * rate)
elseif redis.call('HLEN', KEYS[1]) >= tonumber(most) then
  redis.call('DEL', KEYS[1])
end
local has = tokens >= 1
if has then tokens = tokens - 1 elseif empties == '1' then tokens = 0 end
local after = string.format('%.17g %.17g', tokens, now)
redis.call('HSET', KEYS[1], name, after)
return {{has and 1 or 0, after}}
"""
"""Takes a token. KEYS: the buckets of the rule. ARGV: run id, name of the bucket, rate, size, whether it
loses the rest, most buckets. Gives whether there was one, and what the bucket is now."""

NUMBER = f"""
{_SETTLED}
local run, name, wanted, most = unpack(ARGV)
if not is_settled(run) then return {{-2}} end
local count = tonumber(redis.call('HGET', KEYS[1], 'calls') or 0)
if count < tonumber(wanted) and (name == '' or redis.call('SISMEMBER', KEYS[2], name) == 0) then
  count = redis.call('HINCRBY', KEYS[1], 'calls', 1)
  if count == tonumber(wanted) then
    redis.call('HSET', KEYS[1], 'found', name)
    redis.call('DEL', KEYS[2])
    return {{1, count, name}}
  end
  if name ~= '' then
    if redis.call('SCARD', KEYS[2]) >= tonumber(most) then redis.call('SPOP', KEYS[2]) end
    redis.call('SADD', KEYS[2], name)
  end
end
local found = redis.call('HGET', KEYS[1], 'found') or ''
return {{(found ~= '' and found == name) and 1 or 0, count, found}}
"""
"""Counts a logical call. KEYS: of the rule, its calls. ARGV: run id, name, wanted number, most names.
Gives whether it is the one, how many there were, and the one."""

RAISE = f"""
for i = 2, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  if field == 'hits' then
    if tonumber(redis.call('HGET', '{PREFIX}hits', ARGV[1]) or 0) < tonumber(value) then
      redis.call('HSET', '{PREFIX}hits', ARGV[1], value)
      redis.call('INCR', '{PREFIX}hits:version')
    end
  elseif string.sub(field, 1, 7) == 'bucket:' then
    local name = string.sub(field, 8)
    local there = redis.call('HGET', KEYS[2], name)
    local at = there and tonumber(string.match(there, '(%S+)$')) or 0
    if at < tonumber(string.match(value, '(%S+)$')) then redis.call('HSET', KEYS[2], name, value) end
  elseif field == 'found' then
    redis.call('HSET', KEYS[1], field, value)
  elseif tonumber(redis.call('HGET', KEYS[1], field) or 0) < tonumber(value) then
    redis.call('HSET', KEYS[1], field, value)
  end
end
"""
"""Puts back what a replica knows of a budget, where Redis knows less. KEYS: of the rule, its buckets. ARGV:
key of the rule, then names and values."""
