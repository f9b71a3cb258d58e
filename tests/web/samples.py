"""What the pages are shown with: a day like any other, a first day, and one on which everything is wrong and badly named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from bot import __version__
from bot.channel import Address
from bot.overview import DeadDigest, Overview, PausedChannel, Workspace
from bot.ports import Pulse
from bot.status import DAYS, Lateness, PlatformStatus, SourceStatus, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
"""A Friday."""
TODAY = NOW.date()
LAST: Sequence[date] = tuple(TODAY - timedelta(days=back) for back in reversed(range(DAYS)))
UGLY = (
    "<script>alert(1)</script>&amp; \"quoted\" 'too' "
    + "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
)
"""What a stranger might call something."""


def pulse(role: str, *, at: datetime = NOW, not_ready: Sequence[str] = (), host: str = "web-1", pid: int = 7) -> Pulse:
    """One that began three days before it was last heard."""
    return Pulse(
        process=f"{role}-{host}-{pid}-00c0ffee",
        role=role,
        host=host,
        pid=pid,
        version=__version__,
        started=at - timedelta(days=3),
        at=at,
        not_ready=not_ready,
        memory=118_000_000,
    )


def source(name: str, *papers: int, minutes: int = 12) -> SourceStatus:
    """One that does well."""
    return SourceStatus(
        name=name,
        papers=papers,
        last_good=NOW - timedelta(minutes=minutes),
        last_new=NOW - timedelta(hours=3),
        again=NOW + timedelta(hours=2),
    )


def well() -> Status:
    """Everything works; weekends are silent."""
    return Status(
        at=NOW,
        days=tuple(LAST),
        sources=(
            source("huggingface", 11, 9, 42, 38, 45, 51, 40, 12, 8, 44, 47, 39, 52, 21),
            source("arxiv:cs.AI", 0, 0, 188, 204, 171, 193, 240, 0, 0, 199, 215, 187, 166, 178, minutes=64),
            source("arxiv:cs.CL", 0, 0, 88, 121, 96, 104, 143, 0, 0, 99, 131, 118, 92, 107, minutes=64),
            source("arxiv:cs.LG", 0, 0, 231, 260, 222, 244, 301, 0, 0, 239, 277, 251, 208, 233, minutes=64),
        ),
        platforms=(
            PlatformStatus(name="slack", sent=(0, 0, 31, 34, 33, 36, 36, 0, 0, 37, 39, 38, 41, 40)),
            PlatformStatus(
                name="discord", sent=(2, 2, 12, 12, 14, 13, 15, 2, 3, 15, 16, 16, 17, 16), waiting=1, oldest=timedelta(seconds=3)
            ),
        ),
        lateness=Lateness(digests=520, within={1.0: 102, 5.0: 391, 15.0: 488, 30.0: 509, 60.0: 517, 120.0: 519, 300.0: 520}),
        processes=(pulse("gateway", pid=31), pulse("web", pid=8), pulse("worker", pid=9)),
    )


def first_day() -> Status:
    """Nothing has happened yet."""
    nothing = (0,) * DAYS
    return Status(
        at=NOW,
        days=tuple(LAST),
        sources=(SourceStatus(name="huggingface", papers=nothing), SourceStatus(name="arxiv:cs.CL", papers=nothing)),
        platforms=(PlatformStatus(name="slack", sent=nothing),),
        processes=(pulse("run"),),
    )


def ill() -> Status:
    """Everything is wrong, and in many words."""
    many = (0, 1, 12_345, 999, 1_000, 98_765, 3, 0, 0, 120_000, 77, 4_321, 15, 2)
    return Status(
        at=NOW,
        days=tuple(LAST),
        sources=(
            SourceStatus(
                name="huggingface",
                papers=many,
                last_good=NOW - timedelta(days=2),
                last_new=NOW - timedelta(days=4),
                again=NOW - timedelta(minutes=1),
                failing_since=NOW - timedelta(days=2),
                trouble=UGLY[:160],
            ),
            SourceStatus(
                name=f"arxiv:{'cond-mat.' * 9}mtrl-sci", papers=many, failing_since=NOW - timedelta(minutes=5), trouble="status 503"
            ),
            *(source(f"arxiv:stat.{part}", *many) for part in ("AP", "CO", "ME", "ML", "OT", "TH")),
        ),
        platforms=(
            PlatformStatus(name="slack", sent=many, waiting=12_345, oldest=timedelta(days=3)),
            PlatformStatus(name="discord", sent=many, waiting=1, oldest=timedelta(minutes=16)),
        ),
        lateness=Lateness(digests=10_000, within={300.0: 9_994, 3600.0: 10_000}),
        overdue=1,
        overdue_for=timedelta(hours=3),
        dead=1_234,
        processes=(
            pulse("gateway", not_ready=("discord",), host=UGLY[:64]),
            pulse("web", not_ready=("slack", "slack socket"), at=NOW - timedelta(seconds=90)),
        ),
    )


def overview(*, ugly: bool = False) -> Overview:
    """What the operator sees."""
    name = UGLY if ugly else "Acme Research"
    where = Address("slack", "T024BE7LD", "C024BE91L")
    return Overview(
        at=NOW,
        workspaces=[
            Workspace(
                platform="slack", id="T024BE7LD", name=name[:80], installed_at=NOW - timedelta(days=40), channels=12, rules=41, paused=1
            ),
            Workspace(platform="discord", id="1187345500000000000", channels=3, rules=7),
        ],
        workspaces_in_all=2 if not ugly else 1_702,
        channels=15,
        rules=48,
        paused=[
            PausedChannel(address=where, name="#ml-reading", why=f"Slack does not let me post there: {'is_archived' if not ugly else UGLY}")
        ],
        paused_in_all=1,
        dead=[
            DeadDigest(
                short="9f86d081",
                address=where,
                name="#ml-reading",
                due=NOW - timedelta(hours=5),
                died=NOW - timedelta(hours=2),
                why="invalid_blocks" if not ugly else UGLY * 2,
                doubtful=ugly,
            )
        ],
        dead_in_all=1 if not ugly else 101,
    )
