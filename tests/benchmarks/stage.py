"""What the benchmarks of the delivery play on: a server, a sink and workers, a process each, and what each of them costs.

The server is the embedded one as the bot starts it (every write on disk before it is acknowledged), shared through REDIS_URL; the workers
are `python -m bot worker`, whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import aiohttp

from bot.store.embedded import EmbeddedServer
from bot.store.store import RedisStore, open_store
from tests.benchmarks.due import KEY

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

PATIENCE_S = 120
"""Without anything new being posted."""
_TICKS = os.sysconf("SC_CLK_TCK")


def core_seconds(pid: int) -> float:
    """What a process has had of a core so far, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


class Sink:
    """A `swift_sink` in a process of its own."""

    def __init__(self, process: Process, port: int, session: aiohttp.ClientSession) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self._session = session

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls) -> AsyncIterator[Self]:
        """From its start to the end of the block."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.swift_sink"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin is not None
        assert process.stdout is not None
        async with aiohttp.ClientSession() as session:
            try:
                yield cls(process, int(await process.stdout.readline()), session)
            finally:
                process.stdin.close()
                await process.wait()

    async def posted(self) -> int:
        """How many were posted."""
        return int(await self._told("posted"))

    async def posts(self) -> list[tuple[str, float]]:
        """In which channel, and when, in the order in which they came."""
        async with self._session.get(f"{self.url}/posts") as answer:
            return [(channel, at) for channel, at in await answer.json()]

    async def until(self, count: int) -> list[tuple[str, float]]:
        """The posts, when there are so many."""
        await until(self.posted, count)
        return await self.posts()

    async def _told(self, what: str) -> str:
        async with self._session.get(f"{self.url}/{what}") as answer:
            return await answer.text()


async def until(posted: Callable[[], Awaitable[int]], count: int) -> None:
    """Wait for the posts.

    Raises:
        RuntimeError: Nothing came for a while.
    """
    before, since = 0, time.monotonic()
    while (now := await posted()) < count:
        if now > before:
            before, since = now, time.monotonic()
        if time.monotonic() - since > PATIENCE_S:
            raise RuntimeError(f"{now} of {count} posted, and nothing more for {PATIENCE_S} s")
        await asyncio.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Stage:
    """A server with its store, and the folder they lie in."""

    directory: Path
    server: EmbeddedServer
    store: RedisStore

    async def round_trips(self) -> int:
        """How often the server has read from a connection: once for a command or a pipeline that is not very long."""
        return (await self.info("stats"))["total_reads_processed"]

    async def info(self, section: str) -> dict[str, int]:
        """The whole numbers of one section of INFO."""
        told: bytes = await self.store.connection.read("INFO", section)
        lines = (line.partition(":") for line in told.decode().splitlines())
        return {name: int(value) for name, _, value in lines if value.isdecimal()}

    async def calls(self) -> dict[str, int]:
        """How often each command was carried out, those inside of scripts too."""
        told: bytes = await self.store.connection.read("INFO", "commandstats")
        lines = (line.removeprefix("cmdstat_").partition(":calls=") for line in told.decode().splitlines())
        return {name: int(rest.partition(",")[0]) for name, _, rest in lines if rest}


@contextlib.asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """A new server on an empty folder."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        server = await EmbeddedServer.start(Path(directory) / "store")
        try:
            async with open_store(server.url, directory=Path(directory), secret_keys=[KEY]) as store:
                yield Stage(Path(directory), server, store)
        finally:
            await server.close()


@contextlib.asynccontextmanager
async def bots(stage: Stage, count: int, environment: dict[str, str], *, role: str = "worker") -> AsyncIterator[Sequence[Process]]:
    """So many processes of the bot, from when each has done what it does at its start, to the end of the block."""
    discord = "DISCORD_TOKEN" in environment
    done = {
        "worker": [b"swept", *([b"discord_known"] if discord else [])],
        "run": [b"swept", b"web_server_open", *([b"discord_gateway_open"] if discord else [])],
        "web": [b"web_server_open"],
        "gateway": [b"discord_gateway_open"],
    }[role]
    processes: list[Process] = []
    try:
        logs = []
        for number in range(count):
            home = stage.directory / f"{role}-{number}"
            home.mkdir()
            logs.append(home / "log")
            with logs[-1].open("wb") as log:
                more = {"REDIS_URL": stage.server.url, "DATA_DIR": str(home), "HOST": "127.0.0.1", "PORT": "0"}
                processes.append(
                    await asyncio.create_subprocess_exec(
                        *(sys.executable, "-m", "bot", role), env=os.environ | environment | more, stderr=log, stdout=log
                    )
                )
        for log_file in logs:
            async with asyncio.timeout(PATIENCE_S):
                while not all(event in log_file.read_bytes() for event in done):
                    await asyncio.sleep(0.1)
        yield processes
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        await asyncio.gather(*(process.wait() for process in processes))


def on_slack(sink: Sink) -> dict[str, str]:
    """The environment of a bot that is installed in many workspaces of a Slack, which is this sink. Its sources have nothing."""
    return {
        "SLACK_API_URL": f"{sink.url}/api/",
        "SLACK_CLIENT_ID": "1.2",
        "SLACK_CLIENT_SECRET": "bench",
        "SLACK_SIGNING_SECRET": "bench",
        "PUBLIC_URL": "https://example.org",
        "SECRET_KEYS": KEY,
        **nowhere(sink.url),
    }


def nowhere(url: str) -> dict[str, str]:
    """Sources that are not there."""
    return dict.fromkeys(("HUGGINGFACE_URL", "ARXIV_API_URL", "ARXIV_RSS_URL"), f"{url}/none")


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast posts came, by when the sink had them."""

    posts: int
    twice: int
    """Posts beyond the first in a channel."""
    whole: float
    """Seconds from the start to the last."""
    steady: float
    """Posts a second between the first tenth and the last tenth of them: without the ticks' waits at both ends."""

    @classmethod
    def of(cls, posts: Sequence[tuple[str, float]], *, since: float) -> Self:
        """Of posts in their order; `since` in seconds since 1970."""
        times = sorted(at for _, at in posts)
        first, last = len(times) // 10, len(times) * 9 // 10 - 1
        return cls(
            posts=len(times),
            twice=len(times) - len({channel for channel, _ in posts}),
            whole=times[-1] - since,
            steady=(last - first) / (times[last] - times[first]),
        )


def percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The 50th, the 99th, the greatest."""
    cuts = statistics.quantiles(values, n=100)
    return cuts[49], cuts[98], max(values)
