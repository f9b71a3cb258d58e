"""The doors that stand open to anybody: whatever comes to them, nobody gets in, nothing falls over, nothing is said back unescaped."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from yarl import URL

from adapters.slack.http import EVENTS, routes
from adapters.slack.oauth import COOKIE, INSTALL, REDIRECT, OAuth
from adapters.slack.scopes import asked
from adapters.web.server import serving
from tests.safety.fuzzing import effort, texts, unhandled
from tests.slack.fake import signature

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.installation import Installation
    from bot.store.store import RedisStore
    from tests.slack.listening import Paperboy

SECRET = "shhh"
PUBLIC = "https://paperboy.example.org"
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    text: str
    location: str


@dataclass(slots=True)
class House:
    """Our web server, as a stranger meets it."""

    url: str
    http: aiohttp.ClientSession
    paperboy: Paperboy
    installed: list[Installation]

    async def ask(
        self, method: str, path: str, query: str = "", *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answered:
        address = URL(f"{self.url}{path}?{query}", encoded=True)
        async with self.http.request(method, address, headers=headers or {}, data=body, allow_redirects=False) as response:
            return Answered(response.status, await response.text(errors="replace"), response.headers.get("Location", ""))


@pytest.fixture
async def house(on_slack: Paperboy) -> AsyncIterator[House]:
    slack = on_slack.slack
    installed: list[Installation] = []

    async def keep(installation: Installation) -> None:
        installed.append(installation)

    oauth = OAuth(
        client_id=slack.client_id,
        client_secret=slack.client_secret,
        api_url=slack.api_url,
        public_url=PUBLIC,
        scopes=asked(),
        workspaces=on_slack.workspaces,
        cache=on_slack.desk.store.cache,
        installed=keep,
        clock=slack.clock,
    )
    served = routes(on_slack.app, signing_secret=SECRET, oauth=oauth, clock=slack.clock)
    no_jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=no_jar) as http, serving(served, host="127.0.0.1", port=0, ready={}) as port:
        yield House(f"http://127.0.0.1:{port}", http, on_slack, installed)


def sent(text: str) -> str:
    """As it can stand in a query; a longer one aiohttp refuses by itself."""
    return quote(text[:200].encode("utf-8", "replace"), safe="")


def not_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return False


headers = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80)


@effort(120)
@given(
    body=st.binary(max_size=300) | texts.map(lambda text: text.encode("utf-8", "replace")),
    timestamp=headers | st.just("now"),
    made=headers,
    kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain; charset=utf-7", "multipart/form-data"])
    | headers,
    method=st.sampled_from(METHODS),
)
async def test_nobody_without_the_secret_is_heard(house: House, body: bytes, timestamp: str, made: str, kind: str, method: str) -> None:
    now = str(int(house.paperboy.slack.clock().timestamp()))
    claimed = {"X-Slack-Request-Timestamp": now if timestamp == "now" else timestamp, "X-Slack-Signature": made, "Content-Type": kind}
    with capture_logs() as logs:
        answered = await house.ask(method, EVENTS, headers=claimed, body=body)
    assert answered.status == (401 if method == "POST" else 405)
    assert logs == []


@effort(100)
@given(body=st.binary(max_size=300) | texts.map(lambda text: f"payload={text}".encode("utf-8", "replace")), kind=headers)
async def test_whoever_has_the_secret_may_send_nonsense(house: House, body: bytes, kind: str) -> None:
    now = str(int(house.paperboy.slack.clock().timestamp()))
    signed = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature(SECRET, now, body), "Content-Type": kind}
    with capture_logs() as logs:
        answered = await house.ask("POST", EVENTS, headers=signed, body=body)
    # 401: what is no text is not looked at.
    assert answered.status in {200, 400, 404, 401 if not_text(body) else 200}
    assert unhandled(logs) == []


@effort(100)
@given(state=texts, code=texts, error=texts, cookie=headers, team=texts)
async def test_an_installation_that_nobody_began_is_not_finished(
    house: House, state: str, code: str, error: str, cookie: str, team: str
) -> None:
    cookies = {"Cookie": f"{COOKIE}={cookie}"}
    with capture_logs() as logs:
        finished = await house.ask("GET", REDIRECT, f"code={sent(code)}&state={sent(state)}&error={sent(error)}", headers=cookies)
        begun = await house.ask("GET", INSTALL, f"team={sent(team)}", headers=cookies)
    assert unhandled(logs) == []
    assert house.installed == []
    assert finished.status in {200, 400}
    assert "Nothing was" in finished.text
    if "<" in error and escape(error) != error:
        assert error.strip() not in finished.text
    # However the team is spelt, the address is Slack's own with our redirect, or too many were begun.
    assert begun.status in {302, 429}
    if begun.status == 302:
        address = urlsplit(begun.location)
        assert f"{address.scheme}://{address.netloc}" == house.paperboy.slack.url
        assert parse_qs(address.query)["redirect_uri"] == [PUBLIC + REDIRECT]


@effort(60)
@given(name=st.sampled_from(["state", "code", "both", "cookie"]), other=texts)
async def test_a_state_that_was_begun_is_good_for_nobody_else(house: House, store: RedisStore, name: str, other: str) -> None:
    # Of so many no more can be begun within ten minutes.
    await store.connection.call("FLUSHDB")
    async with house.http.get(f"{house.url}{INSTALL}", allow_redirects=False) as response:
        state = parse_qs(urlsplit(response.headers["Location"]).query).get("state", [""])[0]
        cookie = response.cookies[COOKIE].value
    stolen = {
        "state": (f"code=x&state={sent(other)}", cookie),
        "code": (f"code=&state={sent(state)}", cookie),
        "both": (f"state={sent(other)}", cookie),
        "cookie": (f"code=x&state={sent(state)}", "A" * 43),
    }
    query, brought = stolen[name]
    answered = await house.ask("GET", REDIRECT, query, headers={"Cookie": f"{COOKIE}={brought}"})
    assert answered.status == 400
    assert house.installed == []
