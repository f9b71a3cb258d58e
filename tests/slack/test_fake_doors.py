"""The fake's two doors: sockets that come, go and are too many; signed requests over HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.fake import NotAcknowledged
from tests.slack.noting_app import NotingApp, answering, listening, served

if TYPE_CHECKING:
    from tests.slack.fake import FakeSlack, Team


async def test_a_socket_that_is_told_to_go_is_replaced(slack: FakeSlack) -> None:
    noting = NotingApp(slack)
    async with listening(noting, slack):
        await slack.disconnect("refresh_requested")
        await slack.connected()
        await (await slack.command("again")).answered()
        await slack.disconnect("")
        await slack.connected()
        await (await slack.command("and again")).answered()


async def test_two_sockets_take_turns_and_one_may_be_chosen(slack: FakeSlack) -> None:
    one, two = NotingApp(slack), NotingApp(slack)
    async with listening(one, slack), listening(two, slack):
        for _ in range(4):
            await slack.mention("hi")
        await slack.until(lambda: len(one.heard) + len(two.heard) == 4)
        assert (len(one.heard), len(two.heard)) == (2, 2)
        await slack.mention("you there", to=1)
        await slack.until(lambda: len(two.heard) == 3)


async def test_an_eleventh_socket_is_turned_away(slack: FakeSlack) -> None:
    opener = AsyncWebClient(base_url=slack.api_url, retry_handlers=[])

    async def url() -> str:
        return str((await opener.apps_connections_open(app_token="xapp-acme"))["url"])

    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(await url()) for _ in range(11)]
        frames = [await socket.receive_json() for socket in sockets]
        assert [frame["num_connections"] for frame in frames[:10]] == list(range(1, 11))
        assert frames[10]["reason"] == "too_many_websockets"
        used = await url()
        sockets.append(await session.ws_connect(used))
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(used)
        for socket in sockets:
            await socket.close()


async def test_an_app_that_does_not_acknowledge_is_reported(slack: FakeSlack) -> None:
    slack.patience = 0.05
    with pytest.raises(NotAcknowledged, match="no connection"):
        await slack.command("x")
    opener = AsyncWebClient(base_url=slack.api_url, retry_handlers=[])
    async with aiohttp.ClientSession() as session:
        answer = await opener.apps_connections_open(app_token="xapp-acme")
        async with session.ws_connect(answer["url"]) as socket:
            await socket.receive()
            with pytest.raises(NotAcknowledged, match="within"):
                await slack.command("x")
            slack.patience = 5
            sending = asyncio.create_task(slack.command("x"))
            await socket.receive()
            await socket.receive()
            await socket.close()
            with pytest.raises(NotAcknowledged, match="closed"):
                await sending
    slack.patience = 0.05
    slack.use_http("http://127.0.0.1:9")
    with pytest.raises(NotAcknowledged, match="failed"):
        await slack.command("x")


async def test_words_in_an_acknowledgement_are_shown(slack: FakeSlack) -> None:
    answers = iter(
        [web.Response(text="One moment"), web.json_response({"response_type": "in_channel", "text": "Hear"}), web.Response(status=404)]
    )

    async def events(_: web.Request) -> web.Response:
        return next(answers)

    async with answering(events) as url:
        slack.use_http(url)
        assert (await slack.command("x")).ack == {"text": "One moment"}
        await slack.command("y")
        with pytest.raises(NotAcknowledged, match="404"):
            await slack.command("z")
    assert (slack.ephemerals[0].text, slack.acme["C0READING"].messages[0].text) == ("One moment", "Hear")


async def test_a_stubborn_socket_is_closed_and_a_stray_acknowledgement_noticed(slack: FakeSlack) -> None:
    slack.patience = 0.05
    opener = AsyncWebClient(base_url=slack.api_url, retry_handlers=[])
    async with aiohttp.ClientSession() as session:
        answer = await opener.apps_connections_open(app_token="xapp-acme")
        async with session.ws_connect(answer["url"]) as socket:
            await slack.connected()
            with slack.expecting_problems() as found:
                await socket.send_json({"envelope_id": "never"})
                await slack.until(lambda: slack.problems)
            assert found
            leaving = asyncio.create_task(slack.disconnect("warning"))
            assert [(await socket.receive_json())["type"] for _ in range(2)] == ["hello", "disconnect"]
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
            await leaving
            assert slack.connections == 0


async def test_an_address_slack_never_gave_is_not_found(slack: FakeSlack) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("response/R0", "upload/v1/F0"):
            async with session.post(f"{slack.url}/{path}", json={}) as answer:
                assert answer.status == 404


async def test_requests_over_http_are_signed_and_retries_marked(slack: FakeSlack) -> None:
    noting = NotingApp(slack)
    async with served(noting) as url:
        slack.use_http(url)
        assert await slack.verify_url()
        slack.use_http(url, signing_secret="wrong")
        with pytest.raises(NotAcknowledged, match="401") as caught:
            await slack.command("x")
        assert caught.value.interaction.status == 401
        slack.use_http(url, clock=slack.clock)
        with pytest.raises(NotAcknowledged, match="401"):
            await slack.command("x")


async def test_an_end_of_the_installation_comes_after_the_fact(slack: FakeSlack) -> None:
    heard: list[dict[str, Any]] = []

    async def events(request: web.Request) -> web.Response:
        heard.append(await request.json() | {"retry": request.headers.get("x-slack-retry-num")})
        return web.Response()

    grid = slack.team("T0GRID", token="xoxb-grid", enterprise="E0GRID")
    async with answering(events) as url:
        slack.use_http(url)
        await end_of(slack, grid)
        assert [body["event"]["type"] for body in heard][-2:] == ["tokens_revoked", "app_uninstalled"]
        assert heard[-1]["authorizations"][0]["enterprise_id"] == "E0GRID"
        again = await slack.event({"type": "app_uninstalled"}, event_id="Ev1", retry_num=2, retry_reason="http_error")
        assert (again.payload["event_id"], heard[-1]["retry"]) == ("Ev1", "2")


async def end_of(slack: FakeSlack, team: Team) -> None:
    team.channel("C0LIFE", "life")
    for type in ("channel_archive", "channel_unarchive", "channel_left", "member_joined_channel", "member_left_channel"):
        await slack.lifecycle(type, channel="C0LIFE", team=team)
    assert (team["C0LIFE"].archived, team["C0LIFE"].member, "U0ADA" in team["C0LIFE"].members) == (False, False, False)
    await slack.lifecycle("member_joined_channel", channel="C0LIFE", user=team.bot_user_id, team=team)
    assert team["C0LIFE"].member
    await slack.lifecycle("channel_id_changed", channel="C0LIFE", new_id="C0NEXT", team=team)
    await slack.lifecycle("channel_deleted", channel="C0NEXT", team=team)
    assert "C0NEXT" not in team.channels
    await slack.lifecycle("tokens_revoked", team=team)
    await slack.lifecycle("app_uninstalled", team=team)
    assert not slack.safe.good("xoxb-grid")
