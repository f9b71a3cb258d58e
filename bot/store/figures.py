"""Figures on a server: what all processes counted together, and which of them are alive."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import structlog

from bot.errors import CorruptRecord, NewerRecord
from bot.ports import Pulse, Series
from bot.store import keys
from bot.store.codec import pack_pulse, unpack_pulse
from bot.store.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from bot.store.connection import Connection, Sendable

_log = structlog.get_logger()

_ADD = Script(
    "add_figures",
    """
local totals, batch, number = KEYS[1], KEYS[2], tonumber(ARGV[1])
if tonumber(redis.call('GET', batch) or '0') >= number then return 0 end
redis.call('SET', batch, number, 'PX', ARGV[2])
local day = PREFIX .. 'figures:day:' .. math.floor(now / 86400000)
for at = 4, #ARGV, 2 do
  redis.call('HINCRBYFLOAT', totals, ARGV[at], ARGV[at + 1])
  redis.call('HINCRBYFLOAT', day, ARGV[at], ARGV[at + 1])
end
redis.call('PEXPIRE', day, ARGV[3])
return 1
""",
)

_BEAT = Script(
    "beat",
    """
local pulses, pulse, process, keep = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', pulses, '-inf', now - keep)
redis.call('ZADD', pulses, now, process)
redis.call('PEXPIRE', pulses, keep)
redis.call('SET', pulse, ARGV[2], 'PX', keep)
""",
)


class StoredFigures:
    """Implements `bot.ports.Figures`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, process: str, batch: int, grown: Mapping[Series, float]) -> None:
        """See the port."""
        counted: list[Sendable] = []
        for series, number in grown.items():
            counted += [_field(series), repr(number)]
        args: list[Sendable] = [batch, _span(keys.CACHED), _span(keys.COUNTED), *counted]
        await self._connection.run(_ADD, keys=[keys.FIGURES, keys.batch(process)], args=args)

    async def totals(self) -> Mapping[Series, float]:
        """See the port."""
        return _counted(await self._connection.read("HGETALL", keys.FIGURES))

    async def days(self, last: int) -> Sequence[tuple[date, Mapping[Series, float]]]:
        """See the port."""
        today = (await self._connection.now()).astimezone(UTC).date()
        days = [today - timedelta(days=back) for back in reversed(range(last))]
        found = await self._connection.read_all([("HGETALL", keys.figures_of(day.toordinal() - _EPOCH)) for day in days])
        return [(day, _counted(hash)) for day, hash in zip(days, found, strict=True)]

    async def beat(self, pulse: Pulse) -> None:
        """See the port."""
        record = pack_pulse(dataclasses.replace(pulse, at=await self._connection.now()))
        places = [keys.PULSES, keys.pulse(pulse.process)]
        await self._connection.run(_BEAT, keys=places, args=[pulse.process, record, _span(keys.BEATEN)])

    async def pulses(self) -> Sequence[Pulse]:
        """See the port. What another version wrote and this one cannot read is left out."""
        processes = [name.decode() for name in await self._connection.read("ZRANGE", keys.PULSES, 0, -1)]
        records = await self._connection.read_all([("GET", keys.pulse(process)) for process in processes])
        oldest = await self._connection.now() - keys.BEATEN
        read = (_pulse(record, process) for process, record in zip(processes, records, strict=True) if record is not None)
        return sorted((pulse for pulse in read if pulse is not None and pulse.at > oldest), key=lambda one: (one.role, one.started))

    async def leave(self, process: str) -> None:
        """See the port. Twice is as good as once."""
        await self._connection.call("ZREM", keys.PULSES, process)
        await self._connection.call("DEL", keys.pulse(process))

    async def memory(self) -> int:
        """See the port."""
        info: bytes = await self._connection.read("INFO", "memory")
        lines = (line.partition(b":") for line in info.splitlines())
        return next((int(value) for name, _, value in lines if name == b"used_memory" and value.isdigit()), 0)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def _span(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def _field(series: Series) -> bytes:
    return msgspec.json.encode([series.name, series.labels])


def _counted(hash: Sequence[bytes]) -> Mapping[Series, float]:
    fields = iter(hash)
    counted: dict[Series, float] = {}
    for field, number in zip(fields, fields, strict=True):
        name, labels = msgspec.json.decode(field, type=tuple[str, tuple[tuple[str, str], ...]])
        counted[Series(name, labels)] = float(number)
    return counted


def _pulse(record: bytes, process: str) -> Pulse | None:
    try:
        return unpack_pulse(record, key=keys.pulse(process))
    except (CorruptRecord, NewerRecord) as error:
        _log.warning("pulse_not_readable", process=process, reason=str(error))
        return None
