"""What one digest is made of: the round trips of a worker that drains 2,000 channels, by who asked, and where its time goes.

python -m tests.benchmarks.anatomy               round trips
python -m tests.benchmarks.anatomy profile       and a profile (cProfile makes everything about twice as slow)
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.slack.outlet import SlackOutlet
from adapters.slack.workspaces import Workspaces
from bot.desk import Desk
from bot.logs import log_to_stderr
from bot.memory import Memory
from bot.sources.config import Config
from bot.wiring import worker_at
from tests.benchmarks import due
from tests.benchmarks.stage import Sink, Stage, stage

if TYPE_CHECKING:
    from types import FrameType

    from bot.store.connection import Connection
    from bot.store.scripts import Script
    from bot.worker import Worker

CHANNELS = 2_000
TOP = 35


class Counted:
    """Counts what goes through a connection, by command and by who asked for it."""

    def __init__(self, connection: Connection) -> None:
        self.asked: Counter[str] = Counter()
        connection_any: Any = connection
        call, run, send = connection.call, connection.run, connection._send_all

        async def counted_call(*command: Any) -> Any:
            self.asked[f"{command[0]:<20} {_asker()}"] += 1
            return await call(*command)

        async def counted_run(script: Script, *, keys: Any, args: Any = ()) -> Any:
            self.asked[f"{script.name:<20} {_asker()}"] += 1
            return await run(script, keys=keys, args=args)

        async def counted_send(commands: Any) -> Any:
            self.asked[f"{f'{commands[0][0]} and more' if commands else 'nothing':<20} {_asker()}"] += 1
            return await send(commands)

        connection_any.call, connection_any.run, connection_any._send_all = counted_call, counted_run, counted_send


def _asker() -> str:
    """The store's method that asks, and who called that."""
    names: list[str] = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and len(names) < 3:
        file = frame.f_code.co_filename
        if ("/bot/" in file or "/adapters/" in file) and not file.endswith("store/connection.py"):
            names.append(f"{Path(file).stem}.{frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(names)


def slack_worker(here: Stage, sink_url: str) -> tuple[Desk, Worker, Workspaces]:
    """A desk with Slack's outlet alone, and its worker; the workspaces to be closed."""
    workspaces = Workspaces(
        installations=here.store.installations,
        cache=here.store.cache,
        api_url=f"{sink_url}/api/",
        client_id="1.2",
        client_secret="bench",
        clock=lambda: datetime.now(UTC),
    )
    outlet = SlackOutlet(workspaces, here.store.cache, clock=lambda: datetime.now(UTC))
    memory = Memory(channels=here.store.channels, papers=here.store.papers)
    desk = Desk(store=here.store, memory=memory, outlets={"slack": outlet})
    return desk, worker_at(desk, Config(rhythms={})), workspaces


async def main(*, profiled: bool) -> None:
    """Drain, and tell."""
    async with stage() as here, Sink.started() as sink:
        where = await due.fill(here.store, CHANNELS)
        desk, worker, workspaces = slack_worker(here, sink.url)
        await desk.caught_up()
        counted = Counted(here.store.connection)
        profile = cProfile.Profile()
        await due.ring(here.store, where, at=await here.store.now())
        counted.asked.clear()
        trips = await here.round_trips()
        if profiled:
            profile.enable()
        start, core = time.perf_counter(), time.process_time()
        worker.start()
        await sink.until(CHANNELS)
        took, core = time.perf_counter() - start, time.process_time() - core
        profile.disable()
        trips = await here.round_trips() - trips
        print(
            f"{CHANNELS} digests in {took:.1f} s, {core / CHANNELS * 1000:.2f} ms of a core each, {trips / CHANNELS:.1f} round trips each"
        )
        for asked, times in counted.asked.most_common():
            if times > CHANNELS / 100:
                print(f"{times / CHANNELS:6.2f}  {asked}")
        await worker.stop()
        await workspaces.close()
        if profiled:
            stats = pstats.Stats(profile)
            stats.sort_stats("tottime").print_stats(TOP)
            stats.sort_stats("cumtime").print_stats(r"/(bot|adapters)/", 2 * TOP)


if __name__ == "__main__":
    log_to_stderr("info")  # as a worker does; who runs this may send it away
    asyncio.run(main(profiled="profile" in sys.argv[1:]))
