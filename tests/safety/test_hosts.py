"""Where requests may go: to public addresses alone, whatever a name or a redirect leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SourceBusy, SourceGarbled, SourceRefused
from bot.settings import Settings
from bot.sources.guarded import PublicOnly, is_public, resolved
from bot.sources.http import Web
from bot.sources.manners import Kind, Manners
from bot.wiring import _named
from tests.fakes import FakeGate
from tests.sources.web_server import Reply, WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.clock import Clock

PUBLIC = ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")
PRIVATE = (
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",  # nobody listens there
    "10.0.0.5",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::a00:5",
    "64:ff9b::808:808",
    "2002:a00:5::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
)
MANNERS = Manners(door="service.example", gap=timedelta(0), wait=timedelta(seconds=1), tries=1)


class Names:
    """Tells addresses as a name server would, another answer each time if there are several; the last one stays."""

    def __init__(self, **known: Sequence[Sequence[str]]) -> None:
        self._known = {name.replace("_", "."): list(answers) for name, answers in known.items()}
        self.asked: list[tuple[str, int]] = []

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        if host not in self._known:
            raise OSError("no such name")
        answers = self._known[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Sender(httpx.AsyncBaseTransport):
    """Keeps what was sent, and answers it."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        answer = self._answers.pop(0) if self._answers else httpx.Response(200, stream=httpx.ByteStream(b"[1]"))
        if isinstance(answer, Exception):
            raise answer
        return answer


async def asked(clock: Clock, names: Names, sender: httpx.AsyncBaseTransport, url: str, **more: Sequence[str]) -> bytes:
    guarded = PublicOnly(resolve=names.resolve, sender=sender, **more)
    async with Web(FakeGate(clock), agent="x", clock=clock, transport=guarded) as web:
        return (await web.get(url, MANNERS, kind=Kind.JSON)).body


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_of_anything_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [*PUBLIC, "8.8.8.8", "1.1.1.1", "::ffff:8.8.8.8", "2002:808:808::1"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_clothes_of_ipv6_change_nothing(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))


@pytest.mark.parametrize("address", PRIVATE[:-2])
@pytest.mark.parametrize("first", [True, False])
async def test_a_name_that_leads_inside_is_asked_nothing(address: str, first: bool, clock: Clock) -> None:  # noqa: FBT001  # a parameter of the test
    sender = Sender()
    found = [address, PUBLIC[0]] if first else [PUBLIC[0], address]
    with pytest.raises(SourceRefused, match="not public"):
        await asked(clock, Names(service_example=[found]), sender, "https://service.example/list")
    assert sender.sent == []


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_address_that_was_looked_at_is_the_one_that_is_asked(scheme: str, clock: Clock) -> None:
    """Whoever answers differently the second time gains nothing."""
    names, sender = Names(service_example=[[PUBLIC[0]], ["127.0.0.1"]]), Sender()
    assert await asked(clock, names, sender, f"{scheme}://service.example/list") == b"[1]"
    [request] = sender.sent
    assert (request.url.scheme, request.url.host, request.url.path) == (scheme, PUBLIC[0], "/list")
    assert (request.headers["Host"], request.extensions["sni_hostname"]) == ("service.example", "service.example")
    assert names.asked == [("service.example", 443 if scheme == "https" else 80)]


async def test_a_redirect_leads_no_further_than_the_first_request(clock: Clock) -> None:
    names = Names(service_example=[[PUBLIC[0]]], inside_service_example=[["10.0.0.5"]])
    sender = Sender(httpx.Response(302, headers={"Location": "https://inside.service.example/admin"}))
    with pytest.raises(SourceRefused, match="not public"):
        await asked(clock, names, sender, "https://service.example/list")
    assert [request.url.host for request in sender.sent] == [PUBLIC[0]]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost:6379/",
        "//10.0.0.5/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "http://service.example@127.0.0.1/",
        "http://service.example.evil.example/",
        "http://service.example:6379/",
    ],
)
async def test_a_redirect_to_somewhere_else_is_not_followed(location: str, clock: Clock) -> None:
    names = Names(service_example=[[PUBLIC[0]]])
    sender = Sender(httpx.Response(302, headers={"Location": location}))
    with pytest.raises((SourceGarbled, SourceRefused)):
        await asked(clock, names, sender, "http://service.example/list")
    assert len(sender.sent) == 1


@pytest.mark.parametrize("port", [22, 25, 6379, 8080, 81])
async def test_no_other_port_is_asked(port: int, clock: Clock) -> None:
    sender = Sender()
    with pytest.raises(SourceRefused, match="port"):
        await asked(clock, Names(service_example=[[PUBLIC[0]]]), sender, f"https://service.example:{port}/list")
    assert sender.sent == []


async def test_a_name_without_an_address_is_asked_again_later(clock: Clock) -> None:
    with pytest.raises(SourceBusy, match="no connection"):
        await asked(clock, Names(), Sender(), "https://service.example/list")
    with pytest.raises(SourceBusy, match="no connection"):
        await asked(clock, Names(service_example=[[]]), Sender(), "https://service.example/list")


async def test_another_address_is_asked_where_one_cannot_be_reached(clock: Clock) -> None:
    names = Names(service_example=[list(PUBLIC)])
    sender = Sender(httpx.ConnectError("refused"))
    assert await asked(clock, names, sender, "https://service.example/list") == b"[1]"
    assert [request.url.host for request in sender.sent] == list(PUBLIC)
    sender = Sender(httpx.ConnectError("refused"), httpx.ConnectError("refused"))
    with pytest.raises(SourceBusy, match="no connection"):
        await asked(clock, names, sender, "https://service.example/list")


async def test_what_broke_off_underway_is_not_sent_to_another_address(clock: Clock) -> None:
    sender = Sender(httpx.ReadError("reset"))
    with pytest.raises(SourceBusy):
        await asked(clock, Names(service_example=[list(PUBLIC)]), sender, "https://service.example/list")
    assert len(sender.sent) == 1


@pytest.fixture
async def inside() -> AsyncIterator[WebServer]:
    """A server on an address that is not public."""
    async with WebServer() as server:
        server.says("/list", Reply(body=b"[1]"))
        yield server


async def test_a_real_server_inside_is_not_reached(clock: Clock, inside: WebServer) -> None:
    async with Web(FakeGate(clock), agent="x", clock=clock, transport=PublicOnly()) as web:
        for url in (inside.url, inside.url.replace("127.0.0.1", "localhost")):
            with pytest.raises(SourceRefused):
                await web.get(f"{url}/list", MANNERS, kind=Kind.JSON)
        with pytest.raises(SourceRefused, match="not public"):
            await web.get("http://localhost/list", MANNERS, kind=Kind.JSON)
    assert inside.requests == []


async def test_a_mirror_that_the_operator_named_may_be_inside(clock: Clock, inside: WebServer) -> None:
    named = _named(Settings.model_validate({"arxiv_api_url": inside.url}))
    assert named == {"127.0.0.1"}
    async with Web(FakeGate(clock), agent="x", clock=clock, transport=PublicOnly(own=named)) as web:
        assert (await web.get(f"{inside.url}/list", MANNERS, kind=Kind.JSON)).body == b"[1]"


def test_nothing_is_inside_unless_the_operator_names_it() -> None:
    assert _named(Settings.model_validate({})) == set()
    assert _named(Settings.model_validate({"huggingface_url": "http://[fd00::5]:8080/hf"})) == {"fd00::5"}


async def test_a_host_is_looked_up_by_the_system() -> None:
    assert set(await resolved("localhost", 80)) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("host", ["a..service.example", f"{'a' * 64}.service.example"])
async def test_what_no_name_can_be_has_no_address(host: str, clock: Clock) -> None:
    with pytest.raises(OSError, match="no name of a host"):
        await resolved(host, 80)
    sender = Sender(httpx.Response(302, headers={"Location": f"https://{host}/"}))
    guarded = PublicOnly(resolve=lambda name, port: resolved(name, port) if name == host else public(name, port), sender=sender)
    async with Web(FakeGate(clock), agent="x", clock=clock, transport=guarded) as web:
        with pytest.raises((SourceBusy, SourceRefused)):
            await web.get("https://service.example/list", MANNERS, kind=Kind.JSON)
    assert len(sender.sent) == 1


async def public(name: str, port: int) -> Sequence[str]:
    return PUBLIC
