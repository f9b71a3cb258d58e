"""How fast Slack is served: a command's way to its answer, and digests posted; each beside the least that could do it.

python -m tests.benchmarks.slack            both
python -m tests.benchmarks.slack commands   50 and 200 commands at a time, 100,000 subscriptions loaded; beside a Bolt app that only acks
python -m tests.benchmarks.slack digests    2,000 digests; beside a loop that posts ready-made JSON with the same client

The program under test is `python -m bot web`, whole, in a process of its own with a store of its own. What plays Slack (`slack_sink`) and
sends the commands is this process, on the other core.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import hmac
import itertools
import json
import os
import random
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.outlet import SlackOutlet
from adapters.slack.render import render
from adapters.slack.workspaces import Workspaces
from bot.channel import Address, Channel, QueryText, Subscription
from bot.delivery import Courier
from bot.desk import Desk
from bot.memory import Memory
from bot.ports import Filing
from bot.query import parse
from bot.store.embedded import EmbeddedServer
from bot.store.store import RedisStore, open_store
from bot.ticker import Ticker
from bot.worker import Worker
from tests.benchmarks import crowd
from tests.benchmarks.ready import digests as digests_for
from tests.benchmarks.slack_sink import APP, TEAM, Sink

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from slack_bolt.async_app import AsyncAck

SUBSCRIPTIONS = 100_000
PAPERS = 2_000
COMMANDS = 3_000
CROWDS = (50, 200)
"""Commands under way at a time."""
ASKERS = 500
DIGESTS = 2_000
POSTS_AT_ONCE = 20
"""As the worker's leases."""
SECRET = "bench"
TOKEN = "xoxb-bench"
ASKED = (
    "list",
    "search {word}",
    "preview {word}",
    "subscribe {word}",
    "help",
    "schedule weekdays 9:00",
    "status",
    "why {paper}",
    "similar {paper}",
    "trending nonsense",
)
"""Nothing that asks a live source: their manners, a question in three seconds, would be all that is measured."""
WANTED = range(5, 60)
"""In how many of the papers a word stands that people ask for: in fewer a search asks the live sources too, for more is over-broad."""
DAYS = 7
"""Over which the papers came."""


def free_port() -> int:
    """A port nobody listens at, for the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """The application's address while it is served."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def running(*arguments: str, environment: dict[str, str], until: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program, from when it answers at the address `until` on."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env=os.environ | environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with aiohttp.ClientSession() as session:
            for _ in range(600):
                with contextlib.suppress(aiohttp.ClientError):
                    await session.get(until)
                    break
                await asyncio.sleep(0.1)
            else:
                raise RuntimeError(f"{arguments} did not start")
        yield process
    finally:
        process.terminate()
        await process.wait()


# ---------------------------------------------------------------- commands


@dataclass(frozen=True, slots=True)
class Turnaround:
    """Seconds from sending to the acknowledgement, and to the answer."""

    ack: float
    answer: float


def signed(body: str) -> dict[str, str]:
    """The headers with which Slack would send this body now."""
    at = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/x-www-form-urlencoded",
    }


class Crowd:
    """People who each send a command, wait for the answer, and send the next."""

    def __init__(self, session: aiohttp.ClientSession, sink: Sink, *, sink_url: str, app_url: str, answers: bool) -> None:
        self._session = session
        self._sink = sink
        self._sink_url = sink_url
        self._url = f"{app_url}/slack/events"
        self._answers = answers
        self._numbers = itertools.count()
        papers = crowd.papers(PAPERS)
        self._papers = [paper.id for paper in papers]
        stands = Counter(word for paper in papers for word in set(paper.abstract.split()))
        self._words = [word for word in crowd.topics() if stands[word] in WANTED]

    async def send(self, commands: int, *, at_once: int) -> list[Turnaround]:
        """So many commands, `at_once` of them under way at any time."""
        turns: list[Turnaround] = []
        left = iter(range(commands))

        async def person() -> None:
            for _ in left:
                turn = await self._one()
                turns.append(turn)

        await asyncio.gather(*(person() for _ in range(at_once)))
        return turns

    async def _one(self) -> Turnaround:
        number = next(self._numbers)
        chance = random.Random(number)
        channel = f"C{time.monotonic_ns()}{number}"
        body = urlencode(
            {
                "token": "x",
                "team_id": TEAM,
                "team_domain": "bench",
                "channel_id": channel,
                "channel_name": "bench",
                "user_id": f"U{number % ASKERS}",
                "user_name": "ada",
                "command": "/papers",
                "text": ASKED[number % len(ASKED)].format(word=chance.choice(self._words), paper=chance.choice(self._papers)),
                "api_app_id": APP,
                "is_enterprise_install": "false",
                "response_url": f"{self._sink_url}/respond/{channel}",
                "trigger_id": f"{number}.{channel}",
            }
        )
        said = self._sink.said_in(channel)
        sent = time.perf_counter()
        async with self._session.post(self._url, data=body, headers=signed(body)) as answer:
            await answer.read()
            if answer.status != web.HTTPOk.status_code:
                raise RuntimeError(f"{answer.status} for a command")
        acked = time.perf_counter()
        answered = await asyncio.wait_for(said, 60) if self._answers else acked
        return Turnaround(acked - sent, answered - sent)


def _told(name: str, at_once: int, turns: Sequence[Turnaround], took: float, peer: Sequence[Turnaround] | None) -> None:
    def percentiles(pick: Callable[[Turnaround], float]) -> tuple[float, float]:
        cuts = statistics.quantiles((pick(one) for one in turns), n=100)
        return cuts[49] * 1000, cuts[98] * 1000

    ack, answer = percentiles(lambda one: one.ack), percentiles(lambda one: one.answer)
    ratio = ""
    if peer:
        bare = statistics.quantiles((one.ack for one in peer), n=100)
        ratio = f"   ack x bare: {ack[0] / bare[49] / 1000:.1f} / {ack[1] / bare[98] / 1000:.1f}"
    print(
        f"{name:<10} {at_once:>4} at once: ack p50 {ack[0]:7.1f} p99 {ack[1]:7.1f} ms, "
        f"answer p50 {answer[0]:7.1f} p99 {answer[1]:7.1f} ms, "
        f"{len(turns) / took:6.0f} commands/s{ratio}",
        flush=True,
    )


async def commands() -> None:
    """Commands over HTTP, through the whole program and through a Bolt app that only acks."""
    sink = Sink()
    with tempfile.TemporaryDirectory() as directory:
        server = await EmbeddedServer.start(Path(directory) / "store")
        try:
            await _fill(server.url)
            async with serving(sink.application()) as sink_url:
                port, bare = free_port(), free_port()
                environment = {
                    "REDIS_URL": server.url,
                    "DATA_DIR": directory,
                    "SLACK_BOT_TOKEN": TOKEN,
                    "SLACK_SIGNING_SECRET": SECRET,
                    "SLACK_API_URL": f"{sink_url}/api/",
                    "HOST": "127.0.0.1",
                    "PORT": str(port),
                    "LOG_LEVEL": "error",
                    "HUGGINGFACE_URL": f"{sink_url}/none",
                    "ARXIV_API_URL": f"{sink_url}/none",
                    "ARXIV_RSS_URL": f"{sink_url}/none",
                }
                unlimited = aiohttp.TCPConnector(limit=0)
                async with (
                    running("tests.benchmarks.slack", "bare", str(bare), sink_url, environment={}, until=f"http://127.0.0.1:{bare}/"),
                    running("bot", "web", environment=environment, until=f"http://127.0.0.1:{port}/"),
                    aiohttp.ClientSession(connector=unlimited) as session,
                ):
                    peer = Crowd(session, sink, sink_url=sink_url, app_url=f"http://127.0.0.1:{bare}", answers=False)
                    ours = Crowd(session, sink, sink_url=sink_url, app_url=f"http://127.0.0.1:{port}", answers=True)
                    await peer.send(200, at_once=10)  # both are warm when it counts, and ours has read its rules
                    await ours.send(200, at_once=10)
                    for at_once in CROWDS:
                        start = time.perf_counter()
                        bare_turns = await peer.send(COMMANDS, at_once=at_once)
                        _told("bare Bolt", at_once, bare_turns, time.perf_counter() - start, None)
                        start = time.perf_counter()
                        turns = await ours.send(COMMANDS, at_once=at_once)
                        _told("Paperboy", at_once, turns, time.perf_counter() - start, bare_turns)
        finally:
            await server.close()


async def _fill(url: str) -> None:
    """The rules of a crowd and the papers they are about."""
    now = datetime.now(UTC)
    async with open_store(url, directory=Path()) as store:
        papers = [
            dataclasses.replace(paper, first_seen=now - timedelta(days=DAYS * number / PAPERS))
            for number, paper in enumerate(crowd.papers(PAPERS))
        ]
        for start in range(0, len(papers), 200):
            await store.papers.file(Filing(papers=papers[start : start + 200], inboxes={}, rules=0))
        turn = asyncio.Semaphore(50)

        async def save(address: Address, queries: Sequence[str]) -> None:
            async with turn:
                rules = tuple(Subscription(QueryText(str(parse(query))), "Ada", now, "U1") for query in dict.fromkeys(queries))
                await store.channels.save(Channel(address=address, name="#bench", subscriptions=rules), due=None)

        await asyncio.gather(*(save(address, queries) for address, queries in crowd.rules(SUBSCRIPTIONS)))
    print(f"{SUBSCRIPTIONS} subscriptions, {PAPERS} papers loaded", flush=True)


def bare(port: int, url: str) -> None:
    """A Bolt app that only acks."""
    app = AsyncApp(signing_secret=SECRET, client=AsyncWebClient(token=TOKEN, base_url=f"{url}/api/"))

    @app.command("/papers")
    async def papers(ack: AsyncAck) -> None:
        await ack()

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    site = web.Application()
    site.router.add_post("/slack/events", events)
    web.run_app(site, host="127.0.0.1", port=port, access_log=None, print=None)


# ---------------------------------------------------------------- digests


async def digests() -> None:
    """Digests through store, courier, renderer and client; and ready-made JSON through the client alone."""
    sink = Sink()
    async with serving(sink.application()) as url:
        figures: dict[str, list[tuple[float, float]]] = {"post": [], "loop": []}
        for _ in range(3):
            for kind in ("loop", "post"):
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "tests.benchmarks.slack",
                    kind,
                    url,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                )
                out, _ = await process.communicate()
                took, cpu = json.loads(out.splitlines()[-1])  # a log line may come first
                figures[kind].append((took, cpu))
        wall = {kind: DIGESTS / statistics.median(took for took, _ in runs) for kind, runs in figures.items()}
        core = {kind: DIGESTS / statistics.median(cpu for _, cpu in runs) for kind, runs in figures.items()}
        for kind, name in (("loop", "bare loop, ready-made JSON"), ("post", "outbox, courier, renderer")):
            print(f"{name:<28} {wall[kind]:6.0f} digests/s, {core[kind]:6.0f} per second of its core")
        print(f"ratio: {wall['loop'] / wall['post']:.2f} by the clock, {core['loop'] / core['post']:.2f} by the core")


def _addresses() -> list[Address]:
    return [Address("slack", TEAM, f"C{number:06}") for number in range(DIGESTS)]


async def post(url: str) -> None:
    """Everything between a planned digest and its message, timed."""
    with tempfile.TemporaryDirectory() as directory:
        async with open_store(directory=Path(directory)) as store:
            workspaces = _workspaces(store, url)
            installation = await workspaces.lone(TOKEN)
            assert installation.workspace == TEAM
            outlet = SlackOutlet(workspaces, store.cache, clock=lambda: datetime.now(UTC))
            desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={"slack": outlet})
            worker = Worker(desk, courier=Courier(store), ticker=Ticker(), next_reading=lambda *_: datetime.now(UTC))
            for delivery in digests_for(_addresses(), outlet, now=await store.now()):
                await store.deliveries.post_now(delivery)
            start, cpu = time.perf_counter(), time.process_time()
            worked_on = await worker.deliver_due()
            print(json.dumps([time.perf_counter() - start, time.process_time() - cpu]))
            if worked_on < DIGESTS:
                raise RuntimeError(f"only {worked_on} of {DIGESTS}")


async def loop(url: str) -> None:
    """The client alone, as many posts at once."""
    nobody: Any = None  # laying out asks nobody
    ready = [
        {"channel": one.address.channel, "blocks": (said := render(one.parts[0])).blocks, "text": said.text, "unfurl_links": False}
        for one in digests_for(_addresses(), SlackOutlet(nobody, nobody, clock=lambda: datetime.now(UTC)), now=datetime.now(UTC))
    ]
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=TOKEN, base_url=f"{url}/api/", retry_handlers=[], session=session)
        left = iter(ready)

        async def poster() -> None:
            for message in left:
                await client.api_call("chat.postMessage", json=message)

        start, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(poster() for _ in range(POSTS_AT_ONCE)))
        print(json.dumps([time.perf_counter() - start, time.process_time() - cpu]))


def _workspaces(store: RedisStore, url: str) -> Workspaces:
    return Workspaces(
        installations=None,
        cache=store.cache,
        alone=None,
        api_url=f"{url}/api/",
        client_id="",
        client_secret="",
        clock=lambda: datetime.now(UTC),
    )


def main() -> None:
    """One of the parts, or both."""
    match sys.argv[1:]:
        case ["bare", port, url]:
            bare(int(port), url)
        case ["post", url]:
            asyncio.run(post(url))
        case ["loop", url]:
            asyncio.run(loop(url))
        case ["commands"]:
            asyncio.run(commands())
        case ["digests"]:
            asyncio.run(digests())
        case _:
            asyncio.run(commands())
            asyncio.run(digests())


if __name__ == "__main__":
    main()
