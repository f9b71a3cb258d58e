"""What this process counts: one call for each thing that happened. `bot.pulse` hands it on to the store, `bot.metrics` shows the sums.

Nothing that is counted is of a channel, a workspace or a person: labels are platforms, sources, hosts and the names of our commands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.ports import Series

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Family:
    """Series of one name."""

    name: str
    """As Prometheus has it, without the endings of its samples."""
    help: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...] = ()
    """Upper bounds in seconds, growing, the last one without end left out; () for what is only counted."""


_SOON = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LATE = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 10800.0, 86400.0)

DUE: Final = Family("paperboy_slots_due", "Slots whose moment came and that were turned into a digest, or into nothing.", ("platform",))
SENT: Final = Family("paperboy_deliveries_sent", "Digests of which every part was posted.", ("platform",))
DIED: Final = Family("paperboy_deliveries_died", "Digests given up: refused for good, or tried in vain.", ("platform",))
UNKNOWN: Final = Family("paperboy_posts_unknown", "Requests of which nobody knows at first whether they posted.", ("platform",))
LOST: Final = Family("paperboy_leases_lost", "Leases that were over before they were used up.", ("platform",))
THROTTLED: Final = Family("paperboy_throttled", "Answers that said to come back later (429).", ("host",))
PAPERS: Final = Family("paperboy_papers", "Papers never seen before.", ("source",))
REFUSED: Final = Family("paperboy_papers_refused", "Entries of a source that are no paper.", ("source",))
READINGS: Final = Family("paperboy_readings", "Readings of a source.", ("outcome", "source"))
COMMANDS: Final = Family("paperboy_commands", "Commands answered.", ("command", "outcome", "platform"))
TICKS: Final = Family("paperboy_ticks", "How often a tick came to its end, well or not.", ("tick",))
TICKS_FAILED: Final = Family("paperboy_ticks_failed", "How often a tick failed.", ("tick",))
LATENESS: Final = Family("paperboy_lateness_seconds", "From a slot's moment until its digest began to be posted.", ("platform",), _LATE)
COMMAND_TIME: Final = Family("paperboy_command_seconds", "From a command to its answer.", ("platform",), _SOON)
MATCHING_TIME: Final = Family("paperboy_matching_seconds", "Matching one batch of papers against all rules.", (), _SOON)

FAMILIES: Final = (
    DUE,
    SENT,
    DIED,
    UNKNOWN,
    LOST,
    THROTTLED,
    PAPERS,
    REFUSED,
    READINGS,
    COMMANDS,
    TICKS,
    TICKS_FAILED,
    LATENESS,
    COMMAND_TIME,
    MATCHING_TIME,
)
"""All there are."""

WELL, ILL = "well", "trouble"
"""How a reading or a command ended. A person's mistake that was answered kindly ended well."""


class Counts:
    """Counts until somebody takes what has grown; only one may take."""

    def __init__(self) -> None:
        self._grown: dict[Series, float] = {}
        self._taken: Mapping[Series, float] = {}
        self._batch = 0

    def batch(self) -> tuple[int, Mapping[Series, float]]:
        """What was counted since the last batch that came through, and its number from 1; the same again until `came_through`."""
        if not self._taken and self._grown:
            self._taken, self._grown = self._grown, {}
            self._batch += 1
        return self._batch, self._taken

    def came_through(self) -> None:
        """The last batch was taken down."""
        self._taken = {}

    def slot_due(self, platform: str) -> None:
        """A slot was planned."""
        self._count(DUE, platform)

    def began(self, platform: str, late: timedelta) -> None:
        """The first part of a digest was posted, so long after its slot."""
        self._observe(LATENESS, late, platform)

    def sent(self, platform: str) -> None:
        """The last part of a digest was posted."""
        self._count(SENT, platform)

    def died(self, platform: str) -> None:
        """A digest was given up."""
        self._count(DIED, platform)

    def unknown(self, platform: str) -> None:
        """A request ended so that nobody knows whether it posted. To ask for it later, even in vain, is no other."""
        self._count(UNKNOWN, platform)

    def lease_lost(self, platform: str) -> None:
        """A lease was over before it was used up."""
        self._count(LOST, platform)

    def throttled(self, host: str) -> None:
        """Somebody said to come back later.

        Args:
            host: A platform, or the domain of a source.
        """
        self._count(THROTTLED, host)

    def read(self, source: str, *, well: bool, new: int = 0, refused: int = 0) -> None:
        """A source was read."""
        self._count(READINGS, WELL if well else ILL, source)
        self._count(PAPERS, source, by=new)
        self._count(REFUSED, source, by=refused)

    def answered(self, platform: str, command: str, took: timedelta, *, well: bool) -> None:
        """A command was answered.

        Args:
            command: Its name as the table of commands has it; "" for what is none.
        """
        self._count(COMMANDS, command, WELL if well else ILL, platform)
        self._observe(COMMAND_TIME, took, platform)

    def matched(self, took: timedelta) -> None:
        """A batch of papers, at least one, was matched against all rules."""
        self._observe(MATCHING_TIME, took)

    def ticked(self, tick: str, *, times: int, failed: int) -> None:
        """A tick came to its end so often, and failed so often of these."""
        self._count(TICKS, tick, by=times)
        self._count(TICKS_FAILED, tick, by=failed)

    def _count(self, family: Family, *labels: str, by: float = 1) -> None:
        self._grow(f"{family.name}_total", _labels(family, labels), by)

    def _observe(self, family: Family, took: timedelta, *labels: str) -> None:
        seconds, named = max(took.total_seconds(), 0.0), _labels(family, labels)
        for bound in (*family.buckets, float("inf")):
            self._grow(f"{family.name}_bucket", (*named, ("le", le(bound))), float(seconds <= bound))
        self._grow(f"{family.name}_sum", named, seconds)
        self._grow(f"{family.name}_count", named, 1)

    def _grow(self, name: str, labels: tuple[tuple[str, str], ...], by: float) -> None:
        # 0 as well: a series that is there from the first time on shows its first growth.
        series = Series(name, labels)
        self._grown[series] = self._grown.get(series, 0) + by


def le(bound: float) -> str:
    """An upper bound as Prometheus writes it."""
    return "+Inf" if bound == float("inf") else repr(bound)


def _labels(family: Family, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(zip(family.labels, values, strict=True))
