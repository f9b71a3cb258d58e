"""What the store keeps in memory for each channel, subscription, pending slot and logged delivery: differences of the server's used memory.

python -m tests.benchmarks.memory
"""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from adapters.slack.outlet import SlackOutlet
from bot import jobs
from bot.channel import Channel, QueryText, Subscription
from bot.delivery import slot_id
from bot.desk import Desk
from bot.memory import Memory
from bot.message import Hint, Message
from bot.ports import Delivery, Later, Sent
from bot.query import parse
from bot.store.outbox import LOGGED
from bot.votes import note_shown
from tests.benchmarks import crowd, due
from tests.benchmarks.stage import Stage, stage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from bot.channel import Address
    from bot.ports import Lease

COUNT = 10_000
SUBSCRIPTIONS = 10
"""Added to each channel."""
LOGS = 1_000
"""Channels whose log is filled up."""
LEASE = timedelta(minutes=1)
AT_ONCE = 8
CLAIMED = 100
"""In one call."""


async def used(here: Stage) -> int:
    """Bytes the server uses, once it has nothing left to tidy up (a table that grows has its entries moved little by little)."""
    before = -1
    while (now := (await here.info("memory"))["used_memory"]) != before:
        before = now
        await asyncio.sleep(0.5)
    return before


class Scales:
    """Weighs what came since the last time."""

    def __init__(self, here: Stage) -> None:
        self._here = here
        self._stood = 0

    async def tare(self) -> None:
        """From here."""
        self._stood = await used(self._here)

    async def weigh(self, what: str, count: int) -> None:
        """Print what each weighs."""
        now = await used(self._here)
        print(f"{(now - self._stood) / count:8.0f} bytes  {what}", flush=True)
        self._stood = now


async def _each(addresses: Iterable[Address], do: Callable[[Address], Awaitable[object]]) -> None:
    left = iter(addresses)

    async def worker() -> None:
        for address in left:
            await do(address)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


async def main() -> None:
    """Everything that comes to a channel, one after the other."""
    nobody: Any = None  # laying out asks nobody
    async with stage() as here:
        store, now = here.store, datetime.now(UTC)
        outlet = SlackOutlet(nobody, nobody, clock=lambda: datetime.now(UTC))
        desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={"slack": outlet})
        where = due.addresses(COUNT)
        scales = Scales(here)
        # What there is only once, or for each workspace, is not weighed: papers, tables, tokens.
        await store.papers.file(due.papers_alone())
        await due.install(store, where)
        await scales.tare()

        async def save(address: Address) -> None:
            await store.channels.save(Channel(address=address, name="#reading"), due=now + timedelta(days=1))

        await _each(where, save)
        await scales.weigh("a channel without subscriptions: record, agenda, its workspace's list, its revision", COUNT)

        words = cycle(QueryText(str(parse(query))) for _, queries in crowd.rules(20_000) for query in queries)

        async def subscribe(address: Address) -> None:
            stands = await store.channels.load(address)
            queries = dict.fromkeys((QueryText(str(parse(due.MET))), *islice(words, SUBSCRIPTIONS - 1)))
            rules = tuple(Subscription(query, "Ada Lovelace", now, "U012ABCDEF0") for query in queries)
            await store.channels.save(dataclasses.replace(stands, subscriptions=rules), due=now + timedelta(days=1))

        await _each(where, subscribe)
        await scales.weigh("a subscription", COUNT * SUBSCRIPTIONS)

        rules = int(await store.connection.read("GET", "pb:rules:revision"))
        await due.file(store, where, rules=rules)
        await scales.weigh(f"{due.WAITING} papers filed for a channel (its inbox, and for 180 days that it was given them)", COUNT)

        await desk.caught_up()
        await due.ring(store, where, at=await store.now())

        async def plan(address: Address) -> None:
            moment = await store.channels.next_due(address)
            assert moment is not None
            await jobs.plan_slot(desk, address, moment)

        await _each(where, plan)
        await scales.weigh("a pending slot: its digest of 5 papers as it will be posted; its inbox is empty again", COUNT)

        await _deliver(here)
        await scales.weigh(
            "what it takes more once sent: its words go; its papers are noted, what the message shows, a line of the log", COUNT
        )

        await _fill_logs(here, where[:LOGS])
        await scales.weigh(f"a logged attempt: {LOGS * (LOGGED - 1)} lines, {LOGGED} in each of {LOGS} channels", LOGS * (LOGGED - 1))


async def _deliver(here: Stage) -> None:
    """All that waits, by an outlet that only says yes."""
    sent = 0

    async def post(lease: Lease, id: str) -> None:
        await here.store.deliveries.begin(lease, need=LEASE / 2)
        await here.store.deliveries.settle(lease, Sent(id))
        await note_shown(here.store.votes, lease.delivery.address, id, lease.delivery.parts, lease.part)

    while leases := await here.store.deliveries.claim("slack", limit=CLAIMED, lease=LEASE):
        ids = [f"{1_790_000_000 + number}.{number % 1_000_000:06}" for number in range(sent, sent + len(leases))]
        sent += len(leases)
        await asyncio.gather(*map(post, leases, ids))
    if sent < COUNT:
        raise RuntimeError(f"only {sent} of {COUNT} sent")


async def _fill_logs(here: Stage, where: Sequence[Address]) -> None:
    """With attempts of one more delivery for each, which is put off again and again, and sent in the end."""
    now = await here.store.now()
    for address in where:
        note = Message(blocks=(Hint("A note."),), gist="A note.")
        await here.store.deliveries.post_now(Delivery(id=slot_id(address, now), address=address, due=now, parts=(note,), papers=()))
    for attempt in range(LOGGED - 1):
        outcome = Sent("1790000000.000001") if attempt == LOGGED - 2 else Later(now, "ratelimited: Slack asked for patience", counts=False)
        claimed = 0
        while claimed < len(where):
            leases = await here.store.deliveries.claim("slack", limit=min(CLAIMED, len(where) - claimed), lease=LEASE)
            claimed += len(leases)
            await asyncio.gather(*(here.store.deliveries.settle(lease, outcome) for lease in leases))


if __name__ == "__main__":
    asyncio.run(main())
