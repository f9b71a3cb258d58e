"""A crossing of many workspaces, which can be barred, and a worker that delivers there."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from bot.channel import Address
from bot.delivery import Courier, slot_id
from bot.desk import Desk
from bot.memory import Memory
from bot.message import Message, Text
from bot.ports import Delivery, Planned
from bot.ticker import Ticker
from bot.worker import Worker
from tests.outlet import KeepingOutlet
from tests.test_fetching import hourly

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from bot.ports import Lease, Outlet
    from bot.store.store import RedisStore

A_TICK = timedelta(milliseconds=2)


class Crossing(KeepingOutlet):
    """An outlet whose workspaces can be barred: what is posted there waits, and then fails with `wrong`, if that is set."""

    def __init__(self) -> None:
        super().__init__(threads=True)
        self.barred: dict[str, asyncio.Event] = {}
        self.wrong: dict[str, Exception] = {}
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        """Of each workspace, how many were inside at once; under "" of all."""

    def bar(self, *workspaces: str) -> None:
        self.barred |= {workspace: asyncio.Event() for workspace in workspaces}

    def let_go(self, workspace: str) -> None:
        self.barred.pop(workspace).set()

    @override
    async def post(self, address: Address, message: Message, *, key: str, under: str = "", tags: Sequence[str] = ()) -> str:
        workspace = address.workspace
        self.inside.update(("", workspace))
        self.most |= self.inside
        try:
            if bar := self.barred.get(workspace):
                await bar.wait()
            if wrong := self.wrong.get(workspace):
                raise wrong
            return await super().post(address, message, key=key, under=under, tags=tags)
        finally:
            self.inside.subtract(("", workspace))

    @property
    def posted_in(self) -> Counter[str]:
        return Counter(address.workspace for address, _, _ in self.posts)


def a_desk(store: RedisStore, outlets: dict[str, Outlet]) -> Desk:
    return Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets=outlets)


def a_worker(desk: Desk) -> Worker:
    return Worker(desk, courier=Courier(desk.store), ticker=Ticker(), next_reading=hourly)


async def planned(desk: Desk, workspace: str, number: int, *, platform: str = "slack", parts: int = 1, to: str = "C") -> list[Delivery]:
    """So many deliveries, each to a channel of its own, that may go out now."""
    now = await desk.store.now()
    made = []
    for one in range(number):
        address = Address(platform, workspace, f"{to}{one}")
        said = tuple(Message((Text(f"part {part}"),)) for part in range(parts))
        made.append(Delivery(id=slot_id(address, now), address=address, due=now, parts=said, papers=()))
        assert await desk.store.deliveries.post_now(made[-1]) is Planned.PLANNED
    return made


def claims_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each platform was looked at from now on."""
    claims: Counter[str] = Counter()
    claim = desk.store.deliveries.claim

    async def counted(platform: str, **wanted: Any) -> Sequence[Lease]:
        claims[platform] += 1
        return await claim(platform, **wanted)

    monkeypatch.setattr(desk.store.deliveries, "claim", counted)
    return claims


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):  # less than a request lasts: what hangs is not to end by itself
        while not condition():
            await asyncio.sleep(0.001)
