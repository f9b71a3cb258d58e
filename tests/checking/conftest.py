"""An operator who checks what is configured, against servers of the tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from adapters.discord.client import point
from bot.store.embedded import EmbeddedServer
from tests.checking.operator import TOKEN, Operator
from tests.discord.fake import FakeDiscord
from tests.slack.fake import FakeSlack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.program import Place


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as server:
        server.token = TOKEN
        yield server


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that keeps what it is given, as one should."""
    server = asyncio.run(EmbeddedServer.start(tmp_path_factory.mktemp("server")))
    yield server.url
    asyncio.run(server.close())


@pytest.fixture
def operator(place: Place, server_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    yield Operator(place, server_url, monkeypatch)
    point()
