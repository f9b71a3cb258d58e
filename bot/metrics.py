"""The figures at /metrics, in the text format that Prometheus scrapes.

They are read from the store when somebody asks: what all processes counted, how the delivery stands, how each process does. So every
process that serves them says the same, and those without a port are told of too. Nothing in them is about a channel, a workspace or a
person: whoever reaches the web server may read them.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.counts import FAMILIES
from bot.ports import Series
from bot.standing import PLATFORMS, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.counts import Family
    from bot.ports import Health, Pulse, Store
    from bot.standing import Standing

KEPT_S = 1.0
"""Seconds for which what was read is told again: whoever may ask may ask often, and the store has other work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read from the store at one moment."""

    stands: Standing
    totals: Mapping[Series, float] = field(default_factory=dict)
    pulses: Sequence[Pulse] = ()
    health: Mapping[str, Health] = field(default_factory=dict)
    """By source."""
    memory: int = 0
    """Bytes the store has in use."""


class Metrics:
    """What the web server asks.

    Args:
        sources: The names of the sources.
        clock: Seconds that only grow.
    """

    def __init__(self, store: Store, *, sources: Sequence[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._sources = sources
        self._clock = clock
        self._reading = asyncio.Lock()
        self._read: tuple[float, bytes] | None = None

    async def __call__(self) -> bytes:
        """The figures as they stand, at most KEPT_S old, as UTF-8.

        Raises:
            StoreTrouble: The store is away.
        """
        async with self._reading:
            if self._read is None or self._clock() >= self._read[0] + KEPT_S:
                self._read = self._clock(), exposition(await self._look())
            return self._read[1]

    async def _look(self) -> Reading:
        figures = self._store.figures
        return Reading(
            stands=await standing(self._store),
            totals=await figures.totals(),
            pulses=await figures.pulses(),
            health={name: health for name, (health, _) in (await self._store.fetches.health(self._sources)).items()},
            memory=await figures.memory(),
        )


def exposition(read: Reading) -> bytes:
    """The page that Prometheus reads: for each figure a line of help, one of type, and the samples."""
    return generate_latest(
        _Families([*_of_delivery(read.stands), *_counted(read.totals), *_of_sources(read), *_of_processes(read), _of_store(read)])
    )


@dataclass(frozen=True, slots=True)
class _Families(Collector):
    """Figures that are known already, for a library that likes to collect them itself."""

    families: Sequence[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.families


def _counted(totals: Mapping[Series, float]) -> Iterator[Metric]:
    """What all processes counted. A series that nothing was counted of stands at 0 where its labels are known beforehand."""
    for family in FAMILIES:
        metric = Metric(family.name, family.help, "histogram" if family.buckets else "counter")
        samples = dict.fromkeys(_known(family), 0.0) | {one: number for one, number in totals.items() if _is_of(one, family)}
        # Buckets must grow, and +Inf stands last: by the other labels, then by the bound.
        for series in sorted(samples, key=lambda one: (one.name, _without_bound(one), _bound(one))):
            metric.add_sample(series.name, dict(series.labels), samples[series])
        yield metric


def _known(family: Family) -> Iterator[Series]:
    if family.labels == ("platform",) and not family.buckets:
        for platform in PLATFORMS:
            yield Series(f"{family.name}_total", (("platform", platform),))


def _is_of(series: Series, family: Family) -> bool:
    endings = ("_bucket", "_sum", "_count") if family.buckets else ("_total",)
    return series.name in {family.name + ending for ending in endings}


def _without_bound(series: Series) -> tuple[tuple[str, str], ...]:
    return tuple(label for label in series.labels if label[0] != "le")


def _bound(series: Series) -> float:
    return float(dict(series.labels).get("le", "+Inf"))


def _of_delivery(stands: Standing) -> list[Metric]:
    waiting = GaugeMetricFamily("paperboy_deliveries_waiting", "Deliveries on their way: planned, not sent, not dead.", labels=["platform"])
    oldest = GaugeMetricFamily(
        "paperboy_oldest_pending_seconds", "Age of the slot of the delivery that waits longest; 0 when none waits.", labels=["platform"]
    )
    for platform, backlog in stands.backlogs.items():
        waiting.add_metric([platform], backlog.waiting)
        oldest.add_metric([platform], stands.age(backlog.oldest).total_seconds())
    return [
        waiting,
        oldest,
        GaugeMetricFamily(
            "paperboy_deliveries_dead",
            "Deliveries of the last 30 days that will not be tried again by themselves; see `python -m bot deliveries --dead`.",
            value=stands.dead,
        ),
        GaugeMetricFamily(
            "paperboy_slots_overdue", "Slots whose moment has come and that no worker has planned yet.", value=stands.overdue.slots
        ),
        GaugeMetricFamily(
            "paperboy_oldest_overdue_seconds",
            "Age of the slot that is overdue longest; 0 when none is.",
            value=stands.age(stands.overdue.oldest).total_seconds(),
        ),
    ]


def _of_sources(read: Reading) -> list[Metric]:
    age = GaugeMetricFamily("paperboy_source_age_seconds", "Since a source was last read without trouble.", labels=["source"])
    failing = GaugeMetricFamily("paperboy_source_failures", "Readings of a source in a row that failed.", labels=["source"])
    for source, health in read.health.items():
        if health.last_good is not None:
            age.add_metric([source], read.stands.age(health.last_good).total_seconds())
        failing.add_metric([source], health.failures)
    return [age, failing]


def _of_processes(read: Reading) -> list[Metric]:
    labels = ["process", "role"]
    started = GaugeMetricFamily("paperboy_process_started_seconds", "When a process began, in seconds since 1970.", labels=labels)
    memory = GaugeMetricFamily("paperboy_process_memory_bytes", "What a process has in memory.", labels=labels)
    lacks = GaugeMetricFamily("paperboy_process_parts_not_ready", "Parts of a process that cannot work at the moment.", labels=labels)
    ticks = GaugeMetricFamily(
        "paperboy_tick_last_timestamp_seconds",
        "When a tick of a process last came to its end, in seconds since 1970.",
        labels=[*labels, "tick"],
    )
    running = GaugeMetricFamily("paperboy_processes", "Processes that are alive.", labels=["role"])
    for role, number in Counter(pulse.role for pulse in read.pulses).items():
        running.add_metric([role], number)
    for pulse in read.pulses:
        named = [pulse.process, pulse.role]
        started.add_metric(named, pulse.started.timestamp())
        memory.add_metric(named, pulse.memory)
        lacks.add_metric(named, len(pulse.not_ready))
        for tick, last in pulse.ticks.items():
            if last is not None:
                ticks.add_metric([*named, tick], last.timestamp())
    return [running, started, memory, lacks, ticks]


def _of_store(read: Reading) -> Metric:
    return GaugeMetricFamily("paperboy_store_memory_bytes", "What the store has in use.", value=read.memory)
