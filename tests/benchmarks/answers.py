"""How fast commands are answered while 10,000 digests flow: on a desk in the process of the busy worker, and in another process.

python -m tests.benchmarks.answers              400 commands at 20 a second, without and with digests
python -m tests.benchmarks.answers --quick      100, and 2,000 digests

A command comes every 50 ms whether or not those before it are answered, and its time counts from when it came.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands import Asker, Call, answer
from bot.desk import Desk
from bot.logs import log_to_stderr
from bot.memory import Memory
from bot.store.store import open_store
from tests.benchmarks import crowd, due
from tests.benchmarks.anatomy import slack_worker
from tests.benchmarks.stage import Sink, Stage, bots, on_slack, percentiles, stage, until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.channel import Address

DIGESTS, COMMANDS = 10_000, 400
QUICK = (2_000, 100)
EVERY = 0.05
"""Seconds between two commands."""
ASKERS = 100
ASKED = (
    "list",
    "preview {word}",
    "subscribe {word}",
    "help",
    "schedule weekdays 9:00",
    "status",
    "why {paper}",
    "similar {paper}",
    "trending nonsense",
    "unsubscribe {word}",
)
"""Nothing that asks a live source."""
WORDS = ("gradient", "transformer", "protein", "diffusion", "robot")


async def asked(desk: Desk, count: int) -> list[float]:
    """Seconds until each of so many commands was answered."""
    papers = [paper.id for paper in crowd.papers(due.PAPERS)]
    numbers = itertools.count(int(time.time() * 1000))

    async def one(number: int, came: float) -> float:
        text = ASKED[number % len(ASKED)].format(word=WORDS[number % len(WORDS)], paper=papers[number % len(papers)])
        asker = Asker(id=f"U{number % ASKERS}", name="Ada", zone="Europe/Berlin", is_operator=True)
        address = due.addresses(1, beginning=10_000_000 + number)[0]
        await answer(desk, Call(address=address, channel_name="#bench", asker=asker, text=text))
        return time.perf_counter() - came

    start, under_way = time.perf_counter(), []
    for place in range(count):
        came = start + place * EVERY
        await asyncio.sleep(max(0.0, came - time.perf_counter()))
        under_way.append(asyncio.create_task(one(next(numbers), came)))
    return list(await asyncio.gather(*under_way))


async def beside(url: str, count: int) -> None:
    """The same in a process that does nothing else, on a store that others use: calm, then, when it is told, once more."""
    async with open_store(url, directory=Path(), secret_keys=[due.KEY]) as store:
        desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers))
        await desk.caught_up()
        await asked(desk, len(ASKED))
        print(json.dumps(await asked(desk, count)), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print(json.dumps(await asked(desk, count)), flush=True)


async def same_process(digests: int, count: int) -> None:
    """A desk whose worker posts."""
    async with stage() as here, Sink.started() as sink:
        where = await due.fill(here.store, digests)
        desk, worker, workspaces = slack_worker(here, sink.url)
        worker.start()
        await desk.caught_up()
        await asked(desk, len(ASKED))
        calm = await asked(desk, count)
        flowing = await _flowing(here, sink, where)
        busy = await asked(desk, count)
        _tell("in the worker's process", calm, busy, await flowing.said())
        await sink.until(digests)
        await worker.stop()
        await workspaces.close()


async def other_process(digests: int, count: int) -> None:
    """A desk in one process, and a worker in another."""
    async with stage() as here, Sink.started() as sink:
        where = await due.fill(here.store, digests)
        async with bots(here, 1, on_slack(sink)):
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.benchmarks.answers", "beside", here.server.url, str(count)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=2**20,
            )
            assert child.stdin is not None
            assert child.stdout is not None
            calm = json.loads(await child.stdout.readline())
            flowing = await _flowing(here, sink, where)
            child.stdin.write(b"go\n")
            busy = json.loads(await child.stdout.readline())
            _tell("in another process     ", calm, busy, await flowing.said())
            await child.wait()


@dataclass(frozen=True, slots=True)
class Flowing:
    """Digests that began to flow."""

    sink: Sink
    since: float
    before: int
    all: int

    async def said(self) -> str:
        """How they flow, or that they ended before."""
        done = await self.sink.posted()
        if done >= self.all:
            return f"all {self.all} digests were posted before the last command"
        return f"{(done - self.before) / (time.perf_counter() - self.since):.0f} digests/s beside them"


async def _flowing(here: Stage, sink: Sink, where: Sequence[Address]) -> Flowing:
    await due.ring(here.store, where, at=await here.store.now())
    await until(sink.posted, len(where) // 50)
    return Flowing(sink, time.perf_counter(), await sink.posted(), len(where))


def _tell(where: str, calm: Sequence[float], busy: Sequence[float], flowing: str) -> None:
    (half, most, _), (busy_half, busy_most, longest) = percentiles(calm), percentiles(busy)
    print(
        f"{where}: p50 {half * 1000:6.1f} -> {busy_half * 1000:6.1f} ms (x {busy_half / half:.1f}), p99 {most * 1000:6.1f} -> "
        f"{busy_most * 1000:6.1f} ms (x {busy_most / most:.1f}), longest {longest * 1000:.0f} ms; {flowing}",
        flush=True,
    )


async def main(digests: int, count: int) -> None:
    """Both."""
    print(f"{count} commands, one every {EVERY * 1000:.0f} ms, {len(ASKED)} kinds in turn: without digests -> while digests flow")
    await same_process(digests, count)
    await other_process(digests, count)


if __name__ == "__main__":
    log_to_stderr("info")
    match sys.argv[1:]:
        case ["beside", url, count]:
            asyncio.run(beside(url, int(count)))
        case ["--quick"]:
            asyncio.run(main(*QUICK))
        case _:
            asyncio.run(main(DIGESTS, COMMANDS))
