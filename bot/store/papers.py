"""Records of papers, their other names, and what each channel was given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.errors import CorruptRecord
from bot.paper import Paper, PaperId
from bot.ports import Filed, Filing, History
from bot.store import keys
from bot.store.aside import set_aside
from bot.store.codec import pack_paper, unpack_paper
from bot.store.connection import moment
from bot.store.scripts import Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from datetime import datetime

    from bot.channel import Address
    from bot.store.connection import Connection, Sendable

_READ_AT_ONCE = 500
PAPERS_AT_ONCE = 100
BYTES_AT_ONCE = 256 * 1024
ENTRIES_AT_ONCE = 2_000
"""One call files no more than these, so that nobody waits for it longer than some milliseconds."""

_FILE = Script(
    "file_papers",
    f"""
local rules, papers_revision, changed, marks = unpack(KEYS)
local at, source, mark, count = ARGV[1], ARGV[2], ARGV[3], ARGV[4]  -- unpack() has a limit
if tonumber(redis.call('GET', rules) or 0) ~= tonumber(at) then return 0 end
local place = 5
for _ = 1, count do
  local id, bytes, matched = ARGV[place], ARGV[place + 1], ARGV[place + 2]
  place = place + 3
  local before = paper_keys(id)
  local left = redis.call('PTTL', before[1])
  local stays = math.max(left, matched == '1' and MATCHED or {int(keys.UNMATCHED.total_seconds() * 1000)})
  if left == -1 or redis.call('EXISTS', '{keys.PREFIX}keepers:' .. id) == 1 then stays = nil end
  local function write(key, value)
    if stays then redis.call('SET', key, value, 'PX', stays) else redis.call('SET', key, value) end
  end
  local stands = redis.call('GET', before[1])
  -- The first byte is the version of the form. What a newer release wrote is not replaced by what this one knows of it.
  if stands == bytes or stands and string.byte(stands) > string.byte(bytes) then
    if stays then for _, key in ipairs(before) do longer(key, stays) end end
  else
    redis.call('ZADD', changed, redis.call('INCR', papers_revision), id)
    -- A name that the new record does not have any more still finds it, for a while.
    for other = 2, #before do redis.call('PEXPIRE', before[other], MATCHED) end
    write(before[1], bytes)
    local after = paper_keys(id)
    for other = 2, #after do
      -- Two works may bear the same title: the first keeps the name as long as it is there itself.
      local holder = redis.call('GET', after[other])
      if not holder or holder == id or redis.call('EXISTS', '{keys.PREFIX}paper:' .. holder) == 0 then write(after[other], id) end
    end
  end
end
while place <= #ARGV do
  local address, ids = ARGV[place], ARGV[place + 1]
  for other = place + 2, place + 1 + ids do file(address, ARGV[other]) end
  place = place + 2 + ids
end
if source ~= '' then redis.call('HSET', marks, source, mark) end
return 1
""",
)

_HISTORY = Script(
    "history",
    """
local scores = {}
for place, key in ipairs(KEYS) do scores[place] = redis.call('ZSCORE', key, ARGV[1]) end
return scores
""",
)

_KEEP = Script(
    "keep_paper",
    """
local kept, keepers, paper = unpack(KEYS)
local address, id = unpack(ARGV)
if redis.call('EXISTS', paper) == 0 then return 0 end
redis.call('SADD', keepers, address)
for _, key in ipairs(paper_keys(id)) do redis.call('PERSIST', key) end
return redis.call('ZADD', kept, 'NX', now, id)
""",
)

_DROP = Script(
    "drop_paper",
    """
local kept, keepers = unpack(KEYS)
local address, id = unpack(ARGV)
if redis.call('SREM', keepers, address) == 1 and redis.call('EXISTS', keepers) == 0 then
  for _, key in ipairs(paper_keys(id)) do redis.call('PEXPIRE', key, MATCHED) end
end
return redis.call('ZREM', kept, id)
""",
)


class StoredPapers:
    """Implements `bot.ports.Papers`.

    What a channel was given is remembered for 180 days, as long as the papers themselves: one that comes again later comes as new.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, ids: Sequence[PaperId]) -> dict[PaperId, Paper]:
        """See `bot.ports.Papers.get`."""
        wanted = list(dict.fromkeys(ids))
        found: dict[PaperId, Paper] = {}
        for start in range(0, len(wanted), _READ_AT_ONCE):
            some = wanted[start : start + _READ_AT_ONCE]
            records = await self._connection.read("MGET", *(keys.paper(id) for id in some))
            for id, data in zip(some, records, strict=True):
                if data is not None and (paper := await self._unpacked(id, data)) is not None:
                    found[id] = paper
        return found

    async def gone(self, ids: Sequence[PaperId]) -> set[PaperId]:
        """See `bot.ports.Papers.gone`."""
        there = await self._connection.read_all([("EXISTS", keys.paper(id)) for id in ids]) if ids else []
        return {id for id, exists in zip(ids, there, strict=True) if not exists}

    async def _unpacked(self, id: PaperId, data: bytes) -> Paper | None:
        try:
            return unpack_paper(data, key=keys.paper(id))
        except CorruptRecord as error:
            await set_aside(self._connection, error, data, move=True)
            return None

    async def find(self, names: Sequence[str]) -> dict[str, PaperId]:
        """See `bot.ports.Papers.find`; names as `bot.identity.names` gives them."""
        wanted = list(dict.fromkeys(names))
        found: dict[str, PaperId] = {}
        for start in range(0, len(wanted), _READ_AT_ONCE):
            some = wanted[start : start + _READ_AT_ONCE]
            holders = await self._connection.read("MGET", *(keys.alias(name) for name in some))
            found |= {name: PaperId(holder.decode()) for name, holder in zip(some, holders, strict=True) if holder is not None}
        return found

    async def file(self, filing: Filing) -> Filed:
        """See `bot.ports.Papers.file`.

        A big filing goes in several atomic steps, each of them refused if the rules have changed. A paper is recorded not before it
        stands in its inboxes, and the mark comes last: who is interrupted, or told STALE, finds the rest as new as it was, and files
        it again.
        """
        for step in _steps(filing):
            if not await self._connection.run(
                _FILE, keys=[keys.RULES_REVISION, keys.PAPERS_REVISION, keys.PAPERS, keys.MARKS], args=step.args(filing.rules)
            ):
                return Filed.STALE
        return Filed.FILED

    async def changes(self, since: int) -> AsyncIterator[tuple[int, Sequence[Paper]]]:
        """See `bot.ports.Papers.changes`. Everything comes if the store never reached `since`: it is another one, or lost its data."""
        if since > int(await self._connection.read("GET", keys.PAPERS_REVISION) or 0):
            since = 0
        while entries := await self._connection.read(
            "ZRANGE", keys.PAPERS, f"({since}", "+inf", "BYSCORE", "LIMIT", 0, _READ_AT_ONCE, "WITHSCORES"
        ):
            known = await self.get([PaperId(id.decode()) for id in entries[::2]])
            since = int(entries[-1])
            yield since, tuple(known.values())

    async def inbox(self, address: Address) -> Sequence[tuple[PaperId, datetime]]:
        """See `bot.ports.Papers.inbox`."""
        return _dated(await self._connection.read("ZRANGE", keys.inbox(address), 0, -1, "WITHSCORES"))

    async def history(self, address: Address, id: PaperId) -> History:
        """See `bot.ports.Papers.history`."""
        places = [keys.filed(address), keys.posted(address), keys.capped(address), keys.inbox(address)]
        *moments, waiting = await self._connection.ask(_HISTORY, keys=places, args=[id])
        filed, posted, capped = (None if score is None else moment(score) for score in moments)
        return History(filed=filed, waiting=waiting is not None, posted=posted, capped=capped)

    async def keep(self, address: Address, id: PaperId) -> bool:
        """See `bot.ports.Papers.keep`. False as well if the paper is not recorded."""
        places = [keys.kept(address), keys.keepers(id), keys.paper(id)]
        return bool(await self._connection.run(_KEEP, keys=places, args=[str(address), id]))

    async def drop(self, address: Address, id: PaperId) -> bool:
        """See `bot.ports.Papers.drop`. Nobody else keeping it, the paper goes 180 days from now."""
        return bool(await self._connection.run(_DROP, keys=[keys.kept(address), keys.keepers(id)], args=[str(address), id]))

    async def kept(self, address: Address) -> Sequence[tuple[PaperId, datetime]]:
        """See `bot.ports.Papers.kept`."""
        return _dated(await self._connection.read("ZRANGE", keys.kept(address), 0, -1, "REV", "WITHSCORES"))


def _dated(entries: list[bytes]) -> Sequence[tuple[PaperId, datetime]]:
    return [(PaperId(id.decode()), moment(score)) for id, score in zip(entries[::2], entries[1::2], strict=True)]


@dataclass(slots=True)
class _Step:
    """What one call of the script files."""

    records: list[tuple[PaperId, bytes, bool]] = field(default_factory=list)
    """(paper, its bytes, whether a channel wants it)"""
    entries: dict[str, list[PaperId]] = field(default_factory=dict)
    """address -> papers"""
    mark: tuple[str, bytes] = ("", b"")
    size: int = 0
    count: int = 0

    def is_full(self) -> bool:
        return len(self.records) >= PAPERS_AT_ONCE or self.size >= BYTES_AT_ONCE or self.count >= ENTRIES_AT_ONCE

    def args(self, rules: int) -> list[Sendable]:
        args: list[Sendable] = [rules, *self.mark, len(self.records)]
        for id, record, matched in self.records:
            args += [id, record, int(matched)]
        for address, ids in self.entries.items():
            args += [address, len(ids), *ids]
        return args


def _steps(filing: Filing) -> Iterator[_Step]:
    wanted: dict[PaperId, list[str]] = {}
    for channel, ids in filing.inboxes.items():
        for id in ids:
            wanted.setdefault(id, []).append(str(channel))
    papers = {paper.id: paper for paper in filing.papers}
    step = _Step()
    for id in dict.fromkeys([*wanted, *papers]):
        for address in wanted.get(id, ()):
            if step.is_full():
                yield step
                step = _Step()
            step.entries.setdefault(address, []).append(id)
            step.count += 1
        if id in papers:
            record = pack_paper(papers[id])
            step.records.append((id, record, id in wanted))
            step.size += len(record)
        if step.is_full():
            yield step
            step = _Step()
    step.mark = filing.mark or ("", b"")
    yield step
