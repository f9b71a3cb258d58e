"""How much the store weighs and how fast it loads, on a real embedded server in a temporary directory.

python -m tests.benchmarks.store papers     bytes a paper, and 30 days of five arXiv categories
python -m tests.benchmarks.store channels   150,000 channels with a million rules, loaded at start
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.channel import Address, Channel, QueryText, Subscription
from bot.paper import Paper, PaperId
from bot.ports import Filing
from bot.store import keys
from bot.store.codec import pack_channel, pack_paper
from bot.store.store import RedisStore, open_store

PAPERS_A_DAY = 900
WORKING_DAYS = 22
"""Of 30 days."""
ALIVE_DAYS = 10
"""Working days of the 14 that an unmatched paper stays."""
WANTED = 0.05
"""Share of the papers that some channel wants."""

_SYLLABLES = "an ba con de ex for gra hi in ju ka lo me neu op pre qua re sta tra un ver wi xi yo ze tion ing ment al ive ous"
_COMMON = (
    "the of and to in a we for is that on with as by are our this from be which model models learning training data propose show results "
    "performance method methods approach language large can these existing such using tasks state-of-the-art however framework experiments"
)


def papers(count: int, *, seed: int = 1) -> list[Paper]:
    """Papers with abstracts of about 1,300 characters: half common words, half of 20,000 made-up ones by Zipf's law."""
    chance = random.Random(seed)
    syllables, common = _SYLLABLES.split(), _COMMON.split()
    rare = ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(20_000)]
    weights = [1 / (place + 10) for place in range(len(rare))]

    def text(length: int) -> str:
        words: list[str] = []
        size = 0
        picks = iter(chance.choices(rare, weights, k=length))
        while size < length:
            word = chance.choice(common) if chance.random() < 0.5 else next(picks)
            words.append(word)
            size += len(word) + 1
        return " ".join(words).capitalize() + "."

    at = datetime(2025, 11, 21, 9, tzinfo=UTC)
    return [
        Paper(
            id=PaperId(f"25{number // 90_000:02}.{number % 90_000:05}"),
            title=text(75)[:-1],
            abstract=text(1_300),
            authors=tuple(f"{text(6)[:-1]} {text(8)[:-1].title()}" for _ in range(chance.randint(2, 8))),
            categories=tuple(chance.sample(["cs.CL", "cs.LG", "cs.AI", "cs.CV", "cs.RO", "stat.ML"], chance.randint(1, 3))),
            comment="12 pages, 4 figures" if chance.random() < 0.4 else "",
            version=1,
            published=at,
            first_seen=at,
            refreshed=at,
            sources=("arxiv",),
        )
        for number in range(count)
    ]


async def used(store: RedisStore) -> int:
    """Bytes the server uses for its data and itself."""
    info: bytes = await store.connection.read("INFO", "memory")
    return next(int(line[len(b"used_memory:") :]) for line in info.splitlines() if line.startswith(b"used_memory:"))


async def weigh_papers(store: RedisStore) -> None:
    """A month as it stands at its end: what nobody wanted is gone after 14 days, what somebody wanted is there."""
    every = papers(PAPERS_A_DAY * WORKING_DAYS)
    chance = random.Random(2)
    alive = every[-PAPERS_A_DAY * ALIVE_DAYS :]
    wanted = {paper.id: [Address("slack", "T1", f"C{chance.randrange(20)}")] for paper in every if chance.random() < WANTED}
    standing = alive + [paper for paper in every[: -len(alive)] if paper.id in wanted]
    inboxes: dict[Address, list[PaperId]] = {}
    for id, addresses in wanted.items():
        for address in addresses:
            inboxes.setdefault(address, []).append(id)
    before, start = await used(store), time.perf_counter()
    await store.papers.file(Filing(papers=standing, inboxes=inboxes, rules=0))
    took, weight = time.perf_counter() - start, await used(store) - before
    print(f"{sum(len(pack_paper(paper)) for paper in every) / len(every):.0f} bytes in a packed record")
    print(f"{sum(len(paper.abstract) for paper in every) / len(every):.0f} characters in an abstract")
    each = weight / len(standing)
    print(f"{len(standing)} papers: {weight / 1e6:.1f} MB, {each:.0f} bytes each with keys, names, inboxes; filed in {took:.2f} s")
    start = time.perf_counter()
    told = sum([len(some) async for _, some in store.papers.changes(0)])
    print(f"{told} papers told in {time.perf_counter() - start:.2f} s")


async def load_channels(store: RedisStore, *, count: int = 150_000, rules: int = 1_000_000) -> None:
    """Fill the buckets directly, then read everything as a process does at its start."""
    chance, at = random.Random(3), datetime(2025, 11, 21, 9, tzinfo=UTC)
    for start in range(0, count, 5_000):
        fields: dict[str, list[str | bytes]] = {}
        members: dict[str, list[str]] = {}
        for number in range(start, start + 5_000):
            address = Address("slack", f"T{number // 50:08}", f"C{number:010}")
            share = rules // count + (number < rules % count)
            words = (QueryText(f'"{chance.randrange(10**6)} learning" -robot') for _ in range(share))
            channel = Channel(
                address=address, name="#reading", subscriptions=tuple(Subscription(word, "Ada Lovelace", at) for word in words)
            )
            fields.setdefault(keys.bucket_of(address), []).extend((str(address), pack_channel(channel, version=1)))
            members.setdefault(keys.workspace_of(address), []).append(str(address))
        await store.connection.read_all([("HSET", key, *pairs) for key, pairs in fields.items()])
        await store.connection.read_all([("SADD", key, *some) for key, some in members.items()])
    await store.connection.call("SET", keys.RULES_REVISION, 1)
    begin, slowest, found = time.perf_counter(), 0.0, 0
    last = begin
    async for batch in store.channels.changes(0):
        found += sum(len(channel.subscriptions) for channel in batch.channels)
        slowest, last = max(slowest, time.perf_counter() - last), time.perf_counter()
    print(f"{found} rules of {count} channels in {time.perf_counter() - begin:.2f} s; the longest batch {slowest * 1000:.0f} ms")


async def main() -> None:
    """Run what the command line names, or both."""
    chosen = sys.argv[1:] or ["papers", "channels"]
    for name, measure in (("papers", weigh_papers), ("channels", load_channels)):
        if name in chosen:
            with tempfile.TemporaryDirectory() as directory:
                async with open_store(directory=Path(directory)) as store:
                    await measure(store)


if __name__ == "__main__":
    asyncio.run(main())
