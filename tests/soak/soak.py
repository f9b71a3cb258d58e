"""The soak itself: a world, a crew and bad weather, phase by phase, and what the platforms' record says in the end."""

from __future__ import annotations

import asyncio
import base64
import random
import resource
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from bot.store.embedded import EmbeddedServer
from bot.store.store import open_store
from tests.discord.fake import FakeDiscord
from tests.slack.fake import FakeSlack
from tests.soak.crew import Crew, clean_environment, heard
from tests.soak.proxy import Proxy
from tests.soak.report import Outcome, Phase, broken, untried
from tests.soak.tormentor import FREEZES, KILLS, Pace, Tormentor
from tests.soak.verdict import is_whole, judge, posts_of
from tests.soak.weather import Weather
from tests.soak.world import DISCORD, SLACK, Group, Now, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from bot.store.store import RedisStore
    from tests.soak.report import Plan
    from tests.soak.world import Slot

SECRET_KEY = base64.urlsafe_b64encode(b"soak" * 8).decode()
DISCORD_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"
SOURCES = '[sample]\nevery = "24h"\n'
"""One has to be read; nobody's rule is about its papers."""
SETTINGS = ("REDIS_URL", "SECRET_KEYS", "SOURCES_FILE", "LOG_LEVEL", "HOST", "PORT", "DATA_DIR", "TZ", "PUBLIC_URL", "CONTACT")
DRAIN_S = 720
"""After its third failure a post waits up to six minutes, and may meet one more."""
PHASES = {"kills": KILLS, "freezes": FREEZES}


class Soak:
    """A world with its crew, for as long as the block lasts."""

    def __init__(self, plan: Plan, world: World, crew: Crew, proxy: Proxy, weather: Weather, groups: dict[str, Group]) -> None:
        self.plan = plan
        self.world = world
        self.crew = crew
        self.proxy = proxy
        self.weather = weather
        self.groups = groups

    @property
    def store(self) -> RedisStore:
        """Spoken to directly, past the proxy."""
        return self.world.store

    async def found(self, count: int) -> list[Slot]:
        """More channels, known to the weather too."""
        slots = await self.world.found(count)
        for slot in slots:
            if slot.group is not Group.ANY:
                self.groups[slot.address.workspace if slot.address.platform == SLACK else slot.address.channel] = slot.group
        return slots

    def storm(self) -> None:
        """From now on things go wrong."""
        self.weather.is_fair, self.proxy.troubles = False, self.plan.troubles

    def calm(self) -> None:
        """From now on nothing does."""
        self.weather.is_fair, self.proxy.troubles = True, None

    async def drained(self, slots: Sequence[Slot], deadline: float) -> bool:
        """Wait until everything stands in its channel and nothing is left to do; False if it did not come to that in time."""
        left = list(slots)
        while True:
            left = [slot for slot in left if not is_whole(slot, posts_of(slot, self.world.slack, self.world.discord))]
            if not left and await self.idle():
                return True
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(1)

    async def idle(self) -> bool:
        """Whether nothing is due and nothing on its way."""
        backlogs = [await self.store.deliveries.backlog(platform) for platform in (SLACK, DISCORD)]
        return not any(backlog.waiting for backlog in backlogs) and not (await self.store.channels.overdue()).slots

    async def stop(self) -> None:
        """Tell every worker to, and wait."""
        await asyncio.gather(*(self.crew.tell_to_stop(worker) for worker in self.crew.workers))


@asynccontextmanager
async def soaking(plan: Plan, directory: Path) -> AsyncIterator[Soak]:
    """Server, proxy and fakes, with nobody at work yet. Every process that is started ends with the block."""
    chance = random.Random(plan.seed)
    async with AsyncExitStack() as stack:
        server = await EmbeddedServer.start(directory / "store")
        stack.push_async_callback(server.close)
        store = await stack.enter_async_context(open_store(server.url, directory=directory, secret_keys=[SECRET_KEY]))
        socket = Path(unquote(server.url.removeprefix("unix://")))
        proxy = await stack.enter_async_context(Proxy(socket, random.Random(chance.random())))
        slack = await stack.enter_async_context(FakeSlack(Now()))
        discord = await stack.enter_async_context(FakeDiscord(Now()))
        discord.token = DISCORD_TOKEN
        discord.limits.route("POST /channels/{channel_id}/messages", limit=5, per=5.0)
        discord.limits.whole(50, per=1.0)
        slack.recording = discord.recording = slack.checking = discord.checking = False
        groups: dict[str, Group] = {}
        weather = Weather(plan.seed, groups, plan.climate)
        slack.chance, discord.chance = weather.on_slack, weather.on_discord
        sources = directory / "sources.toml"
        sources.write_text(SOURCES)
        theirs = [name for name in clean_environment(()) if name.startswith(("SLACK_", "DISCORD_"))]
        crew = Crew(
            {
                **clean_environment((*SETTINGS, *theirs)),
                "REDIS_URL": proxy.url,
                "SECRET_KEYS": SECRET_KEY,
                "SLACK_API_URL": slack.api_url,
                "SLACK_CLIENT_ID": slack.client_id,
                "SLACK_CLIENT_SECRET": slack.client_secret,
                "SLACK_SIGNING_SECRET": "shhh",
                "PUBLIC_URL": "https://paperboy.example",
                "DISCORD_API_URL": discord.rest_url,
                "DISCORD_TOKEN": DISCORD_TOKEN,
                "SOURCES_FILE": str(sources),
                "HOST": "127.0.0.1",
                "PORT": "0",
                "TZ": "UTC",
            },
            directory,
        )
        stack.push_async_callback(crew.disband)
        world = World(slack, discord, store, random.Random(chance.random()))
        yield Soak(plan, world, crew, proxy, weather, groups)


async def soak(plan: Plan, directory: Path, tell: Callable[[str], None]) -> Outcome:
    """The long form. Bounded: no phase takes longer than its share of `plan.minutes` and DRAIN_S."""
    notes: list[str] = []
    phases: list[Phase] = []
    wrong: list[str] = []
    async with soaking(plan, directory) as it:
        began = time.monotonic()
        slots = await it.found(plan.slots)
        tell(f"{len(slots)} channels in {len(it.world.slack.teams)} workspaces and {len(it.world.discord.guilds)} servers, "
             f"filled in {time.monotonic() - began:.0f} s")  # fmt: skip
        began = time.monotonic()
        await it.crew.recruit(plan.workers)
        share = plan.minutes * 60 / len(plan.phases)
        for number, name in enumerate(plan.phases):
            phase = Phase(name, slots[number :: len(plan.phases)], {})
            phases.append(phase)
            await _through(it, phase, PHASES[name], storm=share, tell=tell)
        it.calm()
        await it.stop()
        for phase in phases:
            wrong += untried(phase)
            for platform in (SLACK, DISCORD):
                mine = [slot for slot in phase.slots if slot.address.platform == platform]
                phase.found[platform] = judge(mine, phase.dues, it.world.slack, it.world.discord)
                wrong += broken(phase, platform, it.world.slack, it.world.discord)
        logs = heard(directory)
        refused = it.world.discord.limits.refused
        notes.append(f"Discord's answers of 429, limits and faults together: {refused}")
        wrong += it.crew.wrong + logs.wrong + it.world.slack.problems[:5] + it.world.discord.problems[:5]
    notes.append(f"memory of this process at its most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return Outcome(plan, phases, logs, wrong, notes)


async def _through(it: Soak, phase: Phase, pace: Pace, *, storm: float, tell: Callable[[str], None]) -> None:
    began, over = time.monotonic(), storm * 0.8
    crew_before, proxy_before = it.crew.counts.copy(), it.proxy.counts.copy()
    it.weather.tally = phase.tally
    phase.dues = await it.world.schedule(phase.slots, start=datetime.now(UTC) + timedelta(seconds=10), over=timedelta(seconds=over))
    tell(f"phase {phase.name}: {len(phase.slots)} slots fall due within {over:.0f} s")
    tormentor = Tormentor(it.crew, it.proxy, random.Random(f"{it.plan.seed} {phase.name}"), pace)
    watching = asyncio.create_task(tormentor.watch())
    it.storm()
    tormenting = asyncio.create_task(tormentor.torment())
    telling = asyncio.create_task(_telling(it, phase, tell))
    try:
        await asyncio.sleep(storm)
        await _ended(tormenting)
        it.calm()
        await tormentor.comfort()
        calm = time.monotonic()
        if not await it.drained(phase.slots, calm + DRAIN_S):
            for platform in (SLACK, DISCORD):
                tell(f"not drained in time: {platform} {await it.store.deliveries.backlog(platform)}")
        phase.drained_s = time.monotonic() - calm
    finally:
        await _ended(tormenting)
        await _ended(watching)
        await _ended(telling)
    phase.took_s = time.monotonic() - began
    phase.crew, phase.proxy = it.crew.counts - crew_before, it.proxy.counts - proxy_before


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _telling(it: Soak, phase: Phase, tell: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(30)
        waiting = {platform: (await it.store.deliveries.backlog(platform)).waiting for platform in (SLACK, DISCORD)}
        overdue = (await it.store.channels.overdue()).slots
        posts = {platform: phase.tally.requests[platform, "post"] for platform in (SLACK, DISCORD)}
        tell(f"  posts asked for {posts}, waiting {waiting}, overdue {overdue}, bad {phase.tally.bad.total()}, "
             f"kills {it.crew.counts['SIGKILL']}")  # fmt: skip
