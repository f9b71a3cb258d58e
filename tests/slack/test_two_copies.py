"""Two whole processes on one Redis: whatever they both hear, plan or post stands once, also when one of them is killed in the middle."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.channel import Address
from bot.delivery import REQUEST
from bot.desk import Desk
from bot.jobs import take_in
from bot.memory import Memory
from bot.places import LEASE
from bot.ports import Harvest
from bot.store import keys
from bot.store.store import open_store
from tests.library import LIBRARY
from tests.program import Place
from tests.slack.fake import drop_after, hang
from tests.sources.web_server import WebServer
from tests.test_jobs import subscribed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from bot.store.connection import Connection
    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.slack.fake import FakeSlack, Message

LANE = f"{keys.PREFIX}lane:slack:T0TEAM"
"""The queue of the only workspace there is."""
CHANNELS = tuple(f"C0ROOM{number}" for number in range(5))


class Copy:
    """A process, and what its log has told so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.told: list[dict[str, Any]] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            # A log that nobody reads would stop the process.
            self.told.append(json.loads(line) if line.startswith(b"{") else {"event": line.decode()})

    def has_told(self, event: str) -> bool:
        return any(line["event"] == event for line in self.told)

    async def kill(self) -> None:
        """With no chance to tidy up."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def stop(self) -> None:
        """It ends well, and nothing went wrong that it knows of."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        elif self._process.returncode == -signal.SIGKILL:
            return
        assert await self._process.wait() == 0, self.told
        await self._reading
        assert [line for line in self.told if line.get("level") in ("error", "critical") and line["event"] not in SOURCES] == []


SOURCES = ("source_failed",)
"""Sources are silent here."""


class Copies:
    """As many as a test wants, on one server."""

    def __init__(self, place: Place, slack: FakeSlack, store: RedisStore, redis_url: str, stack: AsyncExitStack) -> None:
        self._place = place
        self._slack = slack
        self._redis_url = redis_url
        self._stack = stack
        self.store = store
        self.desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={})
        self.all: list[Copy] = []

    async def another(self) -> Copy:
        """`python -m bot run`, once it is connected and works."""
        environment = {"SLACK_API_URL": self._slack.api_url, "SLACK_BOT_TOKEN": "xoxb-acme", "SLACK_APP_TOKEN": "xapp-acme"}
        before = self._slack.connections
        copy = Copy(await self._place.begin("run", HOST="127.0.0.1", PORT="0", REDIS_URL=self._redis_url, **environment))
        self._stack.push_async_callback(copy.kill)
        self.all.append(copy)
        await self._slack.connected(before + 1)
        await self._slack.until(lambda: copy.has_told("swept"))
        return copy

    async def stop(self) -> None:
        for copy in self.all:
            await copy.stop()

    async def due(self, channels: Sequence[str]) -> None:
        """New papers for the channels, and their hour has come."""
        now = await self.store.now()
        await take_in(self.desk, "library", Harvest(papers=LIBRARY), now)
        dues = {at(channel): now.replace(microsecond=0) - timedelta(seconds=1) for channel in channels}
        assert await self.store.channels.put_on_agenda(dues, move=True) == len(dues)

    async def outcome(self, channel: str) -> str:
        """What the log of the channel tells last."""
        return next((attempt.outcome for attempt in await self.store.deliveries.log(at(channel))), "")

    async def all_sent(self, channels: Sequence[str]) -> None:
        """Wait until each channel's digest is sent, and nothing waits to be."""
        await self.end_with([*["sent"] * len(channels)], channels)
        assert await self.underway() == []

    async def end_with(self, outcomes: Sequence[str], channels: Sequence[str]) -> None:
        """Wait until these are the latest outcomes in the channels, in whichever order."""
        async with asyncio.timeout(self._slack.patience):
            while sorted([*await asyncio.gather(*(self.outcome(channel) for channel in channels))]) != sorted(outcomes):
                await asyncio.sleep(0.01)

    async def underway(self) -> list[bytes]:
        """The deliveries that are not settled."""
        found: list[bytes] = await self.store.connection.read("ZRANGE", keys.waiting("slack"), 0, -1)
        return found

    async def time_passes(self, by: timedelta) -> None:
        """For what is under way: nobody can move the clock of a server."""
        for id in await self.underway():
            delivery = keys.delivery(id.decode())
            for name in ("until", "first", "last"):
                if moment := await self.store.connection.read("HGET", delivery, name):
                    await self.store.connection.call("HSET", delivery, name, int(moment) - round(by.total_seconds() * 1000))
            await self.store.connection.call("ZINCRBY", LANE, -round(by.total_seconds() * 1000), id)
        if await self.underway():
            await self.store.connection.call("ZINCRBY", keys.lanes("slack"), -round(by.total_seconds() * 1000), "T0TEAM")


def at(channel: str) -> Address:
    return Address("slack", "T0TEAM", channel)


@pytest.fixture
async def copies(slack: FakeSlack, clock: Clock, redis_url: str, connection: Connection, tmp_path: Path) -> AsyncIterator[Copies]:
    """None yet. Afterwards those that live must end well, and `connection` looks for keys that leaked."""
    # The processes go by the server's clock, and whoever looks for a post among Slack's messages compares the two.
    clock.now = datetime.now(UTC)
    slack.patience = 30
    async with a_place(tmp_path) as place, open_store(redis_url, directory=tmp_path) as store, AsyncExitStack() as stack:
        copies = Copies(place, slack, store, redis_url, stack)
        yield copies
        await copies.stop()


@asynccontextmanager
async def a_place(directory: Path) -> AsyncIterator[Place]:
    async with WebServer() as server:
        yield Place(directory, server)


def digests(slack: FakeSlack, channel: str) -> list[Message]:
    """Messages that were delivered, not answered."""
    return [message for message in slack.acme[channel].visible if message.metadata]


def announced(slack: FakeSlack, channel: str) -> list[Message]:
    return [message for message in slack.acme[channel].visible if "subscribed" in message.text]


async def test_two_processes_double_no_answer_no_announcement_and_no_digest(copies: Copies, slack: FakeSlack) -> None:
    for channel in CHANNELS:
        slack.acme.channel(channel, channel.lower())
    await copies.another()
    await copies.another()
    # Either may hear a payload, and both do where Slack is not sure of the first.
    asked = [await slack.command("subscribe curriculum", channel=channel, to=place % 2) for place, channel in enumerate(CHANNELS)]
    for place, one in enumerate(asked):
        await slack.resend(one, to=(place + 1) % 2)
    mention = await slack.mention("list", to=0)
    await asyncio.gather(*(slack.resend(mention, to=copy) for copy in (1, 0, 1)))
    await slack.until(lambda: slack.ephemerals and all(announced(slack, channel) for channel in CHANNELS))

    # The answer to one of the posts is lost, whoever makes it.
    slack.fault("chat.postMessage", drop_after())
    await copies.due(CHANNELS)
    await copies.end_with(["doubtful", *["sent"] * (len(CHANNELS) - 1)], CHANNELS)
    await copies.time_passes(LEASE)
    await copies.all_sent(CHANNELS)
    await copies.stop()

    assert {len(announced(slack, channel)) for channel in CHANNELS} == {1}
    assert {len(digests(slack, channel)) for channel in CHANNELS} == {1}
    assert len(slack.ephemerals) == 1
    assert not any(interaction.answers for interaction in asked), "what was announced is not told the asker as well"


KILLED = {
    "after Slack took it, the other beside it": (True, "before"),
    "before Slack took it, the other beside it": (False, "before"),
    "after Slack took it, the other later": (True, "after"),
}


@pytest.mark.parametrize(("stands", "begun"), KILLED.values(), ids=KILLED)
async def test_a_process_killed_while_it_posts_leaves_one_digest(copies: Copies, slack: FakeSlack, *, stands: bool, begun: str) -> None:
    await subscribed(copies.desk, at("C0READING"), "curriculum")
    await copies.due(["C0READING"])
    slack.fault("chat.postMessage", hang(done=stands))
    first = await copies.another()
    await slack.until(lambda: slack.called("chat.postMessage"))

    if begun == "before":
        await copies.another()
    await first.kill()
    slack.release()
    await copies.time_passes(LEASE)
    if begun == "after":
        await copies.another()
    # Whoever takes it over waits until a request that may still be under way has landed.
    await copies.end_with(["doubtful"], ["C0READING"])
    await copies.time_passes(2 * REQUEST)
    await copies.all_sent(["C0READING"])
    await copies.stop()

    assert len(digests(slack, "C0READING")) == 1
    assert len(slack.called("chat.postMessage")) == (1 if stands else 2)
