"""What the Discord tests share: a fake Discord that fails a test whose requests had problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.discord.fake import FakeDiscord
from tests.discord.listening import running, stocked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.discord.listening import Paperboy


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[FakeDiscord]:
    """A fake Discord that goes by `clock`. Afterwards no request may have had a problem."""
    async with FakeDiscord(clock) as server:
        yield server
        problems = list(server.problems)
    assert not problems, "\n".join(problems)


@pytest.fixture
async def paperboy(server: FakeDiscord, store: RedisStore) -> AsyncIterator[Paperboy]:
    """The app, connected to the fake, knowing the papers of `tests.library`."""
    async with running(server, store, await stocked(store)) as paperboy:
        yield paperboy
