"""Digests a second through plan, claim, compose, post and commit, by 1, 2 and 4 workers on one server; beside the least that could do it.

python -m tests.benchmarks.delivery              three rounds of 4,000 channels that are all due at one moment
python -m tests.benchmarks.delivery --quick      one round of 1,500

(a) "bare loop" posts ready-made JSON of such digests with the same client (slack_sdk's, one aiohttp session, 32 at a time) from as many
processes. (b) "round trips" asks the same server as often as the workers did for each digest, with the same redis client and pool, from as
many processes; every third is a write. All share the machine: workers, server and sink are a process each.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.outlet import EVENT, SlackOutlet
from adapters.slack.render import render
from bot.store.connection import Connection
from tests.benchmarks import due
from tests.benchmarks.ready import digests
from tests.benchmarks.stage import Rate, Sink, bots, core_seconds, on_slack, stage

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKERS = (1, 2, 4)
CHANNELS, ROUNDS = 4_000, 3
QUICK = (1_500, 1)
AT_ONCE = 32
"""As a worker's places."""
WRITES = 3
"""Every third of the raw round trips."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to."""

    rate: Rate
    trips: float
    """Round trips to the store for each digest."""
    cost: Mapping[str, float]
    """Milliseconds of a core for each digest, by who had it."""


async def drained(count: int, workers: int) -> Run:
    """So many channels due at one moment, delivered by so many workers."""
    async with stage() as here, Sink.started() as sink:
        where = await due.fill(here.store, count)
        async with bots(here, workers, on_slack(sink)) as processes:
            pids = {"workers": [process.pid for process in processes], "server": [here.server.pid], "sink": [sink.process.pid]}
            before = {name: sum(map(core_seconds, some)) for name, some in pids.items()}
            trips = await here.round_trips()
            start = time.time()
            await due.ring(here.store, where, at=await here.store.now())
            posts = await sink.until(count)
            cost = {name: (sum(map(core_seconds, some)) - before[name]) / count * 1000 for name, some in pids.items()}
            return Run(Rate.of(posts, since=start), (await here.round_trips() - trips) / count, cost)


async def looped(count: int, processes: int) -> Rate:
    """As many posts of ready-made JSON."""
    async with Sink.started() as sink:
        start = await _together("loop", processes, sink.url, str(count // processes))
        return Rate.of(await sink.until(count // processes * processes), since=start)


async def tripped(count: int, processes: int) -> float:
    """Round trips a second."""
    async with stage() as here:
        start = await _together("trips", processes, here.server.url, str(count // processes))
        return count / (time.time() - start)


async def _together(kind: str, processes: int, *arguments: str) -> float:
    """Run children that begin at one moment, to their end. Returns the moment."""
    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.delivery", kind, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        for _ in range(processes)
    ]
    for child in children:
        assert child.stdout is not None
        if await child.stdout.readline() != b"ready\n":
            raise RuntimeError(f"{kind} did not start")
    start = time.time()
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"go\n")
    for child in children:
        await child.communicate()
    return start


async def _gone() -> None:
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)


async def loop(url: str, count: int) -> None:
    """The client alone."""
    nobody: Any = None  # laying out asks nobody
    outlet = SlackOutlet(nobody, nobody, clock=lambda: datetime.now(UTC))
    ready = [
        {
            "channel": one.address.channel,
            "blocks": (said := render(one.parts[0])).blocks,
            "text": said.text,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": EVENT, "event_payload": {"key": one.id}},
        }
        for one in digests(due.addresses(count, beginning=os.getpid() * count), outlet, now=datetime.now(UTC))
    ]
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token="xoxb-bench", base_url=f"{url}/api/", retry_handlers=[], session=session)
        left = iter(ready)

        async def poster() -> None:
            for message in left:
                await client.api_call("chat.postMessage", json=message)

        await _gone()
        await asyncio.gather(*(poster() for _ in range(AT_ONCE)))


async def trips(url: str, count: int) -> None:
    """The store's connection alone."""
    connection = await Connection.open(url)
    left = iter(range(count))
    value = bytes(200)

    async def asker() -> None:
        for number in left:
            if number % WRITES:
                await connection.read("GET", f"trip:{number % 1_000}")
            else:
                await connection.call("SET", f"trip:{number % 1_000}", value)

    await _gone()
    await asyncio.gather(*(asker() for _ in range(AT_ONCE)))
    await connection.close()


async def main(channels: int, rounds: int) -> None:
    """Rounds in which all take turns, and their medians."""
    runs: dict[int, list[Run]] = {workers: [] for workers in WORKERS}
    loops: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    asked: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    for _ in range(rounds):
        for workers in WORKERS:
            run = await drained(channels, workers)
            runs[workers].append(run)
            loops[workers].append((await looped(channels, workers)).steady)
            asked[workers].append(await tripped(round(channels * run.trips), workers))
    print(f"{channels} channels due at one moment, {rounds} rounds, medians; {os.cpu_count()} cores for workers, server and sink together")
    print("workers  digests/s   bare loop  x      round trips/s, for each digest  as digests/s  x      ms of a core: workers server sink")
    for workers in WORKERS:
        some = runs[workers]
        speed = statistics.median(run.rate.steady for run in some)
        bare, raw = statistics.median(loops[workers]), statistics.median(asked[workers])
        each = statistics.median(run.trips for run in some)
        cost = {name: statistics.median(run.cost[name] for run in some) for name in some[0].cost}
        print(
            f"{workers:>7} {speed:>10.0f} {bare:>11.0f}  {bare / speed:<5.2f}{raw:>14.0f} {each:>17.1f} {raw / each:>13.0f}  "
            f"{raw / each / speed:<5.2f}{cost['workers']:>23.2f} {cost['server']:>6.2f} {cost['sink']:>4.2f}"
        )
    every = [run for some in runs.values() for run in some]
    sink = statistics.median(run.cost["sink"] for run in every)
    print(f"posted twice: {sum(run.rate.twice for run in every)} of {sum(run.rate.posts for run in every)}")
    print(f"the sink alone could take {1000 / sink:.0f} posts a second of its core" if sink else "the sink cost nothing", flush=True)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        match sys.argv[1:]:
            case ["loop", url, count]:
                asyncio.run(loop(url, int(count)))
            case ["trips", url, count]:
                asyncio.run(trips(url, int(count)))
            case ["--quick"]:
                asyncio.run(main(*QUICK))
            case _:
                asyncio.run(main(CHANNELS, ROUNDS))
