"""Whether it fits in 512 MB: one process for both platforms, 10,000 channels with 10 subscriptions each, and its embedded server.

python -m tests.benchmarks.fits                on the day it was set up, and after 21 and 30 days
python -m tests.benchmarks.fits 180            after so many days; what is older than half a year is forgotten
python -m tests.benchmarks.fits --quick        1,000 channels, on the first day

The program is `python -m bot run` as somebody starts it; the fakes of the tests play Slack and Discord in this process. It starts on a full
store, reads a day's papers from a source of ours and matches them, posts 2,000 digests and answers commands, and is weighed all the while.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import email.utils
import itertools
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from bot.paper import PaperId
from bot.store import keys
from bot.store.store import open_store
from bot.store.visiting import visit_store
from tests.benchmarks import crowd, due, town
from tests.benchmarks.footprint import MB, Scales, Weight, weighed
from tests.benchmarks.lateness import TOKEN, Now
from tests.benchmarks.stage import until
from tests.discord.fake import FakeDiscord
from tests.slack.fake import FakeSlack
from tests.sources.pages import entry, feed, listing
from tests.sources.web_server import Reply, WebServer

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Sequence

    from bot.channel import Address
    from bot.paper import Paper

LIMIT = 512 * MB
CHANNELS, DIGESTS, COMMANDS = 10_000, 2_000, 400
"""Of both platforms together, half of them on each."""
QUICK = (1_000, 200, 100)
PASTS = (0, 21, 30)
"""Days that it has lived before."""
CATEGORIES = ("cs.AI", "cs.CL", "cs.CV", "cs.LG", "stat.ML")
LISTED = 50
"""Of the day's papers, on Hugging Face's list as well."""
AT_ONCE = 10
"""Commands under way."""
ASKED = ("list", "preview", "subscribe", "status", "help", "similar")
PATIENCE_S = 600
"""For one thing to happen: after half a year it reads a long file at its start."""
SECRET = "shhh"
WORDS = ("gradient", "transformer", "protein", "diffusion", "robot")


# ---------------------------------------------------------------- the sources


def _today(id: int, paper: Paper) -> Paper:
    return dataclasses.replace(paper, id=PaperId(f"2701.{id:05}"))


def _item(paper: Paper, now: datetime) -> str:
    return (
        f"<item><title>{escape(paper.title)}</title><link>https://arxiv.org/abs/{paper.id}</link>"
        f"<description>arXiv:{paper.id}v1 Announce Type: new \nAbstract: {escape(paper.abstract)}</description>"
        f'<guid isPermaLink="false">oai:arXiv.org:{paper.id}v1</guid>{"".join(f"<category>{one}</category>" for one in paper.categories)}'
        f"<pubDate>{email.utils.format_datetime(now)}</pubDate><arxiv:announce_type>new</arxiv:announce_type>"
        f"<dc:creator>{escape(', '.join(paper.authors))}</dc:creator></item>"
    )


@contextlib.asynccontextmanager
async def sources(now: datetime) -> AsyncIterator[WebServer]:
    """A day of five categories, and the list of the day."""
    papers = list(itertools.starmap(_today, enumerate(crowd.papers(town.PAPERS_A_DAY, seed=9))))
    server = WebServer()
    for place, category in enumerate(CATEGORIES):
        items = [_item(paper, now) for paper in papers[place :: len(CATEGORIES)]]
        server.says(f"/rss/{category}", Reply(body=feed(*items, title=f"{category} updates on arXiv.org")))
    rows = [entry(paper.id, day=f"{now:%F}", votes=paper.upvotes, title=paper.title, summary=paper.abstract) for paper in papers[:LISTED]]
    server.says("/api/daily_papers", Reply(body=listing(*rows)), Reply(body=b"[]"))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


# ---------------------------------------------------------------- the bot


@dataclass(frozen=True, slots=True)
class Bot:
    """The running program, and its log."""

    process: Process
    log: Path

    def told(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log with this event."""
        lines = (line for line in self.log.read_text().splitlines() if f'"{event}"' in line and line.startswith("{"))
        return [line for line in map(json.loads, lines) if line["event"] == event]

    async def tells(self, event: str, times: int = 1) -> list[dict[str, Any]]:
        """Wait for so many.

        Raises:
            RuntimeError: It ended, or said nothing of the sort for ten minutes.
        """
        until_then = time.monotonic() + PATIENCE_S
        while len(found := self.told(event)) < times:
            if self.process.returncode is not None or time.monotonic() > until_then:
                raise RuntimeError(f"only {len(found)} of {times} {event}; the log ends: {self.log.read_text()[-2000:]}")
            await asyncio.sleep(0.2)
        return found


@contextlib.asynccontextmanager
async def running(directory: Path, environment: dict[str, str]) -> AsyncIterator[Bot]:
    """The program with its own server, ended as a platform ends it."""
    log, sources_file = directory / "log", directory / "sources.toml"
    named = ", ".join(f'"{one}"' for one in CATEGORIES)
    sources_file.write_text(f'[huggingface]\nevery = "2h"\n[arxiv]\ncategories = [{named}]\nat = ["08:00"]\n')
    own = {"DATA_DIR": str(directory / "data"), "SOURCES_FILE": str(sources_file), "HOST": "127.0.0.1", "PORT": "0"}
    calm = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "LOG_LEVEL"}}
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"), env=calm | own | environment, stdout=file, stderr=file
        )
    try:
        yield Bot(process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


# ---------------------------------------------------------------- what happens


@dataclass(frozen=True, slots=True)
class Town:
    """Everybody there is."""

    slack: FakeSlack
    discord: FakeDiscord
    where: Sequence[Address]

    def posted(self) -> int:
        """Messages of the bot in all channels."""
        on_slack = sum(len(channel.messages) for team in self.slack.teams.values() for channel in team.channels.values())
        return on_slack + sum(len(channel.messages) for channel in self.discord.channels.values())

    async def ask(self, count: int) -> None:
        """Commands on both platforms in turn, each from another channel, some at once."""
        asked = iter(range(count))
        by_platform = [[one for one in self.where if one.platform == platform] for platform in ("slack", "discord")]

        async def person() -> None:
            for number in asked:
                some = by_platform[number % 2]
                name, word = ASKED[number // 2 % len(ASKED)], WORDS[number % len(WORDS)]
                typed = {"subscribe": word, "similar": f"2701.{number:05}"}.get(name, "")
                await (self._on_slack if number % 2 == 0 else self._on_discord)(some[number % len(some)], name, typed)

        await asyncio.gather(*(person() for _ in range(AT_ONCE)))

    async def _on_slack(self, address: Address, name: str, typed: str) -> None:
        team = self.slack.teams[address.workspace]
        before = len(team[address.channel].messages)
        asked = await self.slack.command(f"{name} {typed}".strip(), channel=address.channel, team=team)
        await self.slack.until(lambda: asked.answers or len(team[address.channel].messages) > before)

    async def _on_discord(self, address: Address, name: str, typed: str) -> None:
        options: dict[str, Any] = {{"subscribe": "query", "similar": "paper"}[name]: typed} if typed else {}
        interaction = await self.discord.command(name, channel=self.discord.channels[address.channel], **options)
        await interaction.answered()


async def lived(days: int, channels: int, digests: int, commands: int) -> None:
    """One whole run on a store with so long a past."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        directory = Path(folder)
        async with FakeSlack(Now()) as slack, FakeDiscord(Now()) as discord, sources(now) as source:
            for fake in (slack, discord):
                fake.checking = fake.recording = False
                fake.patience = PATIENCE_S
            discord.token = TOKEN
            where = [*town.on_slack(slack, channels // 2), *town.on_discord(discord, channels // 2)]
            here = Town(slack, discord, where)
            async with open_store(directory=directory / "data", secret_keys=[due.KEY]) as store:
                settled = list(town.channels(where, now=now))
                await town.install(store, slack)
                await due.save(store, settled)
                given = await town.live(store, settled, days=days, now=now)
            print(
                f"\n{channels:,} channels, {channels * town.RULES:,} subscriptions, {given:.1f} papers a channel and day, {days} days lived"
            )
            environment = {
                "SLACK_API_URL": slack.api_url,
                "SLACK_CLIENT_ID": slack.client_id,
                "SLACK_CLIENT_SECRET": slack.client_secret,
                "SLACK_SIGNING_SECRET": SECRET,
                "PUBLIC_URL": "https://example.org",
                "SECRET_KEYS": due.KEY,
                "DISCORD_TOKEN": TOKEN,
                "DISCORD_API_URL": discord.rest_url,
                **dict.fromkeys(("HUGGINGFACE_URL", "ARXIV_API_URL", "ARXIV_RSS_URL"), source.url),
            }
            async with running(directory, environment) as bot, weighed(bot.process.pid) as scales:
                await _day(bot, here, scales, directory / "data", digests, commands)


async def _day(bot: Bot, here: Town, scales: Scales, data: Path, digests: int, commands: int) -> None:
    [door] = await bot.tells("web_server_open")
    here.slack.use_http(f"http://127.0.0.1:{door['port']}", SECRET)
    for event in ("swept", "discord_gateway_open", "discord_commands_registered"):
        await bot.tells(event)
    _say("started", scales.look())
    await bot.tells("source_read", 1 + len(CATEGORIES))
    _say("a day's papers read, matched and filed", scales.look())
    async with visit_store(directory=data) as visit:
        store = visit.store
        waiting = await store.connection.read_all([("EXISTS", keys.inbox(address)) for address in here.where])
        wanting = [address for address, some in zip(here.where, waiting, strict=True) if some]
        chosen = [*wanting[: digests // 2], *wanting[::-1][: digests - digests // 2]]
        await due.ring(store, chosen, at=await store.now())

        async def posted() -> int:
            return here.posted()

        await until(posted, len(chosen))
    _say(f"{len(chosen):,} digests posted", scales.look())
    await here.ask(commands)
    _say(f"{commands} commands answered", scales.look())
    high = scales.high_water
    print(f"  {'peak of the whole run':<40} {scales.peak}  ({scales.looks} looks)")
    print(f"  {'high water of each by itself (VmHWM)':<40} {high}")
    print(f"  {'of 512 MB':<40} {scales.peak.both / LIMIT:5.0%}", flush=True)


def _say(when: str, weight: Weight) -> None:
    print(f"  {when:<40} {weight}", flush=True)


async def main(pasts: Sequence[int], channels: int, digests: int, commands: int) -> None:
    """One run for each past."""
    print("resident memory of `python -m bot run` and of its embedded server, Slack and Discord configured")
    for days in pasts:
        await lived(days, channels, digests, commands)


def _chosen() -> tuple[Sequence[int], int, int, int]:
    if "--quick" in sys.argv[1:]:
        return (0,), *QUICK
    named = [int(argument) for argument in sys.argv[1:] if argument.isdecimal()]
    return named or PASTS, CHANNELS, DIGESTS, COMMANDS


if __name__ == "__main__":
    asyncio.run(main(*_chosen()))
