"""How all is, for anybody to see: sources, digests, what waits, which processes are alive. Nothing in it is of a workspace or a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from bot import counts
from bot.cleaning import cleaned
from bot.ports import MISSED
from bot.redaction import redact
from bot.standing import standing
from bot.summary import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from bot.ports import Pulse, Series, Store
    from bot.standing import Standing

DAYS = 14
"""Shown; today is the last of them."""
LATE = timedelta(minutes=15)
"""What waits for longer is trouble, as it is for the alert rules."""
UNREAD = timedelta(hours=1)
"""A source that fails for longer is trouble: one failure or two in between are life."""
PROMISED = timedelta(minutes=5)
"""Within this a digest is to be posted."""
WORKING = frozenset({"run", "worker"})
"""Roles that read, plan and post."""
LONGEST_TROUBLE = 160
"""Characters of what a source said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How a source does."""

    name: str
    """As the table of sources has it."""
    papers: tuple[int, ...]
    """Never seen before, on each day."""
    last_good: datetime | None = None
    """When it was last read without trouble."""
    last_new: datetime | None = None
    """When a reading last held a paper not seen before."""
    again: datetime | None = None
    """When it is read next."""
    failing_since: datetime | None = None
    trouble: str = ""
    """What went wrong the last time, fit to be shown; "" after a good reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformStatus:
    """How the delivery does on a platform."""

    name: str
    """As in `Address.platform`."""
    sent: tuple[int, ...]
    """Digests, on each day."""
    waiting: int = 0
    oldest: timedelta = timedelta()
    """How long the one that waits longest has waited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How long after their moment digests began to be posted."""

    digests: int = 0
    within: Mapping[float, int] = field(default_factory=dict)
    """How many of them by each bound in seconds, which grow."""

    def share(self, bound: timedelta) -> float | None:
        """Which part of them within a bound that is counted; None while there are none."""
        return self.within.get(bound.total_seconds(), 0) / self.digests if self.digests else None

    @property
    def half(self) -> timedelta | None:
        """The least bound that half of them kept; None while there are none, or if half were later than any."""
        return next(
            (timedelta(seconds=bound) for bound, number in self.within.items() if self.digests and 2 * number >= self.digests), None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What one look at the store tells."""

    at: datetime
    """The store's time, aware UTC."""
    days: tuple[date, ...]
    """The last ones by UTC, today as the last; all figures by day go by it."""
    sources: tuple[SourceStatus, ...] = ()
    platforms: tuple[PlatformStatus, ...] = ()
    lateness: Lateness = field(default_factory=Lateness)
    """Over all the days."""
    overdue: int = 0
    """Slots whose moment has come and that nobody has planned."""
    overdue_for: timedelta = timedelta()
    """The longest of them."""
    dead: int = 0
    """Digests of the last 30 days given up."""
    processes: tuple[Pulse, ...] = ()

    @property
    def sent(self) -> tuple[int, ...]:
        """Digests on each day, on all platforms."""
        return tuple(map(sum, zip(*(one.sent for one in self.platforms), strict=True))) if self.platforms else (0,) * len(self.days)

    @property
    def waiting(self) -> int:
        """Digests on their way, on all platforms."""
        return sum(one.waiting for one in self.platforms)

    @property
    def oldest(self) -> timedelta:
        """How long the one of them has waited that waits longest."""
        return max((one.oldest for one in self.platforms), default=timedelta())

    def is_silent(self, process: Pulse) -> bool:
        """Whether a process missed its pulse."""
        return self.at - process.at > MISSED

    def ago(self, moment: datetime) -> timedelta:
        """How long ago that was; nothing for what a clock says is still to come."""
        return max(self.at - moment, timedelta())

    def unread(self) -> tuple[SourceStatus, ...]:
        """Sources that have failed for too long."""
        return tuple(one for one in self.sources if one.failing_since is not None and self.ago(one.failing_since) > UNREAD)

    def late(self) -> tuple[PlatformStatus, ...]:
        """Platforms where something waits for too long."""
        return tuple(one for one in self.platforms if one.waiting and one.oldest > LATE)

    def unplanned(self) -> bool:
        """Whether slots are overdue for too long."""
        return bool(self.overdue) and self.overdue_for > LATE

    def unwell(self) -> tuple[Pulse, ...]:
        """Processes that missed their pulse, or of which a part cannot work."""
        return tuple(one for one in self.processes if one.not_ready or self.is_silent(one))

    @property
    def works(self) -> bool:
        """Whether anybody reads, plans and posts."""
        return any(one.role in WORKING for one in self.processes)

    @property
    def is_well(self) -> bool:
        """Whether nothing is worth a look."""
        return self.works and not (self.unread() or self.late() or self.unplanned() or self.unwell())


async def status(store: Store, *, sources: Sequence[str], platforms: Sequence[str]) -> Status:
    """Look at the store: some twenty small questions, however much it holds.

    Args:
        sources: Their names, in the order in which they are shown.
        platforms: Those that are configured. Others are shown if anything was sent there, or waits.

    Raises:
        StoreTrouble: It is away.
    """
    stands = await standing(store)
    by_day = await store.figures.days(DAYS)
    figures = [day for _, day in by_day]
    return Status(
        at=stands.at,
        days=tuple(day for day, _ in by_day),
        sources=tuple([one async for one in _sources(store, sources, figures)]),
        platforms=tuple(one for one in _platforms(stands, figures) if one.name in platforms or one.waiting or any(one.sent)),
        lateness=_lateness(figures),
        overdue=stands.overdue.slots,
        overdue_for=stands.age(stands.overdue.oldest),
        dead=stands.dead,
        processes=tuple(await store.figures.pulses()),
    )


def shown(text: str, longest: int) -> str:
    """What a stranger wrote, on one line, without what would steer a screen, and without secrets."""
    return shorten(one_line(redact(cleaned(text))), longest)


async def _sources(store: Store, names: Sequence[str], figures: Sequence[Mapping[Series, float]]) -> AsyncIterator[SourceStatus]:
    known = await store.fetches.health(names)
    for name in names:
        papers = tuple(round(_total(day, f"{counts.PAPERS.name}_total", source=name)) for day in figures)
        if name not in known:
            yield SourceStatus(name=name, papers=papers)
            continue
        health, again = known[name]
        yield SourceStatus(
            name=name,
            papers=papers,
            last_good=health.last_good,
            last_new=health.last_new,
            again=again,
            failing_since=health.failing_since if health.trouble else None,
            trouble=shown(health.trouble, LONGEST_TROUBLE),
        )


def _platforms(stands: Standing, figures: Sequence[Mapping[Series, float]]) -> Iterator[PlatformStatus]:
    for name, backlog in stands.backlogs.items():
        sent = tuple(round(_total(day, f"{counts.SENT.name}_total", platform=name)) for day in figures)
        yield PlatformStatus(name=name, sent=sent, waiting=backlog.waiting, oldest=stands.age(backlog.oldest))


def _lateness(figures: Sequence[Mapping[Series, float]]) -> Lateness:
    within = Counter[float]()
    digests = 0.0
    for day in figures:
        digests += _total(day, f"{counts.LATENESS.name}_count")
        for bound in counts.LATENESS.buckets:
            within[bound] += round(_total(day, f"{counts.LATENESS.name}_bucket", le=counts.le(bound)))
    return Lateness(digests=round(digests), within=dict(within))


def _total(figures: Mapping[Series, float], name: str, **labels: str) -> float:
    """What was counted under a name, of those with these labels, whatever others they have."""
    wanted = labels.items()
    return sum(number for series, number in figures.items() if series.name == name and wanted <= dict(series.labels).items())
