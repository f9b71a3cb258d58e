"""The HTTP door: who is let in, and what Bolt and Slack then say to each other."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.signature import SignatureVerifier

from adapters.slack.http import LARGEST, _Door, routes
from adapters.web.server import serving
from tests.slack.fake import signature

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from slack_bolt.context.ack.async_ack import AsyncAck

    from tests.clock import Clock
    from tests.slack.fake import FakeSlack

SECRET = "shhh"
COMMAND = b"command=%2Fpapers&text=subscribe+curriculum&team_id=T0TEAM&channel_id=C0READING&user_id=U0ADA"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Door:
    """A door with a tiny app behind it."""

    url: str
    clock: Clock
    http: aiohttp.ClientSession
    heard: list[str] = field(default_factory=list)
    ready: bool = True

    def headers(self, body: bytes, *, secret: str = SECRET, age: timedelta = timedelta()) -> dict[str, str]:
        timestamp = str(int((self.clock() - age).timestamp()))
        return {**FORM, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature(secret, timestamp, body)}

    async def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        async with self.http.post(f"{self.url}/slack/events", data=body, headers=headers) as response:
            return response.status, await response.text()


@asynccontextmanager
async def opened(clock: Clock) -> AsyncIterator[Door]:
    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T0TEAM", bot_user_id="U0PAPERBOY", bot_token="xoxb-acme")

    app = AsyncApp(authorize=authorize, request_verification_enabled=False)
    async with aiohttp.ClientSession() as http:
        door = Door("", clock, http)

        @app.command("/papers")
        async def papers(ack: AsyncAck, body: dict[str, Any]) -> None:
            door.heard.append(body["text"])
            await ack(f"You said {body['text']}.")

        @app.view("form")
        async def view(ack: AsyncAck) -> None:
            await ack(response_action="errors", errors={"query": "Something must stand here."})

        async with serving(
            routes(app, signing_secret=SECRET, ready=lambda: door.ready, clock=clock), host="127.0.0.1", port=0, ready={}
        ) as port:
            door.url = f"http://127.0.0.1:{port}"
            yield door


@pytest.fixture
async def door(clock: Clock) -> AsyncIterator[Door]:
    async with opened(clock) as door:
        yield door


async def test_what_slack_signed_is_answered(door: Door) -> None:
    assert await door.post(COMMAND, door.headers(COMMAND)) == (200, "You said subscribe curriculum.")


async def test_a_forms_mistakes_go_back_as_json(door: Door) -> None:
    payload = {
        "type": "view_submission",
        "team": {"id": "T0TEAM"},
        "user": {"id": "U0ADA"},
        "view": {"type": "modal", "callback_id": "form"},
    }
    body = b"payload=" + json.dumps(payload).encode()
    status, text = await door.post(body, door.headers(body))
    assert (status, json.loads(text)["response_action"]) == (200, "errors")


async def test_slacks_question_whether_the_address_is_ours_is_answered(slack: FakeSlack, door: Door) -> None:
    slack.use_http(door.url, SECRET, clock=door.clock)
    assert await slack.verify_url()


async def test_a_signature_is_over_the_bytes_that_came(door: Door) -> None:
    status, text = await door.post(COMMAND + b"&text=forget", door.headers(COMMAND))
    assert (status, text, door.heard) == (401, "", [])


@pytest.mark.parametrize("age", [timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1), timedelta(days=400)])
async def test_a_signature_counts_for_five_minutes(age: timedelta, door: Door) -> None:
    assert await door.post(COMMAND, door.headers(COMMAND, age=age)) == (401, "")
    within = min(max(age, timedelta(minutes=-4)), timedelta(minutes=4))
    assert (await door.post(COMMAND, door.headers(COMMAND, age=within)))[0] == 200


@pytest.mark.parametrize("timestamp", ["", "now", "1e9", "-5", " 17", "1_7", "٣٤", "9" * 30, "1700000000.0"])
async def test_a_timestamp_that_is_no_number_is_turned_away(timestamp: str, door: Door) -> None:
    headers = {**FORM, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature(SECRET, timestamp, COMMAND)}
    assert await door.post(COMMAND, headers) == (401, "")


@pytest.mark.parametrize("missing", ["X-Slack-Request-Timestamp", "X-Slack-Signature"])
async def test_a_missing_header_is_turned_away(missing: str, door: Door) -> None:
    headers = door.headers(COMMAND)
    del headers[missing]
    assert await door.post(COMMAND, headers) == (401, "")


@pytest.mark.parametrize("wrong", ["", "v0=", "v0=é", "v1=" + "0" * 64])
async def test_a_wrong_signature_is_turned_away(wrong: str, door: Door) -> None:
    assert await door.post(COMMAND, {**door.headers(COMMAND), "X-Slack-Signature": wrong}) == (401, "")
    assert (await door.post(COMMAND, door.headers(COMMAND, secret="other")))[0] == 401


async def test_bytes_that_are_no_text_are_turned_away(door: Door) -> None:
    body = b"\xff\xfe"
    assert (await door.post(body, door.headers(COMMAND)))[0] == 401


@pytest.mark.parametrize("type", ["application/json", "application/x-www-form-urlencoded; charset=no-such-thing"])
async def test_the_charset_a_request_names_is_not_believed(type: str, door: Door) -> None:
    body = COMMAND if "form" in type else b"{"
    status, _ = await door.post(body, {**door.headers(body), "Content-Type": type})
    assert status == (200 if "form" in type else 400)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused_before_it_is_looked_at(chunked: bool, door: Door) -> None:  # noqa: FBT001  # a parameter of the test
    body = b"text=" + b"x" * LARGEST

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 2**16):
            yield body[start : start + 2**16]

    async with door.http.post(
        f"{door.url}/slack/events", data=pieces() if chunked else BytesIO(body), headers=door.headers(body)
    ) as response:
        assert response.status == 413


async def test_a_body_that_does_not_come_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.slack.http.PATIENCE_SECONDS", 0)
    go_on = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield COMMAND
        await go_on.wait()

    async with door.http.post(f"{door.url}/slack/events", data=slowly(), headers=door.headers(COMMAND)) as response:
        go_on.set()
        assert response.status == 408


async def test_nobody_looks_in(door: Door) -> None:
    async with door.http.get(f"{door.url}/slack/events") as response:
        assert response.status == 405


async def test_before_the_app_can_answer_slack_is_asked_to_come_again(door: Door) -> None:
    door.ready = False
    assert await door.post(COMMAND, door.headers(COMMAND)) == (503, "")
    assert (await door.post(COMMAND, door.headers(COMMAND, secret="other")))[0] == 401, "which nobody else is told"
    assert door.heard == []


@given(body=st.binary(max_size=200), timestamp=st.text(max_size=15), made=st.text(max_size=80))
def test_nothing_unsigned_gets_in_and_nothing_falls_over(body: bytes, timestamp: str, made: str) -> None:
    door = _Door(AsyncApp(token="xoxb-x", request_verification_enabled=False), SignatureVerifier(SECRET), lambda: True)
    for claimed in (timestamp, str(int(datetime.now(UTC).timestamp()))):
        request = make_mocked_request("POST", "/", headers={"X-Slack-Request-Timestamp": claimed, "X-Slack-Signature": made})
        assert not door._signed(body, request)
