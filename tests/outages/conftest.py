"""What the tests of outages share."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.outages.relay import relay_to
from tests.outages.scene import store_at
from tests.outages.servers import a_pair, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bot.store.connection import Connection
    from bot.store.store import RedisStore
    from tests.clock import Clock
    from tests.outages.relay import Relay
    from tests.outages.servers import Pair


@pytest.fixture(scope="module")
def two_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of two servers that know nothing of each other."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(running(tmp_path_factory.mktemp(name))) for name in ("one", "other"))
        yield one, other


@pytest.fixture
async def pair(two_servers: tuple[str, str]) -> AsyncIterator[Pair]:
    """A server that can fail over, with nothing in it."""
    async with a_pair(*two_servers) as pair:
        yield pair


@pytest.fixture
async def relay(redis_url: str, connection: Connection) -> AsyncIterator[Relay]:
    """A door to the server of `connection`, which reaches it by another."""
    async with relay_to(redis_url) as relay:
        yield relay


@pytest.fixture
async def beyond(relay: Relay, clock: Clock) -> AsyncIterator[RedisStore]:
    """The store through the door."""
    store = await store_at(relay.url, clock)
    yield store
    await store.connection.close()
