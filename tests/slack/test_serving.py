"""The whole program against a Slack of our own: as an operator starts it, by every door, until it is told to stop."""

from __future__ import annotations

import json
import signal
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp
import pytest

from adapters.slack.oauth import COOKIE
from bot.store.embedded import EmbeddedServer
from tests import program
from tests.program import Place, logged, ready
from tests.slack.fake import error

if TYPE_CHECKING:
    from tests.slack.fake import FakeSlack

SECRET = "shhh"
KEY, OTHER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoyMzQ1Njc="

started = partial(program.started, PORT="0")


@pytest.fixture(autouse=True)
def _a_whole_process_takes_its_time(slack: FakeSlack) -> None:
    slack.patience = 30


def socket_mode(slack: FakeSlack) -> dict[str, str]:
    return {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": "xoxb-acme", "SLACK_APP_TOKEN": "xapp-acme"}


def over_http(slack: FakeSlack) -> dict[str, str]:
    return {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": "xoxb-acme", "SLACK_SIGNING_SECRET": SECRET}


def by_oauth(slack: FakeSlack, keys: str = KEY) -> dict[str, str]:
    return {
        "SLACK_API_URL": slack.api_url,
        "SLACK_CLIENT_ID": slack.client_id,
        "SLACK_CLIENT_SECRET": slack.client_secret,
        "SLACK_SIGNING_SECRET": SECRET,
        "SECRET_KEYS": keys,
        "PUBLIC_URL": "https://paperboy.example.org",
    }


def said_in(slack: FakeSlack) -> str:
    return "\n".join(message.text for message in slack.acme["C0READING"].messages)


async def test_over_a_socket_a_subscription_is_answered(slack: FakeSlack, place: Place) -> None:
    async with started(place, "run", **socket_mode(slack)):
        await slack.connected()
        interaction = await slack.command("subscribe curriculum")
        await slack.until(lambda: "subscribed" in said_in(slack) + json.dumps(interaction.answers))


async def test_the_web_server_tells_how_the_delivery_does_and_who_is_alive(slack: FakeSlack, place: Place) -> None:
    async with started(place, "run", **over_http(slack)) as process:
        port = (await logged(process, "web_server_open"))["port"]
        await logged(process, "swept")
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/metrics") as response:
            told = await response.text()
        assert response.status == 200
        assert 'paperboy_deliveries_waiting{platform="slack"} 0.0' in told
        assert 'paperboy_processes{role="run"} 1.0' in told


async def test_over_http_a_subscription_is_answered(slack: FakeSlack, place: Place) -> None:
    async with started(place, "run", **over_http(slack)) as process:
        port = (await logged(process, "web_server_open"))["port"]
        slack.use_http(f"http://127.0.0.1:{port}", SECRET)
        await logged(process, "slack_known")
        assert await slack.verify_url()
        interaction = await slack.command("subscribe curriculum")
        await slack.until(lambda: "subscribed" in said_in(slack) + json.dumps(interaction.answers))


async def test_only_the_doors_answer_and_leave_the_work_to_others(slack: FakeSlack, place: Place) -> None:
    async with started(place, "web", **socket_mode(slack)) as process:
        port = (await logged(process, "web_server_open"))["port"]
        await slack.connected()
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/readyz") as response:
            assert await response.json() == {"store": True, "slack": True, "slack socket": True, "not draining": True}
        await (await slack.command("help")).answered()
    assert place.server.requests == [], "no source was read"


async def test_a_worker_posts_what_the_doors_promised(slack: FakeSlack, place: Place) -> None:
    server = await EmbeddedServer.start(place.directory / "store")
    try:
        async with (
            started(place, "web", REDIS_URL=server.url, **socket_mode(slack)),
            started(place, "worker", REDIS_URL=server.url, **socket_mode(slack)) as worker,
        ):
            assert (await logged(worker, "slack_known"))["workspace"] == "T0TEAM"
            await slack.connected()
            assert slack.connections == 1, "a worker opens no door"
            await slack.command("subscribe curriculum")
            await slack.until(lambda: "curriculum" in said_in(slack))
    finally:
        await server.close()


async def test_a_workspace_that_installs_by_a_click_is_answered_and_its_keys_can_be_changed(slack: FakeSlack, place: Place) -> None:
    async with started(place, "run", **by_oauth(slack)) as process, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        port = (await logged(process, "web_server_open"))["port"]
        url = f"http://127.0.0.1:{port}"
        async with http.get(f"{url}/slack/install", allow_redirects=False) as sent:
            cookie = sent.cookies[COOKIE].value
            code, state = slack.authorize(sent.headers["Location"])
        back = f"{url}/slack/oauth_redirect?{urlencode({'code': code, 'state': state})}"
        async with http.get(back, headers={"Cookie": f"{COOKIE}={cookie}"}) as page:
            assert page.status == 200
        slack.use_http(url, SECRET)
        await (await slack.command("help")).answered()

    without = await place.run("rotate-keys", **by_oauth(slack, OTHER_KEY))
    assert (without.status, len(without.told.splitlines())) == (1, 1)
    rotated = await place.run("rotate-keys", **by_oauth(slack, f"{OTHER_KEY},{KEY}"))
    assert (rotated.status, rotated.said.partition(" ")[0]) == (0, "1")
    again = await place.run("rotate-keys", **by_oauth(slack, OTHER_KEY))
    assert (again.status, again.said.partition(" ")[0]) == (0, "0")


async def test_a_slack_that_is_down_at_the_start_stops_nothing_else(place: Place) -> None:
    down = {"SLACK_API_URL": "http://127.0.0.1:9/api/", "SLACK_BOT_TOKEN": "xoxb-acme", "SLACK_APP_TOKEN": "xapp-acme"}
    async with started(place, "run", **down) as process:
        waiting = {"platform_not_reached", "swept"}
        assert process.stderr is not None
        while waiting:
            line = await process.stderr.readline()
            assert line, "it ended"
            waiting -= {json.loads(line).get("event")}


@pytest.mark.parametrize(("command", "name"), [("run", "SLACK_BOT_TOKEN"), ("worker", "SLACK_BOT_TOKEN"), ("run", "SLACK_APP_TOKEN")])
async def test_a_wrong_token_stops_the_start_with_one_line(command: str, name: str, slack: FakeSlack, place: Place) -> None:
    slack.fault("auth.test" if name == "SLACK_BOT_TOKEN" else "apps.connections.open", error("invalid_auth"))
    ended = await place.run(command, LOG_LEVEL="error", **socket_mode(slack))
    assert ended.status == 2
    assert len(ended.told.splitlines()) == 1
    assert name in ended.told


async def test_a_scope_that_does_not_exist_stops_the_start_with_one_line(slack: FakeSlack, place: Place) -> None:
    # Bolt would put a line of its own before it: that tokens were kept in files, because SLACK_CLIENT_ID stands in the environment.
    ended = await place.run("run", LOG_LEVEL="info", SLACK_SCOPES="users:read,everything", **by_oauth(slack))
    assert (ended.status, len(ended.told.splitlines())) == (2, 1)
    assert "SLACK_SCOPES: there is no optional scope everything" in ended.told


async def test_a_command_under_way_is_answered_before_the_end(slack: FakeSlack, place: Place) -> None:
    process = await place.begin("run", **socket_mode(slack))
    await ready(process, b"slack_socket_open")
    interaction = await slack.command("help")
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 0
    assert len(interaction.answers) == 1


@pytest.mark.parametrize("command", ["web", "rotate-keys"])
async def test_a_part_without_what_it_is_for_says_what_to_set(command: str, place: Place) -> None:
    ended = await place.run(command)
    assert (ended.status, len(ended.told.splitlines())) == (2, 1)
    assert "config/env.example" in ended.told
