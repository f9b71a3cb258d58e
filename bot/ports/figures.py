"""The promise of the store about figures: what all processes counted together, and that each of them is alive."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

MISSED = timedelta(seconds=60)
"""A process of which no pulse came for so long is stuck or gone."""


class Series(NamedTuple):
    """What is counted, of whom: the name of a sample as Prometheus has it, and its labels in the order of their names."""

    name: str
    """"paperboy_deliveries_sent_total", "paperboy_lateness_seconds_bucket"."""
    labels: tuple[tuple[str, str], ...] = ()
    """(("platform", "slack"),)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What a process last said of itself."""

    process: str
    """Unlike every other's, also of one that ran on this host before."""
    role: str
    """The subcommand: "run", "web", "worker", "gateway"."""
    host: str
    """As the host names itself; a container has one of its own."""
    pid: int
    version: str
    started: datetime
    at: datetime
    """When it said so, by the store's clock. Both aware UTC."""
    not_ready: Sequence[str] = ()
    """Its parts that cannot work at the moment, by name: "slack", "discord"."""
    memory: int = 0
    """Bytes resident; 0 where the system does not tell."""
    ticks: Mapping[str, datetime | None] = field(default_factory=dict)
    """By name, when each last came to its end."""


class Figures(Protocol):
    """Counted by every process, kept for all. Figures only grow; none is of a workspace, channel or person."""

    async def add(self, process: str, batch: int, grown: Mapping[Series, float]) -> None:
        """Add what a process counted since its batch before. A batch that came through already is not added again.

        Args:
            process: As in its pulse.
            batch: 1, 2, 3 ...: one that is not greater than the greatest that came through changes nothing.
        """

    async def totals(self) -> Mapping[Series, float]:
        """All that was ever counted."""

    async def days(self, last: int) -> Sequence[tuple[date, Mapping[Series, float]]]:
        """What was counted on each of the last days by UTC, today as the last one; empty where nothing was. Kept for 35 days."""

    async def beat(self, pulse: Pulse) -> None:
        """Say how a process is; kept for two minutes. Its `at` is the store's now, whatever the pulse says."""

    async def pulses(self) -> Sequence[Pulse]:
        """What the processes said that are alive, by role, the one that started first first."""

    async def leave(self, process: str) -> None:
        """A process ended in good order: its pulse goes at once."""

    async def memory(self) -> int:
        """Bytes the store has in use; 0 where it does not tell."""
