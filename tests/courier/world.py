"""A courier between a store with one delivery and a platform that does what it is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.channel import Address
from bot.delivery import REQUEST, Courier, Decider, Delivered, slot_id
from bot.message import Block, Button, Buttons, Card, Message, Text
from bot.paging import characters
from bot.paper import PaperId
from bot.ports import Delivery, Lease, Limits, State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.store.store import RedisStore
    from tests.clock import Clock

ADDRESS = Address("slack", "T1", "C1")
NOW = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)
LEASE = 3 * REQUEST
SECOND = timedelta(seconds=1)
MESSAGE = Message((Text("Papers"), Buttons((Button("Open", "list"),))))


def delivery(*parts: Message) -> Delivery:
    id = slot_id(ADDRESS, NOW)
    return Delivery(id=id, address=ADDRESS, due=NOW, parts=parts or (MESSAGE,), papers=(PaperId("2511.00001"),))


def lease(*, failures: int = 0, failing_since: datetime | None = None, first: datetime | None = None, reason: str = "") -> Lease:
    return Lease(
        delivery=delivery(),
        part=0,
        fence=1,
        until=NOW + LEASE,
        state=State.PENDING,
        attempt=failures,
        first_attempt=first,
        failing_since=failing_since,
        failures=failures,
        reason=reason,
    )


MIDDLE = Decider(chance=lambda: 0.5)


@dataclass
class Platform:
    """An outlet that does what it is told: each act is an error to raise, or an error to raise after posting ("late")."""

    acts: list[Exception | tuple[str, Exception] | Callable[[], object] | None] = field(default_factory=list)
    finds: bool = True
    asking: Exception | None = None
    stands: list[tuple[str, Message]] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    under: list[str] = field(default_factory=list)
    """For each that stands, what it stands under; "" for the channel itself."""
    tags: list[tuple[str, ...]] = field(default_factory=list)
    """For each that stands, the tags it was posted with."""
    asked_under: list[str] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    platform: str = "slack"
    limits: Limits = field(default_factory=lambda: Limits(characters=1000, blocks=10, text=500))

    def measure(self, block: Block) -> int:
        return characters(block)

    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        assert address == ADDRESS
        act = self.acts.pop(0) if self.acts else None
        if isinstance(act, Exception):
            raise act
        self.stands.append((key, message))
        self.under.append("" if under in self.deleted else under)
        self.tags.append(tuple(tags))
        if isinstance(act, tuple):
            raise act[1]
        if act:
            await asyncio.Event().wait()
        return f"m{len(self.stands)}"

    async def posted(self, address: Address, *, key: str, since: datetime, under: str = "") -> str | None:
        assert address == ADDRESS
        self.asked.append(since)
        self.asked_under.append(under)
        if self.asking:
            raise self.asking
        places = [place for place, (stood, _) in enumerate(self.stands, start=1) if stood == key]
        return f"m{places[0]}" if places and self.finds else None


@dataclass
class World:
    """A store with one delivery, a platform, and a courier between them."""

    store: RedisStore
    clock: Clock
    platform: Platform
    courier: Courier
    pauses: list[float]

    async def claimed(self) -> Lease:
        (lease,) = await self.store.deliveries.claim(ADDRESS.platform, limit=9, lease=LEASE)
        return lease

    async def deliver(self) -> Delivered:
        return await self.courier.deliver(await self.claimed(), self.platform)

    async def until_quiet(self) -> None:
        """Deliver whatever is due, letting the time pass, until nothing is left to do."""
        while (await self.store.deliveries.backlog(ADDRESS.platform)).waiting:
            for lease in await self.store.deliveries.claim(ADDRESS.platform, limit=9, lease=LEASE):
                await self.courier.deliver(lease, self.platform)
            self.clock.advance(timedelta(minutes=1))

    async def outcomes(self) -> list[str]:
        return [attempt.outcome for attempt in reversed(await self.store.deliveries.log(ADDRESS))]


def papers_shown(*numbers: int) -> Message:
    return Message(tuple(Card(title=f"Paper {n}", url="", number=n, paper=f"2511.{n:05}") for n in numbers))
