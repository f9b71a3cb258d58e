"""The bot under trial: subscribes, reads, plans, posts, all at once and as fast as it can, until it is killed.

python -m tests.crash.child DIRECTORY SEED [orphan]

The first letter of each line of the journal goes to standard output. With "orphan" the embedded server outlives this process, as it
does on systems that tell no child of its parent's death.
"""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands import Asker, Call, answer
from bot.fetching import read_source
from bot.logs import log_to_stderr
from bot.store import embedded, keys
from tests.crash.journal import Journal
from tests.crash.world import CHANNELS, END, FORGOTTEN_LEASES, LastingClock, bot, hourly, wish

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from bot.channel import Address
    from bot.commands import Answer
    from bot.desk import Desk
    from bot.store.store import RedisStore
    from bot.worker import Worker

SOMEBODY = Asker(id="u1", name="Ada", is_operator=True)
MOST_AT_ONCE = 5
MOST_PRINTED = 6
A_LEAP = 0.2
"""How likely time leaps between two bouts of work."""
_LEAST, _MOST = 30, 600
"""Minutes of a leap: long enough for leases to run out and slots to come."""


class Life:
    """What a bot does from its start to its violent end."""

    def __init__(self, desk: Desk, worker: Worker, journal: Journal, clock: LastingClock, chance: random.Random) -> None:
        self._desk = desk
        self._worker = worker
        self._journal = journal
        self._clock = clock
        self._chance = chance

    async def bout(self) -> None:
        """Several things at once. Time leaps only between bouts, as no request lasts for hours."""
        async with asyncio.TaskGroup() as group:
            for act in self._chance.choices(*self._acts(), k=self._chance.randint(1, MOST_AT_ONCE)):
                group.create_task(act())
        if self._chance.random() < A_LEAP:
            left = max(END - self._clock(), timedelta())
            self._clock.advance(min(left, timedelta(minutes=self._chance.randint(_LEAST, _MOST))))

    def _acts(self) -> tuple[Sequence[Callable[[], Coroutine[None, None, object]]], Sequence[int]]:
        """What there is to do, and how often."""
        weighted = {
            self._subscribe: 8,
            self._read: 6,
            self._worker.plan_due: 6,
            self._worker.deliver_due: 6,
            self._digest: 5,
            self._reschedule: 1,
            self._thread: 1,
            self._worker.sweep: 1,
        }
        return tuple(weighted), tuple(weighted.values())

    async def _subscribe(self) -> None:
        address, query = self._chance.choice(CHANNELS), wish(self._chance)
        if (await self._ask(address, f"subscribe {query}")).public:
            self._journal.write("ack", address.channel, query)

    async def _digest(self) -> None:
        address = self._chance.choice(CHANNELS)
        if (await self._ask(address, "digest")).public:
            self._journal.write("digest", address.channel)

    async def _reschedule(self) -> None:
        hour, minute = self._chance.randrange(24), self._chance.randrange(60)
        await self._ask(self._chance.choice(CHANNELS), f"schedule daily {hour}:{minute:02}")

    async def _thread(self) -> None:
        await self._ask(self._chance.choice(CHANNELS), f"settings thread {self._chance.choice(('on', 'on', 'off'))}")

    async def _ask(self, address: Address, text: str) -> Answer:
        return await answer(self._desk, Call(address=address, channel_name=f"#{address.channel}", asker=SOMEBODY, text=text))

    async def _read(self) -> None:
        self._journal.print(self._chance.randint(0, MOST_PRINTED))
        await asyncio.gather(*(read_source(self._desk, source, hourly, force=True) for source in self._desk.sources))


async def found(store: RedisStore) -> tuple[int, int]:
    """How many deliveries the process before left under way (a request may have gone out), and how many waiting."""
    ids = [id.decode() for id in await store.connection.read("ZRANGE", keys.waiting("terminal"), 0, -1)]
    states = await store.connection.read_all([("HGET", keys.delivery(id), "state") for id in ids])
    return sum(state in {b"sending", b"unknown"} for state in states), sum(state == b"pending" for state in states)


async def live(directory: Path, seed: int) -> None:
    """Until killed."""
    chance = random.Random(seed)
    journal = Journal(directory / "journal", heard=sys.stdout.fileno())
    clock = LastingClock(directory / "clock")
    # Sometimes what the process before had claimed is still claimed.
    clock.advance(chance.choice((timedelta(seconds=1), timedelta(seconds=100), FORGOTTEN_LEASES)))
    async with bot(directory, journal, clock) as (desk, worker, store):
        journal.write("found", *map(str, await found(store)))
        life = Life(desk, worker, journal, clock, chance)
        while True:
            await life.bout()


def main(directory: str, seed: str, *flags: str) -> None:
    """See the module."""
    log_to_stderr("error")
    if "orphan" in flags:
        embedded._die_with_parent = lambda: None
    asyncio.run(live(Path(directory), int(seed)))


if __name__ == "__main__":
    main(*sys.argv[1:])
