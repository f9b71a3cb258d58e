"""What the bot under trial lives in: a press that prints papers, people who wish for some, a clock, and the bot itself."""

from __future__ import annotations

import dataclasses
import os
import random
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from adapters.terminal.outlet import PLATFORM, TerminalOutlet
from bot.channel import Address
from bot.delivery import Courier
from bot.desk import Desk
from bot.memory import Memory
from bot.paper import Paper, PaperId
from bot.ports import Harvest
from bot.store.store import open_store
from bot.ticker import Ticker
from bot.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from bot.message import Block, Message
    from bot.ports import Health, Limits, Outlet
    from bot.store.store import RedisStore
    from tests.crash.journal import Journal

STORE = "store"
"""Where in its directory a bot keeps its store."""
START = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)
END = START + timedelta(days=120)
"""No further: 180 days later the store forgets what it posted, as it promises."""
CHANNELS = tuple(Address(PLATFORM, "local", f"c{number}") for number in range(24))
WORDS = (
    *("badger", "cobalt", "dune", "ember", "fjord", "garnet", "heron", "indigo", "jasper", "kelp", "lagoon", "marble", "nectar"),
    *("opal", "prairie", "quartz", "raven", "saffron", "tundra", "umber", "velvet", "willow", "xenon", "yarrow", "zephyr"),
)
WORDS_IN_A_TITLE = 3
CHARACTERS = 600
OVERLAP = 5
"""Papers that a reading gives again."""
FORGOTTEN_LEASES = timedelta(minutes=16)
"""By then whatever a killed process had claimed is free again."""


def title(number: int) -> str:
    """Begins with a word that no other title has, and that no line break can part."""
    return f"Study{number:05} on {' '.join(words(number))}"


def words(number: int) -> frozenset[str]:
    """What the paper is about."""
    return frozenset(random.Random(number).sample(WORDS, WORDS_IN_A_TITLE))


def paper(number: int) -> Paper:
    return Paper(id=PaperId(f"2511.{number:05}"), title=title(number), abstract="Nothing of consequence.", upvotes=number % 50)


def wish(chance: random.Random) -> str:
    """A query as somebody types it."""
    one, other = chance.sample(WORDS, 2)
    return chance.choice((one, f"{one} {other}", f"{one} OR {other}", f"{one} -{other}"))


def fulfils(number: int, query: str) -> bool:
    """Whether the paper meets a query of `wish`, found out without the product."""
    about = words(number)
    if " OR " in query:
        return not about.isdisjoint(query.split(" OR "))
    return all((term.removeprefix("-") in about) is not term.startswith("-") for term in query.split())


class LastingClock:
    """Goes on where it stood when its process was killed, a millisecond further each time it is asked."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        stood = os.read(self._file, 100).decode()
        self._now = datetime.fromisoformat(stood) if stood else START

    def __call__(self) -> datetime:
        return self.advance(timedelta(milliseconds=1))

    def advance(self, by: timedelta) -> datetime:
        self._now += by
        os.pwrite(self._file, self._now.isoformat(timespec="milliseconds").encode(), 0)
        return self._now

    def close(self) -> None:
        os.close(self._file)


class Press:
    """A source that gives what was printed since its watermark, and a few papers more."""

    def __init__(self, name: str, journal: Journal) -> None:
        self.name = name
        self._journal = journal

    async def fetch(self, mark: bytes, now: datetime) -> Harvest:
        first, end = max(0, int(mark or b"0") - OVERLAP), self._journal.printed
        return Harvest(papers=tuple(paper(number) for number in range(first, end)), mark=b"%d" % end)


class Witness:
    """An outlet that tells the journal what it is asked to post, and whether that stood in the channel already."""

    platform = PLATFORM

    def __init__(self, outlet: Outlet, journal: Journal) -> None:
        self._outlet = outlet
        self._journal = journal

    @property
    def limits(self) -> Limits:
        """So narrow that most digests come in parts; and with threads, for channels that want them."""
        return dataclasses.replace(self._outlet.limits, characters=CHARACTERS, threads=True)

    def measure(self, block: Block) -> int:
        """As the outlet behind it does."""
        return self._outlet.measure(block)

    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        stands = await self._outlet.posted(address, key=key, since=START)
        self._journal.write("request" if stands is None else "repeat", key, under)
        return await self._outlet.post(address, message, key=key, under=under, tags=tags)

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        return await self._outlet.posted(address, key=key, since=since, under=under)


@asynccontextmanager
async def bot(directory: Path, journal: Journal, clock: Callable[[], datetime]) -> AsyncIterator[tuple[Desk, Worker, RedisStore]]:
    """A bot joined as `bot.__main__` joins it, with everything real but the sources."""
    async with open_store(directory=directory / STORE, clock=clock) as store:
        outlet = Witness(TerminalOutlet(directory / "terminal.jsonl", clock=clock), journal)
        desk = Desk(
            store=store,
            memory=Memory(channels=store.channels, papers=store.papers),
            sources=(Press("morning", journal), Press("evening", journal)),
            outlets={PLATFORM: outlet},
        )
        worker = Worker(desk, courier=Courier(store), ticker=Ticker(), next_reading=hourly)
        desk.hurry = worker.deliver_due
        yield desk, worker, store


def hourly(name: str, now: datetime, health: Health, retry_after: timedelta | None) -> datetime:
    """When a source is read again."""
    return now + timedelta(hours=1)
