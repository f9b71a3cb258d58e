"""The proxy before the store, each of its troubles alone."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from bot.errors import StoreAway
from bot.store.connection import Connection
from bot.store.embedded import EmbeddedServer
from tests.soak.proxy import Proxy, Troubles

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CALM = Troubles(reply_lost=0, reply_cut=0, request_lost=0, delayed=0, stalled=0)


@pytest.fixture
async def proxy(tmp_path: Path) -> AsyncIterator[Proxy]:
    server = await EmbeddedServer.start(tmp_path)
    try:
        async with Proxy(Path(unquote(server.url.removeprefix("unix://"))), random.Random(0)) as proxy:
            yield proxy
    finally:
        await server.close()


@pytest.fixture
async def through(proxy: Proxy) -> AsyncIterator[Connection]:
    connection = await Connection.open(proxy.url)
    yield connection
    await connection.close()


def only(**likely: float) -> Troubles:
    return replace(CALM, **likely)  # type: ignore[arg-type]  # all but one of its fields are likelihoods


async def test_everything_passes_in_fair_weather_however_large(through: Connection) -> None:
    large = bytes(range(256)) * 20_000
    await through.call("SET", "pb:x", large)
    assert await through.read("GET", "pb:x") == large


async def test_what_is_on_its_way_for_a_while_arrives_in_order(proxy: Proxy, through: Connection) -> None:
    proxy.troubles = replace(CALM, latency_s=(0.001, 0.008))
    commands = [("APPEND", "pb:x", f"{number:07}" * 20) for number in range(5_000)]
    await through.read_all(commands)
    assert await through.read("GET", "pb:x") == "".join(said for _, _, said in commands).encode()


@pytest.mark.parametrize(("likely", "done"), [("reply_lost", 1), ("reply_cut", 1), ("request_lost", 0)])
async def test_a_broken_connection_leaves_the_asker_in_doubt(proxy: Proxy, through: Connection, likely: str, done: int) -> None:
    proxy.troubles = only(**{likely: 1.0})
    with pytest.raises(StoreAway):
        await through.call("INCR", "pb:x")
    proxy.troubles = None
    # What was forwarded is carried out, whether or not the asker has gone since.
    async with asyncio.timeout(10):
        while int(await through.read("GET", "pb:x") or 0) < done:
            await asyncio.sleep(0.01)
    assert int(await through.read("GET", "pb:x") or 0) == done


async def test_a_delayed_request_is_answered_all_the_same(proxy: Proxy, through: Connection) -> None:
    proxy.troubles = only(delayed=1.0)
    assert await through.call("INCR", "pb:x") == 1
    assert proxy.counts["delayed by up to 0.5 s"] == 1


async def test_while_it_is_away_nobody_gets_through(proxy: Proxy, through: Connection) -> None:
    with proxy.away(), pytest.raises(StoreAway):
        await through.call("INCR", "pb:x")
    assert await through.call("INCR", "pb:x") == 1
