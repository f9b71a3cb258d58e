"""A month of the default installation, lived through day by day on a real embedded server: what its store weighs at the end.

python -m tests.benchmarks.month [DIRECTORY]     keeps the store there, for weighing an idle bot on it

900 papers a working day (what five large arXiv categories announce), 30 of them also on Hugging Face's list with votes that move
for a week; 20 channels with 5 rules each, a digest every working day. Keys age: after each day every expiry is moved a day nearer.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot import jobs
from bot.channel import Address, Channel, QueryText, Subscription
from bot.delivery import Courier
from bot.desk import Desk
from bot.fetching import SATURDAY
from bot.memory import Memory
from bot.ports import Harvest, Health
from bot.query import parse
from bot.store.store import open_store
from bot.ticker import Ticker
from bot.worker import Worker
from tests.benchmarks.store import papers, used
from tests.outlet import KeepingOutlet

if TYPE_CHECKING:
    from bot.paper import Paper
    from bot.store.store import RedisStore

DAYS = 30
PAPERS_A_DAY = 900
LISTED_A_DAY = 30
CHANNELS, RULES = 20, 5
A_DAY = timedelta(days=1)


class _Calendar:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def live(directory: Path) -> None:
    """Live through the month and print what the store weighs."""
    calendar, chance = _Calendar(), random.Random(7)
    stock = papers(PAPERS_A_DAY * 22)
    words = sorted({word.strip(".").lower() for paper in stock[:300] for word in paper.abstract.split() if len(word) > 6})
    async with open_store(directory=directory, clock=calendar) as store:
        outlet = KeepingOutlet()
        desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={"terminal": outlet})
        worker = Worker(desk, courier=Courier(store), ticker=Ticker(), next_reading=_never)
        for number in range(CHANNELS):
            await _subscribed(store, number, chance.sample(words, RULES), calendar.now)
        empty = await used(store)
        listed: list[Paper] = []
        for day in range(DAYS):
            if calendar.now.weekday() < SATURDAY:
                fresh, stock = stock[:PAPERS_A_DAY], stock[PAPERS_A_DAY:]
                await jobs.take_in(desk, "arxiv:cs.CL", Harvest(papers=tuple(fresh), mark=b"1"), calendar.now)
                listed = [*listed, *fresh[:LISTED_A_DAY]][-5 * LISTED_A_DAY :]
                await jobs.take_in(desk, "huggingface", Harvest(papers=_with_votes(listed, chance), mark=b"1"), calendar.now)
            calendar.now += timedelta(hours=5)  # it is ten, the digests were due at nine
            await worker.plan_due()
            await worker.deliver_due()
            calendar.now += A_DAY - timedelta(hours=5)
            await _age(store)
            await worker.sweep()
            if (day + 1) % 10 == 0:
                print(f"day {day + 1}: {(await used(store) - empty) / 1e6:.1f} MB, {len(desk.memory.archive)} papers known to the archive")
        whole = await used(store)
        print(f"after {DAYS} days: {whole / 1e6:.1f} MB used by the server, {(whole - empty) / 1e6:.1f} MB of it ours")
        print(f"{len(outlet.posts)} digests posted, {len(desk.memory.archive)} papers in the archive")


def _with_votes(papers_: list[Paper], chance: random.Random) -> tuple[Paper, ...]:
    return tuple(
        dataclasses.replace(
            paper,
            upvotes=chance.randrange(200),
            stars=chance.randrange(500),
            summary="One sentence of some hundred and twenty characters that a machine wrote about the paper, as lists have it.",
            code_url=f"https://github.com/somebody/{paper.id}",
            thumbnail_url=f"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{paper.id}.png",
            sources=("huggingface",),
        )
        for paper in papers_
    )


def _never(name: str, now: datetime, health: Health, retry_after: timedelta | None) -> datetime:
    return now + 365 * A_DAY


async def _subscribed(store: RedisStore, number: int, words: list[str], now: datetime) -> None:
    rules = tuple(Subscription(QueryText(str(parse(word))), "Ada Lovelace", now) for word in words)
    channel = Channel(address=Address("terminal", "local", f"channel-{number}"), name=f"#channel-{number}", subscriptions=rules)
    await store.channels.save(channel, due=jobs.due_of(channel, now))


async def _age(store: RedisStore) -> None:
    """Bring every expiry a day nearer: the server's own clock cannot be moved."""
    names = await store.connection.read("KEYS", "*")
    left = await store.connection.read_all([("PTTL", name) for name in names])
    day = int(A_DAY.total_seconds() * 1000)
    aged = [("PEXPIRE", name, max(ttl - day, 0)) for name, ttl in zip(names, left, strict=True) if ttl > 0]
    for start in range(0, len(aged), 5_000):
        await store.connection.read_all(aged[start : start + 5_000])


async def main() -> None:
    """Live the month, in a directory that is kept if one is named."""
    began = time.perf_counter()
    if len(sys.argv) > 1:
        await live(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as directory:
            await live(Path(directory))
    print(f"lived in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    asyncio.run(main())
