"""The fake's bad days, each as the real SDK meets it."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.fake import FakeSlack, drop_after, drop_before, error, hang, late, rate_limited, rate_limited_200, server_error, torn


async def post(slack: FakeSlack, token: str = "xoxb-acme") -> Any:
    web = AsyncWebClient(token, base_url=slack.api_url, retry_handlers=[])
    return await web.chat_postMessage(channel="C0READING", text="hi", unfurl_links=False, unfurl_media=False)


def posted(slack: FakeSlack) -> int:
    return len(slack.acme["C0READING"].messages)


async def test_an_error_is_answered_once_and_nothing_is_done(slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", error("fatal_error"))
    with pytest.raises(SlackApiError, match="fatal_error"):
        await post(slack)
    assert posted(slack) == 0
    await post(slack)
    assert (posted(slack), len(slack.calls)) == (1, 2)


async def test_rate_limits_come_in_two_forms(slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", rate_limited(retry_after=7), rate_limited_200())
    with pytest.raises(SlackApiError) as caught:
        await post(slack)
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert caught.value.response["error"] == "ratelimited"
    with pytest.raises(SlackApiError) as caught:
        await post(slack)
    assert (caught.value.response.status_code, caught.value.response["error"]) == (200, "rate_limited")
    assert posted(slack) == 0


async def test_a_server_error_is_a_page_and_no_json(slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", server_error(503))
    with pytest.raises(SlackApiError) as caught:
        await post(slack)
    assert caught.value.response.status_code == 503
    slack.fault("chat.postMessage", server_error(502))
    async with aiohttp.ClientSession() as session, session.post(f"{slack.api_url}chat.postMessage", json={"unfurl_links": False}) as answer:
        assert "<title>Server Error | Slack</title>" in await answer.text()


async def test_a_connection_drops_before_or_after_the_deed(slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", drop_before(), drop_after())
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(slack)
    assert posted(slack) == 0
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(slack)
    assert posted(slack) == 1


async def test_a_call_hangs_until_released(slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", hang(done=True), hang())
    done = asyncio.create_task(post(slack))
    await slack.until(lambda: posted(slack) == 1)
    undone = asyncio.create_task(post(slack))
    await slack.until(lambda: len(slack.calls) == 2)
    assert not done.done()
    slack.release()
    assert (await done)["ok"]
    with pytest.raises(aiohttp.ClientConnectionError):
        await undone
    assert posted(slack) == 1


async def test_a_late_message_lands_after_its_connection_is_gone(slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", late())
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(slack)
    assert posted(slack) == 0
    slack.release()
    assert posted(slack) == 1


async def test_a_fault_may_strike_one_team_only(slack: FakeSlack) -> None:
    other = slack.team("T0OTHER", token="xoxb-other")
    slack.fault("chat.postMessage", rate_limited(), team=other)
    await post(slack)
    with pytest.raises(SlackApiError, match="ratelimited"):
        await post(slack, "xoxb-other")


async def test_a_done_call_may_be_answered_by_a_page_or_by_half_an_answer(slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", server_error(502, done=True), torn())
    with pytest.raises(SlackApiError) as caught:
        await post(slack)
    assert (caught.value.response.status_code, posted(slack)) == (502, 1)
    with pytest.raises(aiohttp.ClientPayloadError):
        await post(slack)
    assert posted(slack) == 2


async def test_hangs_end_and_late_calls_land_by_themselves_in_time(slack: FakeSlack) -> None:
    slack.fault("chat.postMessage", hang(done=True, after=0.01), late(hangs=True, after=0.01), late(after=0.01))
    assert (await post(slack))["ok"]
    for _ in range(2):
        with pytest.raises(aiohttp.ClientConnectionError):
            await post(slack)
    await slack.until(lambda: posted(slack) == 3)


async def test_chance_is_asked_where_no_fault_is_queued(slack: FakeSlack) -> None:
    slack.recording = False
    slack.chance = lambda request: rate_limited() if request.args["text"] == "hi" else None
    slack.fault("chat.postMessage", error("fatal_error"))
    for refusal in ("fatal_error", "ratelimited"):
        with pytest.raises(SlackApiError, match=refusal):
            await post(slack)
    slack.chance = lambda _: None
    await post(slack)
    assert (posted(slack), slack.calls) == (1, [])
