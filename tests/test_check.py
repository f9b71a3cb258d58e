"""`check` finds what is wrong before people do, and says what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.discord.checks import ADVISED, LEAST, invitation
from adapters.discord.client import point
from bot import checking
from bot.checking import _clock, check
from bot.desk import Desk
from bot.memory import Memory
from bot.settings import Settings, read_settings
from bot.store.embedded import EmbeddedServer
from tests.discord.fake import FakeDiscord
from tests.discord.fake import error as discord_error
from tests.program import Place
from tests.slack.fake import FakeSlack
from tests.slack.fake import error as slack_error
from tests.sources.web_server import WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from bot.store.store import RedisStore
    from tests.clock import Clock

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as slack:
        yield slack


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as server:
        server.token = TOKEN
        yield server


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    sources = WebServer()
    await sources.start()
    yield Place(tmp_path, sources)
    await sources.stop()


def on_slack(slack: FakeSlack) -> dict[str, str]:
    return {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": "xoxb-acme", "SLACK_APP_TOKEN": "xapp-acme"}


def on_discord(server: FakeDiscord) -> dict[str, str]:
    return {"DISCORD_API_URL": server.rest_url, "DISCORD_TOKEN": TOKEN}


@dataclass(frozen=True, slots=True)
class Checked:
    status: int
    said: str


class Operator:
    """Checks what is configured, in this process."""

    def __init__(self, place: Place, patch: pytest.MonkeyPatch) -> None:
        self._place = place
        self._patch = patch

    async def checks(self, **environment: str) -> Checked:
        for name in Settings.model_fields:
            self._patch.delenv(name.upper(), raising=False)
        for name, value in self._place.environment(**environment).items():
            self._patch.setenv(name, value)
        lines: list[str] = []
        status = await check(read_settings(), lines.append)
        return Checked(status, "".join(lines))


@pytest.fixture
def operator(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    yield Operator(place, monkeypatch)
    point()


def wrong(said: str) -> list[str]:
    """What is wrong, by name."""
    return re.findall(r"^WRONG ([\w ]+): ", said, re.MULTILINE)


async def test_what_is_right_is_a_line_each_and_status_0(slack: FakeSlack, discord: FakeDiscord, place: Place) -> None:
    ended = await place.run("check", **on_slack(slack), **on_discord(discord))
    assert (ended.status, wrong(ended.said)) == (0, []), ended.said + ended.told
    assert ended.told == ""
    named = [line.partition(":")[0].removeprefix("ok    ") for line in ended.said.splitlines()]
    for name in ("store", "clock", "slack token", "slack optional scopes", "slack socket", "discord token", "discord commands"):
        assert name in named
    assert invitation(discord.app_id) in ended.said
    assert TOKEN not in ended.said
    assert discord.gateway.connections == [], "looking identifies nobody"


def test_the_least_permissions_are_the_least() -> None:
    assert LEAST.value == 274877926400
    assert ADVISED.value == 309237730304
    assert invitation("1") == "https://discord.com/oauth2/authorize?client_id=1&scope=bot+applications.commands&permissions=309237730304"


async def test_tokens_that_are_refused_are_wrong_and_the_rest_is_looked_at(
    slack: FakeSlack, discord: FakeDiscord, operator: Operator
) -> None:
    slack.fault("auth.test", slack_error("invalid_auth"))
    slack.fault("apps.connections.open", slack_error("missing_scope", needed="connections:write"))
    discord.revoke()
    ended = await operator.checks(**on_slack(slack), **on_discord(discord))
    assert (ended.status, wrong(ended.said)) == (1, ["slack token", "slack socket", "discord token"])


async def test_scopes_that_are_missing_are_named(slack: FakeSlack, operator: Operator) -> None:
    slack.acme.scopes.discard("commands")
    slack.acme.scopes.discard("files:write")
    ended = await operator.checks(**on_slack(slack))
    assert wrong(ended.said) == ["slack scopes"]
    assert "all but files:write" in ended.said


async def test_a_discord_that_sends_commands_elsewhere_or_has_few_connections_left_is_wrong(
    discord: FakeDiscord, operator: Operator
) -> None:
    discord.interactions_endpoint_url = "https://elsewhere.example.org"
    discord.gateway.remaining = 12
    ended = await operator.checks(**on_discord(discord))
    assert (ended.status, wrong(ended.said)) == (1, ["discord commands", "discord gateway"])
    assert "12 of 1000" in ended.said


async def test_a_discord_that_is_not_reached_is_wrong(discord: FakeDiscord, operator: Operator) -> None:
    discord.fault("GET /applications/@me", *[discord_error(130000)] * 6)
    ended = await operator.checks(**on_discord(discord))
    assert wrong(ended.said) == ["discord"]


async def test_a_store_that_answers_is_fine_and_one_that_is_away_is_wrong(discord: FakeDiscord, operator: Operator, redis_url: str) -> None:
    fine = await operator.checks(REDIS_URL=redis_url, **on_discord(discord))
    assert (fine.status, wrong(fine.said)) == (0, [])
    away = await operator.checks(REDIS_URL="redis://127.0.0.1:9/0", **on_discord(discord))
    assert (away.status, wrong(away.said)) == (1, ["store"])


async def test_a_store_in_use_is_said_and_the_rest_is_looked_at(discord: FakeDiscord, operator: Operator, place: Place) -> None:
    server = await EmbeddedServer.start(place.directory / "data")
    try:
        ended = await operator.checks(**on_discord(discord))
    finally:
        await server.close()
    assert wrong(ended.said) == ["store"]
    assert "discord token" in ended.said


async def test_nothing_configured_is_wrong(operator: Operator) -> None:
    ended = await operator.checks()
    assert (ended.status, wrong(ended.said)) == (1, ["platforms"])


async def test_a_clock_that_is_wrong_is_found(store: RedisStore, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(store=store, memory=Memory(channels=store.channels, papers=store.papers))
    monkeypatch.setattr(checking, "_now", lambda: clock.now + timedelta(seconds=90))
    found = await _clock(desk)
    assert (found.fine, "90 seconds apart" in found.said) == (False, True)
    monkeypatch.setattr(checking, "_now", lambda: clock.now - timedelta(seconds=20))
    assert (await _clock(desk)).fine
