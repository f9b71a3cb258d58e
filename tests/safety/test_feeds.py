"""Sources that mean harm: bombs, streams without end, drips, documents as deep as the sea. Counted in bytes and steps, never in seconds."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.errors import SourceBusy, SourceGarbled
from bot.query import parse
from bot.sources.arxiv_api import ArxivPapers
from bot.sources.arxiv_feed import ArxivFeed
from bot.sources.http import BODY_LIMIT, Web
from bot.sources.huggingface import HuggingFaceDaily
from bot.sources.manners import Kind, Manners
from tests.fakes import FakeCache, FakeGate
from tests.sources.pages import feed, item
from tests.sources.web_server import Reply, WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.clock import Clock

MEGABYTE = 2**20
MANNERS = Manners(door="service.example", gap=timedelta(0), wait=timedelta(seconds=1), tries=1)
ENTITIES = {
    "a bomb of entities": b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]><rss><channel>&c;</channel></rss>',
    "a long entity": b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 100_000 + b'">]><rss><channel>' + b"&a;" * 100 + b"</channel></rss>",
    "a file of ours": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel><title>&a;</title></channel></rss>',
    "an address inside": b'<!DOCTYPE x [<!ENTITY a SYSTEM "http://127.0.0.1:6379/">]><rss><channel><title>&a;</title></channel></rss>',
    "a parameter": b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1/x.dtd"> %a;]><rss><channel/></rss>',
}


@pytest.fixture
async def server() -> AsyncIterator[WebServer]:
    async with WebServer() as server:
        yield server


@pytest.fixture
async def web(clock: Clock) -> AsyncIterator[Web]:
    async with Web(FakeGate(clock), agent="x", clock=clock, pause=clock.pause, jitter=lambda: 0.0) as web:
        yield web


def bomb(megabytes: int) -> bytes:
    """So many megabytes of blanks, packed to a thousandth."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b" " * MEGABYTE) for _ in range(megabytes)) + packer.flush()


async def test_two_hundred_megabytes_of_gzip_are_not_unpacked(web: Web, server: WebServer) -> None:
    packed = bomb(200)
    assert len(packed) < MEGABYTE
    server.says("/list", Reply(body=packed, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        with pytest.raises(SourceGarbled, match="more than"):
            await web.get(f"{server.url}/list", MANNERS, kind=Kind.JSON)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * BODY_LIMIT


async def test_gzip_in_gzip_is_unpacked_once(web: Web, server: WebServer) -> None:
    server.says("/list", Reply(body=gzip.compress(bomb(20)), headers={"Content-Encoding": "gzip"}))
    answer = await web.get(f"{server.url}/list", MANNERS, kind=Kind.JSON)
    assert len(answer.body) < MEGABYTE


PACKED = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\x00\x00\x01\xfe\xff " * 9_000
"""The beginning of a packed body, stored in blocks of one sign of which none is the last: more of it can always follow."""
ENDLESS = (
    pytest.param(Reply(body=b"[1]," * 10_000, endless=True), id="as it is"),
    pytest.param(Reply(body=bomb(1), endless=True, headers={"Content-Encoding": "gzip"}), id="packed again and again"),
    pytest.param(Reply(body=PACKED, endless=True, headers={"Content-Encoding": "gzip"}), id="packed without end"),
)


@pytest.mark.parametrize("reply", ENDLESS)
async def test_a_stream_without_end_is_left(reply: Reply, web: Web, server: WebServer) -> None:
    server.says("/list", reply)
    with pytest.raises(SourceGarbled):  # and not that it did not end in time
        await web.get(f"{server.url}/list", MANNERS, kind=Kind.JSON)
    assert len(server.requests) == 1


async def test_a_drip_is_given_so_long_and_no_longer(clock: Clock, server: WebServer) -> None:
    server.says("/list", Reply(body=b"[1,", stuck=True))
    async with Web(FakeGate(clock), agent="x", clock=clock, pause=clock.pause, total=timedelta(milliseconds=30)) as web:
        with pytest.raises(SourceBusy, match="in time"):
            await web.get(f"{server.url}/list", MANNERS, kind=Kind.JSON)


@pytest.mark.parametrize("body", ENTITIES.values(), ids=ENTITIES)
async def test_no_entity_is_ever_resolved(body: bytes, web: Web, server: WebServer, clock: Clock) -> None:
    for path in ("/rss/cs.CL", "/api/query"):
        server.says(path, Reply(body=b"<?xml version='1.0'?>" + body))
    with pytest.raises(SourceGarbled, match=r"entity declarations|cannot be read"):
        await ArxivFeed(web, "cs.CL", url=server.url).fetch(b"", clock())
    with pytest.raises(SourceGarbled, match=r"entity declarations|cannot be read"):
        await ArxivPapers(web, FakeCache(clock), url=server.url).search(parse("x"), limit=1)


@pytest.mark.parametrize("depth", [1_000, 100_000])
async def test_a_document_as_deep_as_the_sea_is_garbled_or_empty(depth: int, web: Web, server: WebServer, clock: Clock) -> None:
    server.says("/rss/cs.CL", Reply(body=b"<?xml version='1.0'?><rss><channel>" + b"<a>" * depth + b"</a>" * depth + b"</channel></rss>"))
    server.says("/api/daily_papers", Reply(body=b"[" * depth + b"]" * depth))
    with suppress(SourceGarbled):
        assert not (await ArxivFeed(web, "cs.CL", url=server.url).fetch(b"", clock())).papers
    with suppress(SourceGarbled):
        assert not (await HuggingFaceDaily(web, url=server.url).fetch(b"", clock())).papers


async def test_texts_without_end_are_kept_short(web: Web, server: WebServer, clock: Clock) -> None:
    long = "a" * 50_000
    body = feed(item("2511.00001", title=long, creators=", ".join(f"{long[:500]}{n}" for n in range(50))), description=long)
    server.says("/rss/cs.CL", Reply(body=body))
    [paper] = (await ArxivFeed(web, "cs.CL", url=server.url).fetch(b"", clock())).papers
    assert len(paper.title) <= 500
    assert max(map(len, paper.authors)) <= 500
