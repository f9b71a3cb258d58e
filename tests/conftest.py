"""What many tests share: a real server, an empty store on it, and a clock they may move."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import hypothesis
import pytest
from cryptography.fernet import Fernet

from bot.store.connection import Connection
from bot.store.embedded import EmbeddedServer
from bot.store.seal import Seal
from bot.store.store import RedisStore
from tests.clock import Clock
from tests.key_leaks import leaks
from tests.program import Place
from tests.sources.web_server import WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

_GIVEN = os.environ.get("PAPERBOY_TEST_REDIS_URL", "")
"""A server that the store's tests run on as well; they empty its database, which must be one from 9."""


# Hypothesis fails an example that takes 200 ms; on a busy machine that says nothing about the code.
hypothesis.settings.register_profile("paperboy", deadline=None)
hypothesis.settings.load_profile("paperboy")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Where the program can be started, with sources of its own."""
    async with WebServer() as sources:
        yield Place(tmp_path, sources)


@pytest.fixture(scope="session", params=["embedded", *(["given"] if _GIVEN else [])])
def redis_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server whose database belongs to the tests."""
    if request.param == "given":
        parts = urlsplit(_GIVEN)
        # Tests that run side by side must not empty each other's database.
        number = int(parts.path.strip("/") or 9) + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        if number < 9:
            pytest.fail("PAPERBOY_TEST_REDIS_URL must name a database from 9: the tests empty it")
        yield parts._replace(path=f"/{number}").geturl()
        return
    server = asyncio.run(EmbeddedServer.start(tmp_path_factory.mktemp("server")))
    yield server.url
    asyncio.run(server.close())


@pytest.fixture
async def connection(redis_url: str, clock: Clock) -> AsyncIterator[Connection]:
    """To an empty database, going by `clock`. Afterwards every key must be in the table of keys."""
    connection = await Connection.open(redis_url, clock=clock)
    await connection.call("FLUSHDB")
    yield connection
    found = await leaks(connection)
    await connection.close()
    assert not found


@pytest.fixture(scope="session")
def secret_key() -> str:
    """What `store` seals tokens with."""
    return Fernet.generate_key().decode()


@pytest.fixture
def store(connection: Connection, secret_key: str) -> RedisStore:
    """An empty store that goes by `clock`."""
    return RedisStore(connection, seal=Seal([secret_key]))
