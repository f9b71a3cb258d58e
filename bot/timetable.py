"""When a channel's digest is due.

With `zones` and `timewords`, whose names are at hand here too, the only place that knows local time. Everything else goes by aware UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from itertools import count, islice
from typing import TYPE_CHECKING

from bot.timewords import describe, describe_day, describe_moment, parse_pause, parse_schedule
from bot.zones import day_of, find_zone, is_zone, placed, start_of_day, zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.channel import Address, Schedule

__all__ = [
    "day_of",
    "describe",
    "describe_day",
    "describe_moment",
    "find_zone",
    "is_zone",
    "next_due",
    "next_slot",
    "next_slots",
    "parse_pause",
    "parse_schedule",
    "spread",
    "start_of_day",
]

_SPREAD_SECONDS = 120


def next_slot(schedule: Schedule, after: datetime) -> datetime | None:
    """The first slot after a moment: aware UTC, whole minutes; None if the schedule is off.

    Every scheduled day of the calendar has one slot. An hour that the clocks leave out is moved forward by as much as they are; of an
    hour that they repeat the first pass counts. So a slot in the left-out last hour of a day (Nuuk, March 2024, 23:30) falls into the
    first hour of the next, and the slots of a day that a country skipped (Apia, 30 December 2011) fall together with those of the next.

    Args:
        after: Aware. A slot at this very moment is not after it.

    Raises:
        UserMistake: The zone database of this machine does not have the schedule's zone.
    """
    return next(_slots(schedule, after), None)


def next_slots(schedule: Schedule, after: datetime, count: int) -> Sequence[datetime]:
    """The first `count` slots after a moment, as `next_slot` would give them one by one; empty if the schedule is off."""
    return tuple(islice(_slots(schedule, after), count))


def next_due(schedule: Schedule, address: Address, now: datetime) -> datetime | None:
    """When the channel's next digest is due: its first slot, moved by its `spread`, that is later than `now`. What the agenda keeps.

    A function of schedule, address and clock alone: whoever computes it, and however often, names the same moment, so `slot_id`
    agrees too. It never skips a slot that is still ahead, nor gives back one that is not.
    """
    slot = next_slot(schedule, now - spread(address))
    return None if slot is None else slot + spread(address)


def spread(address: Address) -> timedelta:
    """By how much this channel's digests come after their slot: 0 to 2 minutes in whole seconds, always the same.

    Most channels are due at nine; without it they would all be posted in the same second. People are shown the slot, not
    the moment moved by this.
    """
    return timedelta(seconds=int.from_bytes(sha256(str(address).encode()).digest()[:8]) % _SPREAD_SECONDS)


def _slots(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    # Counted on wall dates without a zone, and placed in the zone one by one: adding a day to a moment in a zone goes wrong twice a year
    # (APScheduler's CronTrigger skips the Monday after the change). Two days back, for a whole day can be left out or repeated.
    if schedule.is_off:
        return
    first = after.astimezone(zone(schedule.zone)).date() - timedelta(days=2)
    last = after.astimezone(UTC)
    for days in count():
        day = first + timedelta(days=days)
        if day.weekday() not in schedule.days:
            continue
        slot = placed(day, time(schedule.hour, schedule.minute), schedule.zone)
        if slot > last:
            last = slot
            yield slot
