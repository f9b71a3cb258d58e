"""The world of a soak: workspaces, servers and channels by the thousand on both fakes, each channel with papers of its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from typing_extensions import override

from bot.channel import Address, Channel, Format, QueryText, Schedule, Settings, Subscription
from bot.installation import Installation
from bot.paper import ARXIV, Paper, PaperId
from bot.ports import Filed, Filing, Saved
from bot.query import parse
from bot.store import keys
from tests.clock import Clock
from tests.slack.fake import ALL_SCOPES

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Iterable, Sequence

    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord
    from tests.slack.fake import FakeSlack

SLACK, DISCORD = "slack", "discord"
TO_A_WORKSPACE = 100
"""Channels, on average."""
HISTORY = frozenset({"channels:history", "groups:history"})
RULE = QueryText(str(parse("vellum")))
LONG = " ".join(["vellum"] * 380)
"""An abstract of which three fill a message of either platform."""
_AT_ONCE = 10
_PAPERS_AT_ONCE = 200


class Now(Clock):
    """Goes, as it does for the workers."""

    @override
    def __call__(self) -> datetime:
        return datetime.now(UTC)


class Kind(StrEnum):
    """How a channel wants its digest."""

    PLAIN = "one message"
    THREAD = "a thread"
    PARTS = "several messages"


KINDS = (92, 5, 3)
"""How often each occurs."""
PAPERS = {Kind.PLAIN: 1, Kind.THREAD: 3, Kind.PARTS: 5}


class Group(StrEnum):
    """What is special about a workspace."""

    ANY = ""
    BIG = "a tenth of all channels"
    SLOW = "hangs often"
    BLIND = "may not be read"
    """The app has no scope for the history of channels, so what became of a post cannot be found out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A channel whose one digest falls due once."""

    address: Address
    papers: tuple[int, ...]
    """Numbers no other slot has."""
    kind: Kind
    group: Group

    @property
    def tokens(self) -> frozenset[str]:
        """The words by which its papers are known in a message."""
        return frozenset(map(token, self.papers))


def token(number: int) -> str:
    """A word in the title of this paper and of no other."""
    return f"Soak{number:07}"


def paper_id(number: int) -> PaperId:
    """An arXiv identifier; a hundred thousand to a month."""
    months, number = divmod(number, 100_000)
    return PaperId(f"{10 + months // 12}{1 + months % 12:02}.{number:05}")


class World:
    """Everything outside the workers.

    Args:
        chance: Where the world is drawn from: the same numbers, the same world.
    """

    def __init__(self, slack: FakeSlack, discord: FakeDiscord, store: RedisStore, chance: random.Random) -> None:
        self.slack = slack
        self.discord = discord
        self.store = store
        self._chance = chance
        self._papers = 0
        self._channels = 0

    async def found(self, count: int) -> list[Slot]:
        """Make so many more channels on each platform, with rules and full inboxes, due at no time yet."""
        slots = [*await self._on_slack(count), *self._on_discord(count)]
        await self._record(slots)
        now = datetime.now(UTC)
        await _some_at_once(self._stored(slot, now) for slot in slots)
        return slots

    async def schedule(self, slots: Sequence[Slot], *, start: datetime, over: timedelta) -> dict[Address, datetime]:
        """Put every slot on the agenda, at random moments; when each is due."""
        seconds = max(1, round(over.total_seconds()))
        whole = start.replace(microsecond=0)
        dues = {slot.address: whole + timedelta(seconds=self._chance.randrange(seconds)) for slot in slots}
        assert await self.store.channels.put_on_agenda(dues, move=True) == len(dues)
        return dues

    async def _on_slack(self, count: int) -> list[Slot]:
        first = len(self.slack.teams)
        ordinary = max(2, count // TO_A_WORKSPACE)
        groups = [Group.BIG, Group.SLOW, Group.BLIND, Group.BLIND, *[Group.ANY] * ordinary]
        teams = [f"T{first + place:05}" for place in range(len(groups))]
        weights = [count / 10, count / 50, count / 100, count / 100, *[count * 0.86 / ordinary] * ordinary]
        for id, group in zip(teams, groups, strict=True):
            scopes = ALL_SCOPES - HISTORY if group is Group.BLIND else ALL_SCOPES
            team = self.slack.team(id, name=f"Soak {id}", token=f"xoxb-{id}", app_token=f"xapp-{id}", scopes=scopes)
            await self.store.installations.save(
                Installation(
                    platform=SLACK,
                    workspace=id,
                    name=team.name,
                    token=team.token,
                    scopes=frozenset(scopes),
                    bot_user=team.bot_user_id,
                    bot=team.bot_id,
                    app=team.app_id,
                )
            )
        slots = []
        for place in self._chance.choices(range(len(teams)), weights, k=count):
            self._channels += 1
            channel = self.slack.teams[teams[place]].channel(f"C{self._channels:07}", f"soak-{self._channels}", members=set())
            slots.append(self._slot(Address(SLACK, teams[place], channel.id), groups[place]))
        return slots

    def _on_discord(self, count: int) -> list[Slot]:
        ordinary = max(2, count // TO_A_WORKSPACE)
        guilds = [self.discord.guild(f"Soak {len(self.discord.guilds)}") for _ in range(ordinary + 2)]
        weights = [count / 10, count / 50, *[count * 0.88 / ordinary] * ordinary]
        slots = []
        for place in self._chance.choices(range(len(guilds)), weights, k=count):
            guild, group = guilds[place], (Group.BIG, Group.SLOW)[place] if place < 2 else Group.ANY  # the first two
            channel = guild.text(f"soak-{len(guild.channels)}")
            slots.append(self._slot(Address(DISCORD, guild.id, channel.id), group))
        return slots

    def _slot(self, address: Address, group: Group) -> Slot:
        (kind,) = self._chance.choices(list(Kind), KINDS)
        numbers = range(self._papers, self._papers + PAPERS[kind])
        self._papers = numbers.stop
        return Slot(address=address, papers=tuple(numbers), kind=kind, group=group)

    async def _record(self, slots: Sequence[Slot]) -> None:
        now = datetime.now(UTC)
        papers = [
            Paper(
                id=paper_id(number),
                title=f"{token(number)} and vellum",
                abstract=LONG if slot.kind is Kind.PARTS else "On vellum.",
                authors=("Ada Lovelace",),
                sources=(ARXIV,),
                first_seen=now,
            )
            for slot in slots
            for number in slot.papers
        ]
        rules = int(await self.store.connection.read("GET", keys.RULES_REVISION) or 0)
        for start in range(0, len(papers), _PAPERS_AT_ONCE):
            filing = Filing(papers=papers[start : start + _PAPERS_AT_ONCE], inboxes={}, rules=rules)
            assert await self.store.papers.file(filing) is Filed.FILED

    async def _stored(self, slot: Slot, now: datetime) -> None:
        channel = Channel(
            address=slot.address,
            name="#soak",
            subscriptions=(Subscription(RULE, "Ada", now, "U0ADA"),),
            # Off: what is due is said here, and no second time.
            schedule=Schedule(days=()),
            settings=Settings(thread=slot.kind is Kind.THREAD, format=Format.FULL if slot.kind is Kind.PARTS else Format.NORMAL),
        )
        saved = await self.store.channels.save(channel, due=None, backlog=[paper_id(number) for number in slot.papers])
        assert saved is Saved.SAVED


async def _some_at_once(work: Iterable[Awaitable[None]]) -> None:
    left = iter(work)

    async def one_after_the_other() -> None:
        for one in left:
            await one

    await asyncio.gather(*(one_after_the_other() for _ in range(_AT_ONCE)))
