"""A desk to test at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.delivery import Courier
from bot.desk import Desk
from bot.jobs import take_in
from bot.memory import Memory
from bot.ports import Harvest
from bot.ticker import Ticker
from bot.worker import Worker
from tests.library import LIBRARY
from tests.test_fetching import hourly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.ports import Outlet, Store


def desk_with(store: Store) -> Desk:
    """A desk with a store on it and nothing else."""
    return Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers))


async def library_desk(store: Store, outlets: Mapping[str, Outlet]) -> Desk:
    """A desk with the papers of `tests.library` taken in, and somebody who delivers to whatever outlets it has at the time."""
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets=outlets)
    desk.hurry = Worker(desk, courier=Courier(store), ticker=Ticker(), next_reading=hourly).deliver_due
    await take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
    return desk
