"""Records of channels, the agenda, and the telling of what changed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.channel import Address, Channel
from bot.errors import CorruptRecord
from bot.ports import Due, Overdue, RuleChanges, Saved
from bot.store import keys
from bot.store.aside import set_aside
from bot.store.codec import pack_channel, unpack_channel
from bot.store.departures import FORGET, MOVE
from bot.store.outbox import LOGGED
from bot.store.scripts import Script
from bot.store.traces import traces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
    from datetime import timedelta

    from bot.paper import PaperId
    from bot.store.connection import Connection

_BUCKETS_AT_ONCE = 8
"""At 150,000 channels some 1,200 records, decoded in about 10 ms: longer would hold up answers in the same process."""
_CHANGES_AT_ONCE = 500

_SAVE = Script(
    "save_channel",
    """
local record, revision, changed, forgotten, agenda, workspace = unpack(KEYS)
local address, version, bytes, due = ARGV[1], ARGV[2], ARGV[3], ARGV[4]  -- unpack() has a limit
local known = redis.call('HGET', record, address)
if known ~= bytes then  -- else the answer to our first try was lost
  local at = 0
  if known then at = #known >= 9 and struct.unpack('>I4', known, 6) or -1 end
  if at ~= tonumber(version) then return 0 end
  redis.call('HSET', record, address, bytes)
  redis.call('ZADD', changed, redis.call('INCR', revision), address)
  redis.call('ZREM', forgotten, address)
  redis.call('SADD', workspace, address)
end
if due == '' then redis.call('ZREM', agenda, address) elseif due ~= 'KEEP' then redis.call('ZADD', agenda, due, address) end
for place = 5, #ARGV do
  if file(address, ARGV[place]) then
    for _, key in ipairs(paper_keys(ARGV[place])) do longer(key, MATCHED) end
  end
end
return 1
""",
)

_CHANGES = Script(
    "changed_channels",
    """
local since, limit = tonumber(ARGV[1]), ARGV[2]
local revision = tonumber(redis.call('GET', KEYS[1]) or 0)
local floor = tonumber(redis.call('GET', KEYS[2]) or 0)
if since == revision then return {} end
-- Later than ours: it was told by another server, before REDIS_URL was changed or the data were lost.
if since == 0 or since < floor or since > revision then return {revision} end
local found = redis.call('ZRANGE', KEYS[3], '(' .. since, '+inf', 'BYSCORE', 'LIMIT', 0, limit, 'WITHSCORES')
return #found > 0 and {revision, found} or {}
""",
)

_DUE = Script(
    "due_channels",
    """
local agenda, planning = unpack(KEYS)
local limit, lease, platforms = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for n = 3, #ARGV do platforms[ARGV[n]] = true end
redis.call('ZREMRANGEBYSCORE', planning, '-inf', now)
local found, seen = {}, 0
repeat
  local some = redis.call('ZRANGE', agenda, '-inf', math.floor(now / 1000), 'BYSCORE', 'LIMIT', seen, limit, 'WITHSCORES')
  for place = 1, #some, 2 do
    local address = some[place]
    if #found < 2 * limit and platforms[string.match(address, '^[^:]*')]
      and redis.call('ZADD', planning, 'NX', now + lease, address) == 1 then
      found[#found + 1] = address
      found[#found + 1] = some[place + 1]
    end
  end
  seen = seen + limit
until #found == 2 * limit or #some < 2 * limit
return found
""",
)

_OVERDUE = Script(
    "overdue_slots",
    """
local agenda, second = KEYS[1], math.floor(now / 1000)
local first = redis.call('ZRANGE', agenda, '-inf', second, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
return {redis.call('ZCOUNT', agenda, '-inf', second), first}
""",
)

_PUT = Script(
    "put_on_agenda",
    """
local agenda, move, changed = KEYS[1], ARGV[1] == '1', 0
for place = 2, #ARGV, 2 do
  local address, due = ARGV[place], tonumber(ARGV[place + 1])
  local stands = tonumber(redis.call('ZSCORE', agenda, address) or nil)
  if not stands or (move and stands ~= due and stands * 1000 > now) then
    redis.call('ZADD', agenda, due, address)
    changed = changed + 1
  end
end
return changed
""",
)


class StoredChannels:
    """Implements `bot.ports.Channels`.

    A record that cannot be read stays where it is, for only people know what stood in it: `load` raises CorruptRecord, `changes` leaves
    the channel out, a copy is set aside and counted. `forget` still erases it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def load(self, address: Address) -> Channel:
        """See `bot.ports.Channels.load`."""
        data = await self._connection.read("HGET", keys.bucket_of(address), str(address))
        if data is None:
            return Channel(address=address)
        try:
            return unpack_channel(data, address=address, key=_place(address))
        except CorruptRecord as error:
            await set_aside(self._connection, error, data, move=False)
            raise

    async def save(self, channel: Channel, *, due: datetime | Due | None, backlog: Sequence[PaperId] = ()) -> Saved:
        """See `bot.ports.Channels.save`. Saving the same value again after a lost answer is SAVED."""
        saved = await self._connection.run(
            _SAVE,
            keys=[
                keys.bucket_of(channel.address),
                keys.RULES_REVISION,
                keys.CHANGED,
                keys.FORGOTTEN,
                keys.AGENDA,
                keys.workspace_of(channel.address),
            ],
            args=[
                str(channel.address),
                channel.version,
                pack_channel(channel, version=channel.version + 1),
                due.name if isinstance(due, Due) else "" if due is None else round(due.timestamp()),
                *backlog,
            ],
        )
        return Saved.SAVED if saved else Saved.CONFLICT

    async def forget(self, address: Address) -> None:
        """See `bot.ports.Channels.forget`. For TOMBSTONE the address alone is remembered, so that every process hears of it."""
        await self._connection.run(
            FORGET,
            keys=[
                keys.bucket_of(address),
                keys.RULES_REVISION,
                keys.CHANGED,
                keys.FORGOTTEN,
                keys.AGENDA,
                keys.PLANNING,
                keys.workspace_of(address),
                keys.kept(address),
                keys.deliveries_of(address),
                keys.DEAD,
                keys.corrupt(_place(address)),
                *keys.of_channel(address),
            ],
            args=[str(address)],
        )

    async def move(self, old: Address, new: Address) -> bool:
        """See `bot.ports.Channels.move`. What was kept under `new` already, though it has no record, stays there as well.

        After a lost answer the second call says False.
        """
        if old == new:
            return False
        places = [
            *(keys.bucket_of(old), keys.bucket_of(new), keys.workspace_of(old), keys.workspace_of(new)),
            *(keys.RULES_REVISION, keys.CHANGED, keys.FORGOTTEN, keys.AGENDA, keys.kept(old), keys.deliveries_of(old)),
        ]
        pairs = zip((*keys.of_channel(old), keys.corrupt(_place(old))), (*keys.of_channel(new), keys.corrupt(_place(new))), strict=True)
        return bool(
            await self._connection.run(MOVE, keys=[*places, *(key for pair in pairs for key in pair)], args=[str(old), str(new), LOGGED])
        )

    async def of(self, platform: str, workspace: str) -> Sequence[Channel]:
        """See `bot.ports.Channels.of`."""
        names = await self._connection.read("SMEMBERS", keys.workspace(platform, workspace))
        addresses = sorted(Address.parse(name.decode()) for name in names)
        channels: list[Channel] = []
        for start in range(0, len(addresses), _CHANGES_AT_ONCE):
            some = addresses[start : start + _CHANGES_AT_ONCE]
            found = await self._connection.read_all([("HGET", keys.bucket_of(address), str(address)) for address in some])
            # One without a record was forgotten since the set was read.
            channels += await self._unpacked((address, data) for address, data in zip(some, found, strict=True) if data is not None)
        return channels

    async def traces(self, platform: str, workspace: str) -> Sequence[Address]:
        """See `bot.ports.Channels.traces`."""
        return await traces(self._connection, platform, workspace)

    async def changes(self, since: int) -> AsyncIterator[RuleChanges]:
        """See `bot.ports.Channels.changes`.

        Everything comes in batches of which the first is `complete` (forget what was before) and only the last has a new revision: who
        is interrupted asks again from where it was. Everything also comes to who asks from before the last sweep of forgotten channels.
        """
        while reply := await self._connection.ask(
            _CHANGES, keys=[keys.RULES_REVISION, keys.RULES_FLOOR, keys.CHANGED], args=[since, _CHANGES_AT_ONCE]
        ):
            if len(reply) == 1:
                async for batch in self._everything(since, revision=reply[0]):
                    yield batch
                since = reply[0]
                continue
            addresses = [Address.parse(text.decode()) for text in reply[1][::2]]
            found = await self._connection.read_all([("HGET", keys.bucket_of(address), str(address)) for address in addresses])
            since = int(reply[1][-1])
            yield RuleChanges(since, await self._unpacked(zip(addresses, found, strict=True)))

    async def _everything(self, since: int, *, revision: int) -> AsyncIterator[RuleChanges]:
        for start in range(0, keys.BUCKETS, _BUCKETS_AT_ONCE):
            numbers = range(start, min(start + _BUCKETS_AT_ONCE, keys.BUCKETS))
            buckets = await self._connection.read_all([("HGETALL", keys.bucket(number)) for number in numbers])
            stored = (
                (Address.parse(name.decode()), data) for bucket in buckets for name, data in zip(bucket[::2], bucket[1::2], strict=True)
            )
            channels = await self._unpacked(stored)
            is_last = numbers.stop == keys.BUCKETS
            if channels or start == 0 or is_last:
                yield RuleChanges(revision if is_last else since, channels, complete=start == 0)
            await asyncio.sleep(0)

    async def _unpacked(self, stored: Iterable[tuple[Address, bytes | None]]) -> tuple[Channel, ...]:
        channels = []
        for address, data in stored:
            if data is None:
                channels.append(Channel(address=address))
                continue
            try:
                channels.append(unpack_channel(data, address=address, key=_place(address)))
            except CorruptRecord as error:
                await set_aside(self._connection, error, data, move=False)
        return tuple(channels)

    async def due(self, platforms: Collection[str], *, limit: int, lease: timedelta) -> Sequence[tuple[Address, datetime]]:
        """See `bot.ports.Channels.due`. What was given in an answer that was lost is given again after its lease."""
        keeps = round(lease.total_seconds() * 1000)
        found = await self._connection.run(_DUE, keys=[keys.AGENDA, keys.PLANNING], args=[limit, keeps, *platforms])
        return [(Address.parse(name.decode()), _due(score)) for name, score in zip(found[::2], found[1::2], strict=True)]

    async def overdue(self) -> Overdue:
        """See `bot.ports.Channels.overdue`."""
        slots, first = await self._connection.ask(_OVERDUE, keys=[keys.AGENDA])
        return Overdue(slots, _due(first[1]) if first else None)

    async def put_on_agenda(self, dues: Mapping[Address, datetime], *, move: bool) -> int:
        """See `bot.ports.Channels.put_on_agenda`."""
        changed = 0
        listed = list(dues.items())
        for start in range(0, len(listed), _CHANGES_AT_ONCE):
            group = listed[start : start + _CHANGES_AT_ONCE]
            pairs = [part for address, due in group for part in (str(address), round(due.timestamp()))]
            changed += await self._connection.run(_PUT, keys=[keys.AGENDA], args=[int(move), *pairs])
        return changed

    async def next_due(self, address: Address) -> datetime | None:
        """See `bot.ports.Channels.next_due`."""
        score = await self._connection.read("ZSCORE", keys.AGENDA, str(address))
        return None if score is None else _due(score)


def _due(score: bytes) -> datetime:
    return datetime.fromtimestamp(int(score), UTC)


def _place(address: Address) -> str:
    """Where the record lies: the hash and the name in it."""
    return f"{keys.bucket_of(address)}:{address}"
