"""How fast digests reach Discord: under its ceiling of 50 requests a second, and with it lifted beside a bare loop.

python -m tests.benchmarks.discord          both, about six minutes
python -m tests.benchmarks.discord ceiling  10,000 due channels, the fake enforcing the documented limits
python -m tests.benchmarks.discord lifted   2,000, no limits; beside a loop that posts ready-made JSON with discord.py's own client

The fake of the tests plays Discord in this process, its checks switched off; who posts is a process of its own, on the other core.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from discord.http import HTTPClient, Route

from adapters.discord.client import Rest, point
from adapters.discord.outlet import DiscordOutlet
from adapters.discord.render import render
from bot.channel import Address
from bot.delivery import Courier
from bot.desk import Desk
from bot.memory import Memory
from bot.store.store import open_store
from bot.ticker import Ticker
from bot.worker import Worker
from tests.benchmarks.ready import digests
from tests.discord.fake import FakeDiscord

if TYPE_CHECKING:
    from collections.abc import Sequence

CEILING = 50
"""Requests a second, for the token over all processes (docs.discord.com, "Rate limits")."""
DUE, LIFTED = 10_000, 2_000
POSTS_AT_ONCE = 20
"""As the worker's leases."""
ROUNDS = 3


class Open:
    """A gate through which everybody goes at once."""

    async def turn(self, *_: object, **__: object) -> timedelta:
        """No wait."""
        return timedelta()

    async def strike(self, *_: object, **__: object) -> bool:
        """Never shut."""
        return False


async def posting(server: FakeDiscord, kind: str, channels: Sequence[str]) -> tuple[float, float]:
    """Seconds by the clock and on its core that a process of its own takes to post to these channels."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(channels, file)
        file.flush()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.benchmarks.discord", kind, server.rest_url, file.name),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
    took, cpu = json.loads(out.splitlines()[-1])  # log lines come first
    return took, cpu


def channels_of(server: FakeDiscord, count: int) -> list[str]:
    """So many new channels, 400 to a server."""
    made: list[str] = []
    while len(made) < count:
        guild = server.guild(f"Bench {len(server.guilds)}")
        made += [guild.text(f"papers-{number}").id for number in range(min(400, count - len(made)))]
    return made


async def ceiling() -> None:
    """10,000 digests under Discord's limits."""
    async with FakeDiscord() as server:
        server.checking = False
        channels = channels_of(server, DUE)
        server.limits.route("POST /channels/{channel_id}/messages", limit=5, per=5.0)
        server.limits.whole(CEILING, per=1.0)
        took, cpu = await posting(server, "paced", channels)
        posted = sum(len(server.channels[id].messages) for id in channels)
        print(
            f"{posted} digests in {took:.1f} s: {posted / took:.1f} a second, {posted / took / CEILING:.1%} of the ceiling; "
            f"429s: {server.limits.refused}; {cpu / posted * 1000:.2f} ms of a core each",
            flush=True,
        )


async def lifted() -> None:
    """2,000 digests without limits, and the same as ready-made JSON, taking turns."""
    async with FakeDiscord() as server:
        server.checking = False
        figures: dict[str, list[tuple[float, float]]] = {"open": [], "loop": []}
        for _ in range(ROUNDS):
            for kind, runs in figures.items():
                runs.append(await posting(server, kind, channels_of(server, LIFTED)))
    wall = {kind: LIFTED / statistics.median(took for took, _ in runs) for kind, runs in figures.items()}
    core = {kind: LIFTED / statistics.median(cpu for _, cpu in runs) for kind, runs in figures.items()}
    for kind, name in (("loop", "bare loop, ready-made JSON"), ("open", "outbox, courier, renderer")):
        print(f"{name:<28} {wall[kind]:6.0f} digests/s, {core[kind]:6.0f} per second of its core")
    print(f"ratio: {wall['loop'] / wall['open']:.2f} by the clock, {core['loop'] / core['open']:.2f} by the core", flush=True)


def _addresses(file: str) -> list[Address]:
    return [Address("discord", "1", channel) for channel in json.loads(Path(file).read_text())]


async def post(url: str, file: str, *, paced: bool) -> None:
    """Everything between planned digests and their messages, timed."""
    point(url)
    with tempfile.TemporaryDirectory() as directory:
        async with open_store(directory=Path(directory)) as store:
            gate: Any = store.gate if paced else Open()
            async with Rest("token-acme", gate=gate, clock=lambda: datetime.now(UTC)) as rest:
                outlet = DiscordOutlet(rest, store.cache)
                desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={"discord": outlet})
                worker = Worker(desk, courier=Courier(store), ticker=Ticker(), next_reading=lambda *_: datetime.now(UTC))
                addresses = _addresses(file)
                for delivery in digests(addresses, outlet, now=await store.now()):
                    await store.deliveries.post_now(delivery)
                await rest.me()
                start, cpu = time.perf_counter(), time.process_time()
                left = len(addresses)
                while left > 0:  # what a limit put off comes back
                    left -= await worker.deliver_due() or await asyncio.sleep(0.05, 0)
                print(json.dumps([time.perf_counter() - start, time.process_time() - cpu]))


async def loop(url: str, file: str) -> None:
    """discord.py's own client alone, as many posts at once."""
    point(url)
    rest: Any = None  # rendering asks nobody
    ready = [
        (one.address.channel, {"embeds": said.embeds, "content": said.content, "allowed_mentions": {"parse": []}})
        for one in digests(_addresses(file), DiscordOutlet(rest, rest), now=datetime.now(UTC))
        for said in [render(one.parts[0])]
    ]
    client = HTTPClient(asyncio.get_running_loop())
    await client.static_login("token-acme")
    left = iter(ready)

    async def poster() -> None:
        for channel, message in left:
            await client.request(Route("POST", "/channels/{channel_id}/messages", channel_id=channel), json=message)

    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(poster() for _ in range(POSTS_AT_ONCE)))
    print(json.dumps([time.perf_counter() - start, time.process_time() - cpu]))
    await client.close()


def main() -> None:
    """One of the parts, or both."""
    match sys.argv[1:]:
        case ["paced" | "open" as kind, url, file]:
            asyncio.run(post(url, file, paced=kind == "paced"))
        case ["loop", url, file]:
            asyncio.run(loop(url, file))
        case ["ceiling"]:
            asyncio.run(ceiling())
        case ["lifted"]:
            asyncio.run(lifted())
        case _:
            asyncio.run(lifted())
            asyncio.run(ceiling())


if __name__ == "__main__":
    main()
