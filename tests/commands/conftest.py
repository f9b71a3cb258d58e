from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.channel import Address
from tests.desks import library_desk
from tests.outlet import KeepingOutlet

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.store.store import RedisStore


@pytest.fixture
def here() -> Address:
    return Address("terminal", "local", "ml-reading")


@pytest.fixture
async def desk(store: RedisStore) -> Desk:
    return await library_desk(store, {"terminal": KeepingOutlet()})
