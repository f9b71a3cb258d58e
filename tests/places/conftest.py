"""Two platforms, a desk and a worker on it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot import worker
from tests.places.crossing import Crossing, a_desk, a_worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.desk import Desk
    from bot.store.store import RedisStore
    from bot.worker import Worker


@pytest.fixture
def slack() -> Crossing:
    return Crossing()


@pytest.fixture
def discord() -> Crossing:
    return Crossing()


@pytest.fixture
def desk(store: RedisStore, slack: Crossing, discord: Crossing) -> Desk:
    return a_desk(store, {"slack": slack, "discord": discord})


@pytest.fixture
async def machine(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Worker]:
    made = a_worker(desk)
    yield made
    monkeypatch.setattr(worker, "PATIENCE", timedelta())
    await made.stop()
