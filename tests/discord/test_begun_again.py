"""Discord's part of a process that failed and is begun again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot import on_discord, parts
from bot.errors import OperatorMistake
from bot.on_discord import Discord
from bot.parts import supervised
from bot.settings import Settings
from tests.desks import desk_with

if TYPE_CHECKING:
    from bot.store.store import RedisStore
    from tests.discord.fake import FakeDiscord


class Failing:
    """A gateway with a bug, which Discord does not let in again."""

    def __init__(self, server: FakeDiscord, *, was_open: bool) -> None:
        self.was_open = was_open
        self._server = server

    async def run(self) -> None:
        self._server.revoke()
        raise RuntimeError("a bug")


@pytest.mark.parametrize("was_open", [True, False])
async def test_a_token_that_is_reset_before_it_is_begun_again_ends_the_rest_only_if_discord_never_let_us_in(
    server: FakeDiscord, store: RedisStore, monkeypatch: pytest.MonkeyPatch, *, was_open: bool
) -> None:
    server.token = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"
    monkeypatch.setattr(parts, "FIRST_WAIT", 0)
    monkeypatch.setattr(on_discord, "_gateway", lambda *_: Failing(server, was_open=was_open))
    settings = Settings(discord_token=SecretStr(server.token), discord_api_url=server.rest_url)  # type: ignore[arg-type]  # pydantic reads it
    discord = Discord(settings, desk_with(store), doors=True, alone=False)
    with capture_logs() as logs:
        running = asyncio.create_task(supervised("discord", discord.run))
        while not running.done() and "discord_stopped" not in {line["event"] for line in logs}:
            await asyncio.sleep(0.001)
    assert running.done() is not was_open
    running.cancel()
    with suppress(asyncio.CancelledError):
        if was_open:
            await running
        else:
            with pytest.raises(OperatorMistake, match="DISCORD_TOKEN"):
                await running
    await discord.close()
