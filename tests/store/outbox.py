"""A channel with a full inbox and an outbox to work on: what the tests of deliveries start from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.channel import Address
from bot.message import Card, Heading, Message, Text
from bot.paper import PaperId
from bot.ports import Delivery, Planned, Saved, Settled
from tests.inboxes import filed

if TYPE_CHECKING:
    from bot.ports import Lease, Outcome
    from bot.store.store import RedisStore

PLATFORMS = ("slack", "discord", "terminal")
ADDRESS = Address("slack", "T1", "C1")
OTHER = Address("discord", "G1", "77:1")
DUE = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)
THEN = DUE + timedelta(days=3)
LEASE = timedelta(seconds=60)
PLANNING = timedelta(seconds=30)
NEED = timedelta(seconds=20)
SLOT = "a" * 64
SHOWN, COUNTED = (PaperId("2511.00001"), PaperId("2511.00002")), (PaperId("10.1000/xyz"),)


def delivery(id: str = SLOT, *, parts: int = 1, address: Address = ADDRESS, due: datetime = DUE) -> Delivery:
    """A delivery with papers of its own."""
    messages = tuple(
        Message((Heading(f"Part {n}"), Card(title="On β-VAE", url="https://x"), Text("…")), gist="Papers") for n in range(parts)
    )
    papers, remainder = (SHOWN, COUNTED) if id == SLOT else ((PaperId(f"2511.1000{id}"),), ())
    return Delivery(id=id, address=address, due=due, parts=messages, papers=papers, remainder=remainder)


async def subscribe(store: RedisStore, *, due: datetime | None = DUE, address: Address = ADDRESS) -> None:
    """A channel that is due, with three papers in its inbox."""
    channel = await store.channels.load(address)
    assert await store.channels.save(channel, due=due, backlog=[*SHOWN, *COUNTED]) is Saved.SAVED


async def planned(store: RedisStore, *, parts: int = 1) -> None:
    await subscribe(store)
    assert await store.deliveries.plan(ADDRESS, due=DUE, then=THEN, delivery=delivery(parts=parts)) is Planned.PLANNED


async def post_now(store: RedisStore, delivery: Delivery) -> None:
    """Plan a delivery that no schedule asked for, its papers in the inbox before."""
    assert await store.deliveries.post_now(await filed(store, delivery)) is Planned.PLANNED


async def claims(store: RedisStore, *, limit: int = 10) -> list[Lease]:
    """Of each platform up to `limit`, as a worker gets them that reaches all of them."""
    return [lease for platform in PLATFORMS for lease in await store.deliveries.claim(platform, limit=limit, lease=LEASE)]


async def claimed(store: RedisStore) -> Lease:
    (lease,) = await claims(store)
    return lease


async def begun(store: RedisStore) -> Lease:
    lease = await claimed(store)
    assert await store.deliveries.begin(lease, need=NEED)
    return lease


async def settled(store: RedisStore, outcome: Outcome) -> Lease:
    lease = await begun(store)
    assert await store.deliveries.settle(lease, outcome) is Settled.SETTLED
    return lease


async def inbox(store: RedisStore) -> set[PaperId]:
    return {id for id, _ in await store.papers.inbox(ADDRESS)}


async def idle(store: RedisStore) -> bool:
    return not await claims(store)


async def waiting(store: RedisStore) -> int:
    """How many deliveries are on their way, over all platforms."""
    return sum([(await store.deliveries.backlog(platform)).waiting for platform in PLATFORMS])
