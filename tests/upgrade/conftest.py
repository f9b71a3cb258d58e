"""A store as an earlier release left it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.store.seal import Seal
from bot.store.store import RedisStore
from tests.upgrade.contents import SECRET_KEY, WRITTEN
from tests.upgrade.dump import restore

if TYPE_CHECKING:
    from bot.store.connection import Connection
    from tests.clock import Clock

FILES = sorted(Path(__file__).parent.glob("store_of_*.json"))


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
async def written(request: pytest.FixtureRequest, connection: Connection, clock: Clock) -> RedisStore:
    """One after another every stored file, restored; `clock` stands at the moment at which it was taken."""
    clock.now = WRITTEN
    await restore(connection, request.param)
    return RedisStore(connection, seal=Seal([SECRET_KEY]))
