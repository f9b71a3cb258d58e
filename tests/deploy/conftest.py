"""What the tests of deploying share: a world of platforms, sources and a store for whole programs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from bot.store.embedded import EmbeddedServer
from bot.store.store import open_store
from tests.clock import Clock
from tests.deploy.programs import DISCORD_TOKEN, PATIENCE_S, World
from tests.discord.fake import FakeDiscord
from tests.slack.fake import FakeSlack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.program import Place


class Now(Clock):
    """Goes, as it does for the program."""

    @override
    def __call__(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    """A store's server for all that a test starts."""
    server = await EmbeddedServer.start(tmp_path / "server")
    yield server
    await server.close()


@pytest.fixture
async def world(place: Place, server: EmbeddedServer) -> AsyncIterator[World]:
    """Afterwards no request to a platform may have had a problem."""
    async with FakeSlack(Now()) as slack, FakeDiscord(Now()) as discord, open_store(server.url, directory=place.directory) as store:
        slack.patience = discord.patience = PATIENCE_S
        discord.token = DISCORD_TOKEN
        world = World(place, slack, discord, store, server.url)
        yield world
        await asyncio.gather(*(program.kill() for program in world.started))
        problems = [*slack.problems, *discord.problems]
    assert not problems, "\n".join(problems)
