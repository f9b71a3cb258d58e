"""The whole program against a Discord of our own: as an operator starts it, until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import pytest
from typing_extensions import override

from adapters.discord.pace import DOOR
from bot.store.connection import Connection
from bot.store.embedded import EmbeddedServer
from bot.store.store import RedisStore
from tests.clock import Clock
from tests.discord.fake import FakeDiscord
from tests.program import Place, logged, ready, started
from tests.slack.fake import FakeSlack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"


class Now(Clock):
    """Goes, as it does for the program."""

    @override
    def __call__(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
async def server() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(Now()) as server:
        server.token, server.patience = TOKEN, 30
        yield server
        problems = list(server.problems)
    assert not problems, "\n".join(problems)


def configured(server: FakeDiscord, **more: str) -> dict[str, str]:
    return {"DISCORD_API_URL": server.rest_url, "DISCORD_TOKEN": TOKEN, "HOST": "127.0.0.1", **more}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(Now()) as slack:
        slack.patience = 30
        yield slack
        problems = list(slack.problems)
    assert not problems, "\n".join(problems)


def on_both(server: FakeDiscord, slack: FakeSlack) -> dict[str, str]:
    return configured(server, SLACK_API_URL=slack.api_url, SLACK_BOT_TOKEN="xoxb-acme", SLACK_APP_TOKEN="xapp-acme")


async def slack_answers(slack: FakeSlack) -> None:
    await slack.connected()
    interaction = await slack.command("help")
    await slack.until(lambda: "subscribe" in json.dumps(interaction.answers))


async def test_with_one_token_a_subscription_is_answered_and_everything_closes(server: FakeDiscord, place: Place) -> None:
    async with started(place, "run", **configured(server)) as process:
        assert (await logged(process, "discord_known"))["bot"] == server.bot.id
        await server.gateway.connected()
        answered = await (await server.command("subscribe", query="curriculum")).answered()
        assert "subscribed" in answered.text
    assert server.gateway.session.dead, "it said goodbye"
    assert server.gateway.identifies[-1]["intents"] == 1, "only the guilds"
    assert len(server.called("PUT /applications/{application_id}/commands")) == 1


async def test_of_two_gateways_one_is_connected_and_the_other_takes_over(server: FakeDiscord, place: Place) -> None:
    store = await EmbeddedServer.start(place.directory / "store")
    shared = configured(server, REDIS_URL=store.url)
    try:
        async with started(place, "gateway", PORT="0", **shared) as first:
            await logged(first, "discord_gateway_open")
            async with started(place, "gateway", PORT="0", **shared) as second:
                port = (await logged(second, "web_server_open"))["port"]
                await logged(second, "discord_gateway_standing_by")
                assert len(server.gateway.open) == 1
                async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/readyz") as response:
                    assert (response.status, await response.json()) == (200, {"store": True, "discord": True, "not draining": True})
                async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/metrics") as response:
                    assert 'paperboy_oldest_pending_seconds{platform="discord"} 0.0' in await response.text()
                first.kill()
                await first.communicate()
                async with asyncio.timeout(10):  # as promised
                    await server.until(lambda: len(server.gateway.identifies) == 2 and len(server.gateway.open) == 1)
                await (await server.command("help")).answered()
    finally:
        await store.close()
    assert len(server.called("PUT /applications/{application_id}/commands")) == 1, "the commands are the same"


async def test_a_worker_posts_without_a_gateway_what_the_gateway_promised(server: FakeDiscord, place: Place) -> None:
    store = await EmbeddedServer.start(place.directory / "store")
    shared = configured(server, REDIS_URL=store.url)
    try:
        async with started(place, "worker", **shared) as worker:
            await logged(worker, "discord_known")
            assert server.gateway.connections == []
            async with started(place, "gateway", **shared):
                await server.gateway.connected()
                await (await server.command("help")).answered()
    finally:
        await store.close()


async def test_a_command_under_way_is_answered_before_the_end(server: FakeDiscord, place: Place) -> None:
    process = await place.begin("run", **configured(server, DISCORD_REACTIONS="true", DISCORD_MENTIONS="true"))
    await ready(process, b"discord_gateway_open")
    assert server.gateway.identifies[-1]["intents"] == 1 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13
    interaction = await server.command("list")
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 0
    assert len(interaction.messages) == 1


@pytest.mark.parametrize("command", ["worker", "gateway"])
async def test_a_wrong_token_stops_the_start_with_one_line(command: str, server: FakeDiscord, place: Place) -> None:
    server.revoke()
    ended = await place.run(command, LOG_LEVEL="error", **configured(server))
    assert (ended.status, len(ended.told.splitlines())) == (2, 1)
    assert ended.told.startswith("DISCORD_TOKEN: ")
    assert len(server.calls) == 1, "and is not tried again"


async def test_intents_that_are_not_allowed_stop_the_gateway_with_one_line(server: FakeDiscord, place: Place) -> None:
    process = await place.begin("gateway", **configured(server, LOG_LEVEL="error"))
    await server.gateway.connected()
    # A busy machine may lose the close code with the connection, and it comes back to be told again.
    server.gateway.forbidding = 4014
    server.gateway.close(4014)
    _, told = await process.communicate()
    assert process.returncode == 2
    assert len(told.decode().splitlines()) == 1


async def test_a_token_that_is_reset_later_does_not_end_the_rest(server: FakeDiscord, slack: FakeSlack, place: Place) -> None:
    async with started(place, "run", **on_both(server, slack)) as process:
        await logged(process, "discord_gateway_open")
        server.revoke()
        server.gateway.close(4004)
        assert "DISCORD_TOKEN" in (await logged(process, "discord_stopped"))["reason"]
        await slack_answers(slack)


async def test_a_token_that_is_reset_while_another_process_has_the_gateway_does_not_end_the_rest(
    server: FakeDiscord, slack: FakeSlack, place: Place
) -> None:
    store = await EmbeddedServer.start(place.directory / "store")
    shared = on_both(server, slack) | {"REDIS_URL": store.url}
    try:
        async with started(place, "run", **shared) as first:
            await logged(first, "discord_gateway_open")
            async with started(place, "run", **shared) as second:
                await logged(second, "discord_gateway_standing_by")
                server.revoke()
                server.gateway.close(4004)
                for process in (first, second):
                    await logged(process, "discord_stopped")
                await slack_answers(slack)
    finally:
        await store.close()


async def test_whatever_discord_tells_slack_is_answered(server: FakeDiscord, slack: FakeSlack, place: Place) -> None:
    store = await EmbeddedServer.start(place.directory / "store")
    connection = await Connection.open(store.url)
    try:
        async with started(place, "run", **on_both(server, slack), REDIS_URL=store.url) as process:
            await server.gateway.connected()
            for event in ("GUILD_CREATE", "INTERACTION_CREATE", "MESSAGE_CREATE", "THREAD_UPDATE"):
                server.gateway.dispatch(event, {"id": None}, guild=server.acme.id)
            await (await server.command("help")).answered()
            await slack_answers(slack)
            until = datetime.now(UTC) + timedelta(hours=1)
            await RedisStore(connection).gate.shut(DOOR, until=until, reason="too many bad answers")
            server.gateway.raw("[]")
            assert "AttributeError" in (await logged(process, "discord_gateway_lost"))["reason"]
            await slack_answers(slack)
            lost = await logged(process, "discord_gateway_lost")
            assert lost["reason"].endswith("too many bad answers"), "the gateway rests with all the others"
            assert lost["again_in_seconds"] > 3000
            await slack_answers(slack)
    finally:
        await connection.close()
        await store.close()
    assert len(server.gateway.identifies) == 1


async def test_a_discord_that_is_down_at_the_start_stops_nothing_else(place: Place) -> None:
    async with started(place, "run", DISCORD_API_URL="http://127.0.0.1:9/api/v10", DISCORD_TOKEN=TOKEN) as process:
        waiting = {"platform_not_reached", "swept"}
        assert process.stderr is not None
        while waiting:
            line = await process.stderr.readline()
            assert line, "it ended"
            waiting -= {json.loads(line).get("event")}


async def test_a_gateway_without_a_token_says_what_to_set(place: Place) -> None:
    ended = await place.run("gateway")
    assert (ended.status, len(ended.told.splitlines())) == (2, 1)
    assert "DISCORD_TOKEN" in ended.told
