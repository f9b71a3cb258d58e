"""Read one source once: claim it, take its papers in, and keep the book of how it did."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.errors import SourceBusy, SourceTrouble
from bot.jobs import take_in
from bot.ports import Health
from bot.telling import span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.desk import Desk
    from bot.jobs import Intake
    from bot.ports import Harvest, Source

    NextReading = Callable[[str, datetime, Health, timedelta | None], datetime]
    """When a source is read again: its name, now, how it has been doing, and how long it asked us to wait."""

LEASE = timedelta(minutes=15)
"""Longer than the slowest polite reading of a source with all its retries."""
QUIET_WORKING_DAYS = 2
"""So many working days without a new paper are worth a warning: a stale feed and an empty page look like a quiet day."""

GATHERING = timedelta(minutes=1)
"""How long a worker that begins waits with the first digests for what the sources have."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one reading went: either an intake or trouble."""

    source: str
    intake: Intake | None = None
    trouble: str = ""
    note: str = ""


class FirstReading:
    """The sources that are read as a worker begins: after a long outage their papers belong into the digest that is overdue.

    Args:
        sources: Their names.
        patience: A source that takes longer is not waited for.
    """

    def __init__(self, sources: Iterable[str], *, patience: timedelta = GATHERING, clock: Callable[[], float] = time.monotonic) -> None:
        self._left = set(sources)
        self._clock = clock
        self._until = clock() + patience.total_seconds()

    def ended(self, source: str) -> bool:
        """It was read, is not due, or is in trouble. Whether it was the last of them."""
        was_open = bool(self._left)
        self._left.discard(source)
        return was_open and not self._left

    def is_over(self) -> bool:
        """Whether slots may be planned."""
        return not self._left or self._clock() >= self._until


async def read_source(desk: Desk, source: Source, next_reading: NextReading, *, force: bool = False) -> Reading | None:
    """Read a source if its time has come and nobody else is at it; None if not.

    A failure is written into the source's book and nowhere else: its watermark stays, the other sources never notice.

    Args:
        force: Whether to read it although its time has not come.
    """
    await desk.store.fetches.ensure(source.name)
    turn = await desk.store.fetches.claim(source.name, lease=LEASE, force=force)
    if turn is None:
        return None
    now = await desk.store.now()
    asked_to_wait = None
    try:
        with span("reading", source=source.name):
            harvest = await source.fetch(turn.mark, now)
    except asyncio.CancelledError:
        # We are told to stop: give the turn back, so that the next start need not wait for the lease.
        await desk.store.fetches.finish(turn, turn.health, again=now)
        raise
    except SourceTrouble as exc:
        health = after_trouble(turn.health, exc.reason, now)
        desk.counts.read(source.name, well=False)
        asked_to_wait = exc.retry_after if isinstance(exc, SourceBusy) else None
        reading = Reading(source=source.name, trouble=exc.reason)
        _log.warning("source_trouble", source=source.name, reason=exc.reason, failures=health.failures)
    else:
        with span("filing", source=source.name):
            intake = await take_in(desk, source.name, harvest, now)
        desk.counts.read(source.name, well=True, new=intake.new, refused=intake.refused)
        health = after_reading(turn.health, harvest, intake, now)
        reading = Reading(source=source.name, intake=intake, note=harvest.note)
        _log.info("source_read", source=source.name, seen=intake.seen, new=intake.new, changed=intake.changed, refused=intake.refused)
        if working_days_between(health.last_new or now, now) >= QUIET_WORKING_DAYS:
            _log.warning("source_quiet", source=source.name, last_new=health.last_new)
    await desk.store.fetches.finish(turn, health, again=next_reading(source.name, now, health, asked_to_wait))
    return reading


def after_trouble(health: Health, reason: str, now: datetime) -> Health:
    """The book after a failed reading: nothing that was good is forgotten."""
    return dataclasses.replace(health, failures=health.failures + 1, failing_since=health.failing_since or now, trouble=reason)


def after_reading(health: Health, harvest: Harvest, intake: Intake, now: datetime) -> Health:
    """The book after a good reading."""
    return Health(
        last_good=now,
        last_new=now if intake.new else health.last_new or now,
        note=harvest.note,
        seen=intake.seen or health.seen,
        new=intake.new if intake.seen else health.new,
        refused=health.refused + intake.refused,
    )


def working_days_between(start: datetime, end: datetime) -> int:
    """How many whole days from Monday to Friday (UTC) lie between the days of two moments; 0 if they are on the same day or the next."""
    days = (end.date() - start.date()).days
    return sum((start + timedelta(days=day)).weekday() < SATURDAY for day in range(1, days))


SATURDAY = 5
