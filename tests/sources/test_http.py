"""The one client: polite, patient within limits, and not to be fooled."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SourceBlocked, SourceBusy, SourceGarbled, SourceRefused, SourceTrouble
from bot.sources.http import Web, _named_wait, user_agent
from bot.sources.manners import Kind, Manners, Validators
from tests.sources.web_server import Reply, WebServer

if TYPE_CHECKING:
    from tests.clock import Clock
    from tests.fakes import FakeGate

MANNERS = Manners(door="service.example", gap=timedelta(seconds=3), wait=timedelta(seconds=2), patience=timedelta(seconds=60))
JSON = {"Content-Type": "application/json"}


async def ask(web: Web, server: WebServer, path: str = "/list", kind: Kind = Kind.JSON, manners: Manners = MANNERS) -> bytes:
    return (await web.get(server.url + path, manners, kind=kind)).body


async def test_an_answer_comes_back_as_bytes(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(body=b"[1]", headers={"ETag": "abc", "Last-Modified": "Mon", "Link": '</list?p=1>; rel="next"'}))
    answer = await web.get(f"{server.url}/list", MANNERS, kind=Kind.JSON, params={"q": "a b&c", "n": 1})
    assert (answer.status, answer.body, answer.validators, answer.more) == (200, b"[1]", Validators("abc", "Mon"), True)
    assert server.requests[0].query == {"q": "a b&c", "n": "1"}


async def test_we_say_who_we_are_and_what_we_understand(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(body=b"[]"))
    await ask(web, server)
    headers = server.requests[0].headers
    assert (headers["user-agent"], headers["accept"], headers["accept-encoding"]) == ("Paperboy/test", "application/json", "gzip")
    assert "authorization" not in headers


@pytest.mark.parametrize(
    ("project", "contact", "expected"),
    [
        ("https://example.org/paperboy", "ada@example.org", "Paperboy/1.0 (+https://example.org/paperboy; ada@example.org)"),
        ("", "ada@example.org", "Paperboy/1.0 (ada@example.org)"),
        ("", "", "Paperboy/1.0"),
        ("", "evil\r\nHost: x", "Paperboy/1.0"),
        ("", "Björn", "Paperboy/1.0"),
    ],
)
def test_the_user_agent_names_project_and_contact(project: str, contact: str, expected: str) -> None:
    assert user_agent("1.0", project=project, contact=contact) == expected


async def test_the_gap_is_kept_for_the_service_and_a_door_for_each_of_its_machines(web: Web, server: WebServer, gate: FakeGate) -> None:
    server.says("/list", Reply(body=b"[]"))
    await ask(web, server)
    assert gate.entered == ["127.0.0.1", "service.example"]
    assert gate.gaps == {"127.0.0.1": timedelta(0), "service.example": timedelta(seconds=3)}


async def test_a_service_on_one_machine_has_one_door(web: Web, server: WebServer, gate: FakeGate) -> None:
    server.says("/list", Reply(body=b"[]"))
    await ask(web, server, manners=Manners(door="127.0.0.1", gap=timedelta(seconds=1), wait=timedelta(seconds=1)))
    assert gate.entered == ["127.0.0.1"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_what_may_pass_is_asked_again_with_longer_and_longer_waits(
    web: Web, server: WebServer, pauses: list[float], status: int
) -> None:
    server.says("/list", Reply(status=status), Reply(status=status), Reply(status=status), Reply(body=b"[]"))
    assert await ask(web, server) == b"[]"
    assert pauses == [2, 4, 8]


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(dead=True),
        Reply(body=b"[1, 2, 3]", cut=4),
        Reply(body=gzip.compress(b"[1, 2, 3]" * 50)[:-12], headers={"Content-Encoding": "gzip"}),
    ],
    ids=["closed without a word", "dropped in mid-body", "packed and cut short"],
)
async def test_a_dropped_connection_is_tried_again(web: Web, server: WebServer, trouble: Reply) -> None:
    server.says("/list", trouble, Reply(body=b"[]"))
    assert await ask(web, server) == b"[]"


async def test_after_the_last_try_nobody_asks_that_machine_for_a_while(web: Web, server: WebServer, gate: FakeGate, clock: Clock) -> None:
    server.says("/list", Reply(status=503))
    with pytest.raises(SourceBusy, match="503") as caught:
        await ask(web, server)
    assert len(server.requests) == 4
    assert caught.value.retry_after == MANNERS.rest
    assert gate.closed == {"127.0.0.1": (clock() + MANNERS.rest, "127.0.0.1 answered 503")}
    with pytest.raises(SourceBusy, match="503"):
        await ask(web, server)
    assert len(server.requests) == 4


async def test_a_machine_that_cannot_be_reached_is_busy(web: Web, server: WebServer) -> None:
    await server.stop()
    with pytest.raises(SourceBusy, match="no connection"):
        await ask(web, server)


async def test_jitter_makes_waits_longer_never_shorter(gate: FakeGate, clock: Clock, server: WebServer) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    server.says("/list", Reply(status=500), Reply(body=b"[]"))
    async with Web(gate, agent="x", clock=clock, pause=pause, jitter=lambda: 1.0) as web:
        await ask(web, server)
    assert pauses == [3]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Fri, 21 Nov 2025 09:00:20 GMT"}, 20),
        ({"Retry-After": "Fri, 21 Nov 2025 08:00:00 GMT"}, 0),
        ({"Retry-After": "soon"}, 2),
        ({"Retry-After": "-5"}, 2),
        ({"RateLimit": '"api";r=0;t=31', "Retry-After": "1"}, 32),
        ({"RateLimit": "nonsense", "retry-after": "5"}, 5),
    ],
)
async def test_a_wait_that_the_server_names_wins(
    web: Web, server: WebServer, pauses: list[float], headers: dict[str, str], seconds: float
) -> None:
    server.says("/list", Reply(status=429, headers=headers), Reply(body=b"[]"))
    await ask(web, server)
    assert pauses == [seconds]


async def test_a_wait_beyond_our_patience_is_told_instead_of_waited(
    web: Web, server: WebServer, pauses: list[float], gate: FakeGate
) -> None:
    server.says("/list", Reply(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(SourceBusy) as caught:
        await ask(web, server)
    assert caught.value.retry_after == timedelta(hours=1)
    assert (pauses, len(server.requests)) == ([], 1)
    assert "127.0.0.1" in gate.closed


async def test_every_429_is_told_by_the_service_that_gave_it_and_no_other_trouble_is(
    server: WebServer, gate: FakeGate, clock: Clock
) -> None:
    async def pause(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    heard: list[str] = []
    server.says("/list", Reply(status=429), Reply(status=503), Reply(status=429), Reply(body=b"[]"))
    async with Web(gate, agent="Paperboy/test", clock=clock, pause=pause, throttled=heard.append) as web:
        await ask(web, server)
        server.says("/list", Reply(status=429, headers={"Retry-After": "3600"}))
        for _ in range(2):  # the second time the door is shut, and nobody was asked
            with pytest.raises(SourceBusy):
                await ask(web, server)
    assert heard == ["service.example"] * 3


@given(
    st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0")), st.text(st.characters(codec="ascii", exclude_characters="\r\n\0"))
)
def test_no_header_names_a_wait_that_is_negative_or_endless(retry_after: str, rate_limit: str) -> None:
    wait = _named_wait(
        httpx.Headers({b"Retry-After": retry_after.encode("latin-1"), b"RateLimit": rate_limit.encode()}), datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert wait is None or timedelta(0) <= wait <= timedelta(days=2)


@pytest.mark.parametrize("text", ["9" * 9, "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_of_years_is_cut_to_days(text: str) -> None:
    wait = _named_wait(httpx.Headers({"Retry-After": text}), datetime(2026, 1, 1, tzinfo=UTC))
    assert wait is None or wait == timedelta(days=2)


@pytest.mark.parametrize("status", [400, 401, 404, 410])
async def test_what_was_refused_is_not_asked_again(web: Web, server: WebServer, status: int) -> None:
    server.says("/list", Reply(status=status))
    with pytest.raises(SourceRefused, match=str(status)):
        await ask(web, server)
    assert len(server.requests) == 1


async def test_a_refusal_that_is_expected_comes_back_with_its_body(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(status=404, body=b"<html>no"))
    answer = await web.get(f"{server.url}/list", MANNERS, kind=Kind.JSON, allow={404})
    assert (answer.status, answer.body) == (404, b"<html>no")


async def test_where_we_are_not_wanted_we_stay_away_for_a_day(web: Web, server: WebServer, gate: FakeGate, clock: Clock) -> None:
    manners = Manners(door="service.example", gap=timedelta(0), wait=timedelta(seconds=1), ban=timedelta(hours=24))
    server.says("/list", Reply(status=403))
    with pytest.raises(SourceBlocked, match="403"):
        await ask(web, server, manners=manners)
    assert gate.closed["service.example"][0] == clock() + timedelta(hours=24)
    with pytest.raises(SourceBusy):
        await ask(web, server, manners=manners)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [204, 206, 520])
async def test_other_statuses_are_no_answer(web: Web, server: WebServer, status: int) -> None:
    server.says("/list", Reply(status=status, body=b"" if status == 204 else b"[]"))
    with pytest.raises(SourceGarbled, match=str(status)):
        await ask(web, server)
    assert len(server.requests) == 1


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"\n <!DOCTYPE HTML><html>Are you a robot?", headers={"Content-Type": "text/html; charset=utf-8"}),
        Reply(body=b"<html><body>Challenge", headers=JSON),
        Reply(body=b"<script>challenge()</script>", headers={"Content-Type": "text/HTML"}),
        Reply(body=b"", headers=JSON),
    ],
    ids=["a page", "a page that claims to be JSON", "a script", "nothing"],
)
async def test_a_web_page_with_status_200_is_not_taken_for_an_answer(web: Web, server: WebServer, kind: Kind, reply: Reply) -> None:
    server.says("/list", reply)
    with pytest.raises(SourceGarbled):
        await ask(web, server, kind=kind)
    assert len(server.requests) == 1


async def test_json_under_a_wrong_content_type_is_still_json(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(body=b" [1]", headers={"Content-Type": "text/html"}))
    assert await ask(web, server) == b" [1]"


async def test_a_byte_order_mark_is_taken_off(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(body=b"\xef\xbb\xbf[1]"))
    assert await ask(web, server) == b"[1]"


async def test_a_packed_answer_is_unpacked(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(body=gzip.compress(b"[1]" * 1000), headers={"Content-Encoding": "gzip"}))
    assert await ask(web, server) == b"[1]" * 1000


async def test_a_bomb_is_not_unpacked(web: Web, server: WebServer) -> None:
    bomb = gzip.compress(b"[" + b" " * 50_000_000)
    assert len(bomb) < 60_000
    server.says("/list", Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceGarbled, match="more than 5,000,000 bytes"):
        await ask(web, server)


async def test_an_endless_stream_is_left_at_the_limit(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(body=b"[1] " * 1000, endless=True))
    with pytest.raises(SourceGarbled, match="more than 9,999 bytes"):
        await web.get(f"{server.url}/list", MANNERS, kind=Kind.JSON, limit=9_999)


async def test_the_limit_itself_is_allowed(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(body=b"[1]"))
    assert (await web.get(f"{server.url}/list", MANNERS, kind=Kind.JSON, limit=3)).body == b"[1]"


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_what_cannot_be_unpacked_is_garbled(web: Web, server: WebServer, encoding: str) -> None:
    server.says("/list", Reply(body=b"not packed at all", headers={"Content-Encoding": encoding}))
    with pytest.raises(SourceGarbled, match=r"unpacked|packed"):
        await ask(web, server)


@pytest.mark.parametrize("reply", [Reply(mute=True), Reply(body=b"[1", stuck=True)], ids=["mute", "stuck in mid-body"])
async def test_a_server_that_does_not_answer_in_time_is_busy(gate: FakeGate, clock: Clock, server: WebServer, reply: Reply) -> None:
    server.says("/list", reply)
    manners = Manners(door="service.example", gap=timedelta(0), wait=timedelta(seconds=1), tries=1)
    async with Web(gate, agent="x", clock=clock, read=timedelta(milliseconds=20)) as web:
        with pytest.raises(SourceBusy, match="in time"):
            await ask(web, server, manners=manners)


async def test_a_server_that_drips_for_ever_is_busy(gate: FakeGate, clock: Clock, server: WebServer) -> None:
    server.says("/list", Reply(body=b"[" * 10, endless=True))
    manners = Manners(door="service.example", gap=timedelta(0), wait=timedelta(seconds=1), tries=1)
    async with Web(gate, agent="x", clock=clock, total=timedelta(milliseconds=50)) as web:
        with pytest.raises(SourceBusy, match="in time"):
            await web.get(f"{server.url}/list", manners, kind=Kind.JSON, limit=10**12)


async def test_validators_are_sent_back_as_they_came(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(status=304))
    known = Validators(etag="0a1b unquoted", modified="Fri, 21 Nov 2025 09:00:00 GMT")
    answer = await web.get(f"{server.url}/list", MANNERS, kind=Kind.JSON, known=known)
    assert answer.unchanged
    headers = server.requests[0].headers
    assert (headers["if-none-match"], headers["if-modified-since"]) == (known.etag, known.modified)


async def test_unchanged_is_no_answer_to_a_first_question(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(status=304))
    with pytest.raises(SourceGarbled, match="unchanged"):
        await web.get(f"{server.url}/list", MANNERS, kind=Kind.JSON, known=Validators(etag="ünsendable"))


async def test_redirects_in_the_family_are_followed(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(status=301, headers={"Location": "/moved"}))
    server.says("/moved", Reply(status=302, headers={"Location": f"{server.url}/here"}))
    server.says("/here", Reply(body=b"[1]"))
    assert await ask(web, server) == b"[1]"


async def test_five_redirects_are_enough(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(status=302, headers={"Location": "/list"}))
    with pytest.raises(SourceGarbled, match="circles"):
        await ask(web, server)
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "location", ["http://elsewhere.example/login", "ftp://127.0.0.1/list", "file:///etc/passwd", "http://127.0.0.1.example/"]
)
async def test_a_redirect_to_elsewhere_is_not_followed(web: Web, server: WebServer, location: str) -> None:
    server.says("/list", Reply(status=302, headers={"Location": location}))
    with pytest.raises(SourceTrouble):
        await ask(web, server)


async def test_a_redirect_never_leaves_tls(clock: Clock, gate: FakeGate) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(301, headers={"Location": "http://service.example/list"}))
    async with Web(gate, agent="x", clock=clock, transport=transport) as web:
        with pytest.raises(SourceGarbled, match="http://service"):
            await web.get("https://service.example/list", MANNERS, kind=Kind.JSON)


async def test_a_token_does_not_go_to_another_machine_of_the_service(clock: Clock, gate: FakeGate) -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Authorization"))
        moved = httpx.Response(301, headers={"Location": "https://cdn.service.example/list"})
        return moved if request.url.host == "service.example" else httpx.Response(200, stream=httpx.ByteStream(b"[]"))

    async with Web(gate, agent="x", clock=clock, transport=httpx.MockTransport(answer)) as web:
        await web.get("https://service.example/list", MANNERS, kind=Kind.JSON, token="secret")
    assert seen == ["Bearer secret", None]


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/list", "http://", "http://127.0.0.1:99999999/"])
async def test_an_address_that_is_none_is_refused(web: Web, url: str) -> None:
    with pytest.raises(SourceRefused):
        await web.get(url, MANNERS, kind=Kind.JSON)
