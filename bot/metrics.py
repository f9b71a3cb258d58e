"""The figures at /metrics, in the text format that Prometheus scrapes: how the delivery stands, and how the ticks of this process do.

They are read from the store when somebody asks, so every process that serves them says the same of the delivery. Nothing in them is
about a channel, a workspace or a person: whoever reaches the web server may read them.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from bot.standing import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from prometheus_client import Metric

    from bot.ports import Store
    from bot.standing import Standing
    from bot.ticker import Tally

KEPT_S = 1.0
"""Seconds for which what was read is told again: whoever may ask may ask often, and the store has other work."""


class Metrics:
    """What the web server asks.

    Args:
        tallies: How the ticks of this process do, where it has any.
        clock: Seconds that only grow.
    """

    def __init__(
        self, store: Store, *, tallies: Callable[[], Mapping[str, Tally]] = dict, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._tallies = tallies
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
                self._read = self._clock(), exposition(await standing(self._store), self._tallies())
            return self._read[1]


def exposition(stands: Standing, tallies: Mapping[str, Tally]) -> bytes:
    """The page that Prometheus reads: for each figure a line of help, one of type, and the samples."""
    return generate_latest(_Families([*_of_delivery(stands), *(_of_ticks(tallies) if tallies else ())]))


@dataclass(frozen=True, slots=True)
class _Families(Collector):
    """Figures that are known already, for a library that likes to collect them itself."""

    families: Sequence[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.families


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


def _of_ticks(tallies: Mapping[str, Tally]) -> list[Metric]:
    done = CounterMetricFamily("paperboy_ticks", "How often a tick of this process came to its end, well or not.", labels=["tick"])
    failed = CounterMetricFamily("paperboy_ticks_failed", "How often a tick of this process failed.", labels=["tick"])
    last = GaugeMetricFamily(
        "paperboy_tick_last_timestamp_seconds", "When a tick of this process last came to its end, in seconds since 1970.", labels=["tick"]
    )
    for name, tally in tallies.items():
        done.add_metric([name], tally.done)
        failed.add_metric([name], tally.failed)
        if tally.last is not None:
            last.add_metric([name], tally.last.timestamp())
    return [done, failed, last]
