"""Kill a bot at random moments, let it live again at once, and see in the end what it kept of its promises."""

from __future__ import annotations

import asyncio
import os
import random
import select
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from bot.fetching import read_source
from bot.store.embedded import EmbeddedServer
from tests.crash.audit import audit
from tests.crash.journal import Journal
from tests.crash.world import FORGOTTEN_LEASES, START, STORE, LastingClock, bot, hourly

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.audit import Findings

STDERR = "stderr"
ROOT = Path(__file__).resolve().parents[2]


class Manner(StrEnum):
    """When a bot is killed."""

    STARTING = "while starting"
    WORKING = "while working"
    POSTING = "while posting"


MANNERS = (1, 6, 3)
"""How often each occurs."""
LONGEST_S = {Manner.STARTING: 0.8, Manner.WORKING: 0.03, Manner.POSTING: 0.006}
"""At most so long after the last line that was waited for."""
ORPHANS = 0.25
"""How many leave a server behind that has to be ended by the next."""
MOST_LINES = 40
"""Lines of its journal that are waited for."""
PATIENCE_S = 60
DAYS_TO_SETTLE = 5
"""A weekend and some."""


class Untimely(Exception):
    """A bot that ended, or stood still, without being killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How it ended."""

    wrong: tuple[str, ...]
    """A sentence for each broken promise."""
    counts: dict[str, int]


def ordeal(directory: Path, *, kills: int, seed: int, told: Callable[[int], None] = lambda _: None) -> Verdict:
    """Kill a bot so many times, let the last one finish, and judge.

    Args:
        directory: Empty; all that is kept lies there afterwards.
        seed: Decides who is killed when, as far as it is ours to decide.
        told: Is told after each kill how many there were.

    Raises:
        Untimely: A bot did not live until it was killed; the notes have what it wrote on standard error.
    """
    chance = random.Random(seed)
    manners: Counter[str] = Counter()
    with (directory / STDERR).open("wb") as stderr:
        for number in range(1, kills + 1):
            (manner,) = chance.choices(list(Manner), MANNERS)
            is_orphaning = chance.random() < ORPHANS
            try:
                _live_and_die(directory, chance, stderr.fileno(), manner, is_orphaning=is_orphaning)
            except BaseException as error:
                error.add_note((directory / STDERR).read_text())
                asyncio.run(_leave_no_server(directory))
                raise
            manners.update((manner, *["leaving an orphaned server"] * is_orphaning))
            told(number)
    with capture_logs() as logs:
        findings, days = asyncio.run(_settle(directory))
    errors = [*(directory / STDERR).read_text().splitlines(), *(str(entry) for entry in logs if entry["log_level"] == "error")]
    return Verdict(
        wrong=(*findings.wrong, *(f"an error was told: {line}" for line in errors)),
        counts={"kills": kills, **{f"of these {what}": count for what, count in manners.items()}, "days": days, **findings.counts},
    )


def _live_and_die(directory: Path, chance: random.Random, stderr: int, manner: Manner, *, is_orphaning: bool) -> None:
    command = [sys.executable, "-m", "tests.crash.child", str(directory), str(chance.getrandbits(32)), *["orphan"] * is_orphaning]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr) as child:
        try:
            lines = 0 if manner is Manner.STARTING else chance.randint(1, MOST_LINES)
            while lines > 0:
                lines -= len(_said(child, at_most=lines))
            while manner is Manner.POSTING and _said(child, at_most=1) != b"r":
                pass
            end = time.monotonic() + chance.uniform(0, LONGEST_S[manner])
            while (left := end - time.monotonic()) > 0:
                _heard(child, left, at_most=MOST_LINES)
        finally:
            child.kill()


def _said(child: subprocess.Popen[bytes], *, at_most: int) -> bytes:
    """The next lines of its journal, a letter each."""
    heard = _heard(child, PATIENCE_S, at_most=at_most)
    if not heard:
        raise Untimely(f"the bot did nothing for {PATIENCE_S} seconds")
    return heard


def _heard(child: subprocess.Popen[bytes], patience_s: float, *, at_most: int) -> bytes:
    """The same; b"" if it wrote none within the patience."""
    assert child.stdout is not None
    if not select.select([child.stdout], [], [], patience_s)[0]:
        return b""
    if not (heard := os.read(child.stdout.fileno(), at_most)):
        raise Untimely(f"the bot ended by itself with status {child.wait()}")
    return heard


async def _leave_no_server(directory: Path) -> None:
    """End what an orphaning bot left."""
    await (await EmbeddedServer.start(directory / STORE)).close()


async def _settle(directory: Path) -> tuple[Findings, int]:
    """Let a bot read, plan and post all that there is, and look what came of it. Also how many days the whole took."""
    journal, clock = Journal(directory / "journal"), LastingClock(directory / "clock")
    clock.advance(FORGOTTEN_LEASES)
    with closing(journal), closing(clock):
        async with bot(directory, journal, clock) as (desk, worker, store):
            for source in desk.sources:
                reading = await read_source(desk, source, hourly, force=True)
                assert reading is not None, f"somebody still reads {source.name}"
            for _ in range(DAYS_TO_SETTLE):
                clock.advance(timedelta(days=1))
                await worker.plan_due()
                await worker.deliver_due()
            return await audit(store, directory), (clock() - START).days
