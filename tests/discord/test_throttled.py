"""Every 429 of Discord is counted once, those to a command's answer too; our own patience is not."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from adapters.discord.client import Rest
from adapters.discord.pace import trace
from bot import parts
from bot.errors import Busy
from bot.on_discord import Discord
from bot.ports import Series
from bot.settings import Settings
from tests.discord.fake import error, rate_limited
from tests.discord.listening import running, stocked, words
from tests.discord.posting import pointed
from tests.discord.test_client import ME, MESSAGES, say
from tests.discord.test_commands import ORIGINAL

if TYPE_CHECKING:
    from bot.counts import Counts
    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAwMA.GbEnCh.of-the-shape-of-a-token-that-is-none-00"


def throttled(counts: Counts) -> float:
    _, grown = counts.batch()
    return grown.get(Series("paperboy_throttled_total", (("host", "discord"),)), 0)


async def test_it_is_counted_when_discord_says_so_and_not_when_we_remember_it(server: FakeDiscord, store: RedisStore) -> None:
    desk = await stocked(store)
    hear = partial(desk.counts.throttled, "discord")
    with pointed(server):
        async with Rest(server.token, gate=store.gate, clock=server.clock, throttled=hear) as rest:
            server.fault(MESSAGES, rate_limited(60, scope="global"))
            for _ in range(3):
                with pytest.raises(Busy):
                    await say(rest, server)
    assert throttled(desk.counts) == 1


async def test_the_answer_to_a_command_that_has_to_wait_counts_and_still_comes(server: FakeDiscord, store: RedisStore) -> None:
    desk = await stocked(store)
    traced = trace(store.gate, server.clock, throttled=partial(desk.counts.throttled, "discord"))
    async with running(server, store, desk, http_trace=traced):
        server.fault(ORIGINAL, rate_limited(0.05))
        interaction = await server.command("list")
        assert words(await interaction.answered())
    assert throttled(desk.counts) == 1


async def test_a_process_counts_what_it_hears(server: FakeDiscord, store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "FIRST_WAIT", 0)
    desk = await stocked(store)
    server.token = TOKEN
    with pointed(server):
        settings = Settings(discord_token=SecretStr(server.token), discord_api_url=server.rest_url)  # type: ignore[arg-type]  # as in the environment
        discord = Discord(settings, desk, doors=False, alone=False)
        server.fault(ME, rate_limited(0.05))
        running = asyncio.create_task(discord.run())
        await server.until(lambda: "discord" in desk.outlets)
        running.cancel()
        await asyncio.wait([running])
        await discord.close()
    assert throttled(desk.counts) == 1


async def test_another_refusal_does_not_count(server: FakeDiscord, store: RedisStore) -> None:
    desk = await stocked(store)
    traced = trace(store.gate, server.clock, throttled=partial(desk.counts.throttled, "discord"))
    async with running(server, store, desk, http_trace=traced) as paperboy:
        server.fault(ORIGINAL, error(50035))
        await server.command("list")
        await paperboy.done()
    assert throttled(desk.counts) == 0
