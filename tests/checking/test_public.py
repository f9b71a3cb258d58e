"""Whether the world finds our web server under the address that it is told."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.web import checks as public
from adapters.web.checks import checks
from adapters.web.server import serving
from bot.errors import StoreTrouble
from bot.findings import Finding
from bot.ports import Pulse
from bot.store.store import open_store
from tests.checking.operator import on_discord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.checking.operator import Operator
    from tests.discord.fake import FakeDiscord
    from tests.program import Place
    from tests.slack.fake import FakeSlack


@asynccontextmanager
async def answering(status: int, text: str = "", **headers: str) -> AsyncIterator[str]:
    """A server of somebody else's; gives its address."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_our_own_server_is_known_again() -> None:
    async with serving((), host="127.0.0.1", port=0, ready={}) as port:
        found = await checks(f"http://127.0.0.1:{port}", serving=True)
    assert (found.ours, found.finding.fine) == (True, True)


async def test_our_own_server_is_known_behind_a_proxy_that_puts_its_name_to_answers() -> None:
    async with answering(200, "ok\n", Server="nginx") as url:
        assert (await checks(url, serving=True)).ours


@pytest.mark.parametrize(
    ("status", "text", "headers", "word"),
    [
        (200, "<html>Welcome to nginx</html>", {}, "not as we answer"),
        (502, "Bad gateway", {}, "status 502"),
        (302, "", {"Location": "https://login.example.org"}, "sends us on"),
    ],
)
async def test_somebody_elses_server_is_wrong_while_ours_is_at_work(status: int, text: str, headers: dict[str, str], word: str) -> None:
    async with answering(status, text, **headers) as url:
        found = await checks(url, serving=True)
        assert (found.ours, found.finding.fine, word in found.finding.said) == (False, False, True)
        assert found.finding.remedy
        resting = await checks(url, serving=False)
        assert (resting.ours, resting.finding.fine) == (False, True), "before the first start nobody need answer"


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://127.0.0.1:9", "nobody answers there"),
        ("http://does-not-exist.invalid", "nobody answers there"),
        ("http://a..b", "no answer"),
    ],
)
async def test_an_address_where_nobody_answers_is_wrong(url: str, word: str) -> None:
    found = await checks(url, serving=True)
    assert (found.ours, word in found.finding.said) == (False, True), found.finding.said


async def test_a_server_that_speaks_no_tls_is_told_apart(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "TIMEOUT", aiohttp.ClientTimeout(total=0.5))
    found = await checks(place.server.url.replace("http://", "https://"), serving=True)
    assert not found.finding.fine


def self_signed(directory: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1)).sign(key, SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (directory / "both.pem").write_bytes(private + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "both.pem")
    return context


async def test_a_certificate_that_is_not_valid_is_named(tmp_path: Path) -> None:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self_signed(tmp_path)).start()
    found = await checks(f"https://127.0.0.1:{runner.addresses[0][1]}", serving=True)
    await runner.cleanup()
    assert "its certificate is not valid" in found.finding.said


async def test_a_silent_server_is_given_up(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.sources.web_server import Reply  # noqa: PLC0415  # beside its use

    monkeypatch.setattr(public, "TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    place.server.says("/healthz", Reply(mute=True))
    assert "no answer within" in (await checks(place.server.url, serving=True)).finding.said


def pulse(role: str) -> Pulse:
    now = datetime.now(UTC)
    return Pulse(process="p1", role=role, host="h", pid=1, version="1", started=now, at=now)


@pytest.mark.parametrize(
    ("role", "more", "wrong"),
    [
        ("web", {}, True),
        ("run", {"PORT": "8080"}, True),
        ("run", {}, False),
        ("gateway", {"PORT": "8080"}, False),
        ("", {}, False),
    ],
)
async def test_an_address_that_leads_nowhere_is_wrong_only_while_a_web_server_is_at_work(
    *, role: str, more: dict[str, str], wrong: bool, discord: FakeDiscord, operator: Operator, place: Place
) -> None:
    async with open_store(directory=place.directory / "data") as store:
        if role:
            await store.figures.beat(pulse(role))
        checked = await operator.checks(REDIS_URL="", PUBLIC_URL="https://127.0.0.1:9", **more, **on_discord(discord))
    assert checked.wrong == ["public url"] * wrong, checked.said


async def test_the_signing_secret_is_tried_where_it_is_ours_who_answer(
    slack: FakeSlack, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ours(url: str, *, serving: bool) -> public.Found:
        return public.Found(Finding("public url", fine=True, said=url), ours=True)

    monkeypatch.setattr(public, "checks", ours)
    http = {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": "xoxb-acme", "SLACK_SIGNING_SECRET": "shhh"}
    checked = await operator.checks(PUBLIC_URL="https://127.0.0.1:9", **http)
    assert checked.wrong == ["slack signing secret"]


async def test_a_store_that_goes_away_tells_of_no_web_server(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, discord: FakeDiscord
) -> None:
    async def gone(*_: object) -> object:
        raise StoreTrouble("it went")

    monkeypatch.setattr("bot.store.figures.StoredFigures.pulses", gone)
    checked = await operator.checks(PUBLIC_URL="https://127.0.0.1:9", **on_discord(discord))
    assert "public url" in checked.fine
    away = await operator.checks(PUBLIC_URL="https://127.0.0.1:9", REDIS_URL="redis://127.0.0.1:9", **on_discord(discord))
    assert "public url" in away.fine
