from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.channel import Address
from bot.delivery import Courier
from bot.desk import Desk
from bot.jobs import take_in
from bot.memory import Memory
from bot.ports import Harvest
from bot.ticker import Ticker
from bot.worker import Worker
from tests.library import LIBRARY
from tests.outlet import KeepingOutlet
from tests.test_fetching import hourly

if TYPE_CHECKING:
    from bot.store.store import RedisStore


@pytest.fixture
def here() -> Address:
    return Address("terminal", "local", "ml-reading")


@pytest.fixture
async def desk(store: RedisStore) -> Desk:
    """A desk with the papers of `tests.library` taken in, and somebody who delivers."""
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers), outlets={"terminal": KeepingOutlet()})
    desk.hurry = Worker(desk, courier=Courier(store), ticker=Ticker(), next_reading=hourly).deliver_due
    await take_in(desk, "library", Harvest(papers=LIBRARY), await store.now())
    return desk
