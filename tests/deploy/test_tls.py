"""A store behind TLS whose certificate its host has signed itself, as Heroku's has: refused, unless the operator says otherwise."""

from __future__ import annotations

import asyncio
import signal
import ssl
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.deploy.programs import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.store.embedded import EmbeddedServer
    from tests.deploy.programs import World


def self_signed(directory: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for elsewhere that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "elsewhere")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1)).sign(key, SHA256())
    both = directory / "both.pem"
    both.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


@asynccontextmanager
async def behind_tls(server: EmbeddedServer, directory: Path) -> AsyncIterator[str]:
    """The server's `rediss://` address while the block runs."""
    talks: set[asyncio.Task[None]] = set()

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ssl.SSLError):
            while said := await reader.read(65_536):
                writer.write(said)
                await writer.drain()
        writer.close()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_unix_connection(urlsplit(server.url).path)
        for task in (asyncio.create_task(passed_on(reader, ours)), asyncio.create_task(passed_on(theirs, writer))):
            talks.add(task)
            task.add_done_callback(talks.discard)

    listening = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=self_signed(directory))
    try:
        yield f"rediss://127.0.0.1:{listening.sockets[0].getsockname()[1]}/0"
    finally:
        listening.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


@pytest.fixture
async def url(server: EmbeddedServer, tmp_path: Path) -> AsyncIterator[str]:
    async with behind_tls(server, tmp_path) as url:
        yield url


@pytest.mark.parametrize("command", ["worker", "healthcheck"])
async def test_such_a_certificate_is_refused_with_one_line_that_names_the_setting(command: str, url: str, world: World) -> None:
    ended = await world.place.run(command, **world.environment(REDIS_URL=url))
    assert (ended.status, len(ended.told.splitlines())) == (2, 1), ended.told
    assert "REDIS_TLS_VERIFY=false" in ended.told
    assert "self-signed" in ended.told


async def test_it_is_taken_where_the_operator_says_so(url: str, world: World) -> None:
    told = {"REDIS_URL": url, "REDIS_TLS_VERIFY": "false"}
    worker = await world.begin("worker", **told)
    await until(lambda: has_roles(world, ["worker"]))
    checked = await world.place.run("healthcheck", **world.environment(**told))
    assert (checked.status, checked.said.split()[:3]) == (0, ["worker", "is", "alive,"])
    assert await worker.stop(signal.SIGTERM) == 0
    assert await world.roles() == []


async def has_roles(world: World, roles: list[str]) -> bool:
    return await world.roles() == roles
