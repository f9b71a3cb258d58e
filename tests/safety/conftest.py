"""Both platforms, for what must hold on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.discord import listening as discord
from tests.discord.fake import FakeDiscord
from tests.slack import listening as slack
from tests.slack.fake import FakeSlack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.store import RedisStore
    from tests.clock import Clock


@pytest.fixture
async def on_slack(clock: Clock, store: RedisStore) -> AsyncIterator[slack.Paperboy]:
    """The app on a fake Slack that takes requests as they come: what is wrong with them is not what is asked here."""
    async with FakeSlack(clock) as server, slack.running(server, await slack.stocked(store)) as paperboy:
        server.checking = False
        with server.expecting_problems():
            yield paperboy


@pytest.fixture
async def on_discord(clock: Clock, store: RedisStore) -> AsyncIterator[discord.Paperboy]:
    """The app on a fake Discord that takes requests as they come."""
    async with FakeDiscord(clock) as server, discord.running(server, store, await discord.stocked(store)) as paperboy:
        server.checking = False
        with server.expecting_problems():
            yield paperboy
