"""The table of figures in docs/operations.md, from a page of /metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from bot.counts import FAMILIES
from bot.metrics import Reading, exposition
from bot.ports import Backlog, Health, Overdue, Pulse, Series
from bot.standing import PLATFORMS, Standing
from tests.documents.marks import put

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "docs/operations.md"
_THEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def table() -> str:
    """A row for each figure, in the order of the page."""
    rows = ["| figure | kind | what it tells |", "|---|---|---|"]
    for family in text_string_to_metric_families(exposition(_one_of_each()).decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label: None for sample in family.samples for label in sample.labels if label != "le"}
        rows.append(f"| `{name}{{{', '.join(labels)}}}` | {family.type} | {family.documentation} |".replace("{}", ""))
    return "\n".join(rows)


def _one_of_each() -> Reading:
    """A page on which no figure is without its labels."""
    pulse = Pulse(process="p", role="run", host="h", pid=1, version="1", started=_THEN, at=_THEN, ticks={"plan": _THEN})
    return Reading(
        stands=Standing(
            at=_THEN,
            backlogs={platform: Backlog(waiting=0, oldest=None) for platform in PLATFORMS},
            overdue=Overdue(slots=0, oldest=None),
            dead=0,
        ),
        totals={
            Series(family.name + ("_count" if family.buckets else "_total"), tuple((label, "") for label in family.labels)): 0.0
            for family in FAMILIES
        },
        pulses=[pulse],
        health={"arxiv": Health(last_good=_THEN)},
    )


def write(root: Path) -> None:
    """Bring the table up to date."""
    put(root / PAGE, "metrics", table())
