"""The web server of the whole program: what each subcommand opens, what stands on it, and how it is closed."""

from __future__ import annotations

import asyncio
import signal
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aiohttp
import pytest
from typing_extensions import override

from bot.store.embedded import EmbeddedServer
from tests.clock import Clock
from tests.discord.fake import FakeDiscord
from tests.program import Place, logged, started
from tests.slack.fake import FakeSlack, NotAcknowledged, hang

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB"
OPERATOR = "correct-horse-battery-staple"
SECRET = "shhh"


class Now(Clock):
    """Goes, as it does for the program."""

    @override
    def __call__(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(Now()) as server:
        server.token, server.patience = TOKEN, 30
        yield server


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(Now()) as server:
        server.patience = 30
        yield server


async def asked(process: asyncio.subprocess.Process) -> aiohttp.ClientSession:
    """Who may ask its web server."""
    return aiohttp.ClientSession(f"http://127.0.0.1:{(await logged(process, 'web_server_open'))['port']}")


def on_discord(server: FakeDiscord) -> dict[str, str]:
    return {"DISCORD_API_URL": server.rest_url, "DISCORD_TOKEN": TOKEN}


def on_slack(server: FakeSlack) -> dict[str, str]:
    return {"SLACK_API_URL": server.api_url, "SLACK_BOT_TOKEN": "xoxb-acme", "SLACK_SIGNING_SECRET": SECRET}


async def test_the_pages_may_be_served_for_discord_alone(discord: FakeDiscord, place: Place) -> None:
    async with started(place, "web", PORT="0", OPERATOR_TOKEN=OPERATOR, CONTACT="papers@example.org", **on_discord(discord)) as process:
        async with await asked(process) as http:
            await logged(process, "discord_known")
            async with http.get("/") as response:
                page = await response.text()
                assert response.status == 200
            assert "Add to Discord" in page
            assert "Add to Slack" not in page
            assert "https://discord.com/oauth2/authorize?client_id=" in page
            assert "No worker is alive" in page, "this one only shows"
            assert "Hugging Face" in page
            async with http.get("/operator", headers={"Authorization": f"Bearer {OPERATOR}"}) as response:
                assert response.status == 200
                assert socket.gethostname() in await response.text()
            async with http.get("/support") as response:
                assert "papers@example.org" in await response.text()
        assert discord.gateway.connections == [], "the gateway is another's"


async def test_a_worker_that_is_given_a_port_of_its_own_tells_there_how_it_is(discord: FakeDiscord, place: Place) -> None:
    async with started(place, "worker", PORT="0", **on_discord(discord)) as process, await asked(process) as http:
        async with http.get("/healthz") as response:
            assert (response.status, await response.text()) == (200, "ok\n")
        async with http.get("/readyz") as response:
            assert await response.json() == {"store": True, "not draining": True}
        async with http.get("/") as response:
            assert "Paperboy" in await response.text()


@pytest.mark.parametrize("command", ["worker", "gateway"])
async def test_a_part_whose_port_is_taken_says_so_and_works_on(command: str, discord: FakeDiscord, place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        async with started(place, command, PORT=port, **on_discord(discord)) as process:
            assert port in (await logged(process, "web_server_not_open"))["reason"]
            await logged(process, "discord_known")


async def test_the_web_server_itself_is_nothing_without_its_port(discord: FakeDiscord, place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = await place.run("web", HOST="127.0.0.1", PORT=str(taken.getsockname()[1]), LOG_LEVEL="error", **on_discord(discord))
    assert (ended.status, len(ended.told.splitlines())) == (2, 1), ended.told
    assert ended.told.startswith("PORT: ")


async def test_the_pages_say_that_the_store_is_away_and_when_it_is_back(discord: FakeDiscord, place: Place) -> None:
    folder = place.directory / "store"
    store = await EmbeddedServer.start(folder)
    try:
        async with started(place, "web", PORT="0", REDIS_URL=store.url, **on_discord(discord)) as process, await asked(process) as http:
            await logged(process, "discord_known")
            async with http.get("/") as response:
                assert "The store does not answer" not in await response.text()
            await store.close()
            await until(http, "The store does not answer")
            async with http.get("/readyz") as response:
                assert (response.status, (await response.json())["store"]) == (503, False)
            async with http.get("/healthz") as response:
                assert response.status == 200, "to start it again would not help"
            store = await EmbeddedServer.start(folder)
            await until(http, "No worker is alive")
    finally:
        await store.close()


async def until(http: aiohttp.ClientSession, said: str) -> None:
    """Ask until the page says it."""
    while True:
        async with http.get("/") as response:
            assert response.status == 200
            if said in await response.text():
                return
        await asyncio.sleep(0.05)


async def test_while_it_is_being_stopped_it_sends_traffic_elsewhere_and_finishes_what_it_began(slack: FakeSlack, place: Place) -> None:
    async with started(place, "run", PORT="0", **on_slack(slack)) as process, await asked(process) as http:
        await logged(process, "slack_known")
        slack.use_http(str(http._base_url).rstrip("/"), SECRET)
        slack.fault("response_url", hang(done=True))
        begun = await slack.command("help")
        await slack.until(lambda: len(begun.answers) == 1)
        async with http.get("/readyz") as response:
            assert response.status == 200
        process.send_signal(signal.SIGTERM)
        told: dict[str, bool] = {}
        status = 200
        while told.get("not draining", True):
            async with http.get("/readyz") as response:
                told = await response.json()
                status = response.status
        assert (status, told["slack"]) == (503, True)
        with pytest.raises(NotAcknowledged) as refused:
            await slack.command("list")
        assert refused.value.interaction.status == 503, "Slack sends it again, to the next one"
        async with http.get("/") as response:
            assert response.status == 200
        assert process.returncode is None
        slack.release()
        await process.wait()


async def test_a_discord_that_is_down_sends_nobody_away_who_comes_for_slack(slack: FakeSlack, place: Place) -> None:
    down = {"DISCORD_API_URL": "http://127.0.0.1:9/api/v10", "DISCORD_TOKEN": TOKEN}
    async with started(place, "run", PORT="0", **on_slack(slack), **down) as process, await asked(process) as http:
        await logged(process, "slack_known")
        async with http.get("/readyz") as response:
            assert await response.json() == {"store": True, "slack": True, "not draining": True, "discord": False}
            assert response.status == 200
