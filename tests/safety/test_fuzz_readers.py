"""What sources answer, wounded in every way: it is read, or it is called garbled; and what is read can be kept."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import SourceTrouble
from bot.query import parse
from bot.sources.arxiv_api import ArxivPapers
from bot.sources.arxiv_feed import ArxivFeed
from bot.sources.http import Web, _named_wait
from bot.sources.huggingface import HuggingFaceDaily
from bot.sources.huggingface_entry import read_detail, read_list
from bot.sources.manners import Answer, Validators
from bot.store.codec import pack_paper, unpack_paper
from tests.clock import Clock
from tests.fakes import FakeCache, FakeGate
from tests.safety.fuzzing import effort, garbled, mutated, texts, within
from tests.sources.pages import entry, feed, item, listing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.paper import Paper

ROW = entry(
    "2511.00001",
    projectPage="https://example.org",
    githubRepo="https://github.com/example/x",
    githubStars=3,
    ai_summary="A summary.",
    ai_keywords=["engines"],
    numTotalModels=2,
    organization={"name": "x", "fullname": "X"},
)
XML = (
    *(
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
        b"&a;",
        b"<![CDATA[",
        b"]]>",
        b"<item>",
        b"</item>",
        b"</channel>",
        b"<?xml version='1.0' encoding='utf-16'?>",
    ),
    *(
        b"&#0;",
        b"&#x10ffff;",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"xmlns:dc='x'",
        b"<!--",
        b"9" * 5_000,
        b"<guid>",
        b"oai:arXiv.org:2511.00001v2",
    ),
    *(
        b"Fri, 31 Feb 0000 99:99:99 +9999",
        b"0001-01-01T00:00:00+23:59",
        b"9999-12-31T23:59:59-23:59",
        b"<a>" * 300,
        b"\xed\xa0\x80",
        b"\x00",
    ),
)
ATOM = b"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <opensearch:totalResults>1</opensearch:totalResults>
  <entry>
    <id>http://arxiv.org/abs/2511.00001v2</id><title>Engines</title><updated>2025-11-21T00:00:00Z</updated>
    <summary>On engines.</summary><category term="cs.CL"/><published>2025-11-20T00:00:00Z</published>
    <arxiv:comment>9 pages</arxiv:comment><arxiv:primary_category term="cs.CL"/><author><name>Ada Lovelace</name></author>
  </entry>
</feed>"""


class Says(Web):
    """Whatever is asked, this is the answer."""

    def __init__(self, body: bytes) -> None:
        clock = Clock()
        # One that opens no connection, and so has nothing to close.
        super().__init__(FakeGate(clock), agent="x", clock=clock, transport=httpx.MockTransport(lambda _: httpx.Response(200)))
        self._said = body

    async def get(self, *_: Any, **__: Any) -> Answer:
        return Answer(status=200, body=self._said, validators=Validators(), more=False)


def kept(papers: Iterable[Paper]) -> None:
    """All of them can be stored, and come back as they were."""
    for paper in papers:
        assert unpack_paper(pack_paper(paper), key="k") == paper


@effort(150)
@given(body=st.lists(mutated(ROW), max_size=3).map(lambda rows: json.dumps(rows).encode()) | garbled(listing(ROW, ROW)))
@example(body=listing(entry("2511.00001", submittedOnDailyAt="0001-01-01T01:00:00Z")))
@example(body=listing(entry("2511.00001", votes=10**30)))
@example(body=listing(entry("2511.00001", githubStars=-(2**70), numTotalModels=2**64)))
@example(body=b"[" * 100_000)
@example(body=b'[{"paper":' * 2_000)
def test_a_list_of_hugging_face_is_read_or_garbled(body: bytes) -> None:
    def work() -> None:
        try:
            papers, _ = read_list(body)
        except SourceTrouble:
            return
        kept(papers)

    within(len(body), work)


@effort(100)
@given(body=mutated(ROW["paper"]).map(lambda page: json.dumps(page).encode()) | garbled(json.dumps(ROW["paper"]).encode()))
def test_a_page_of_hugging_face_is_read_or_garbled(body: bytes) -> None:
    def work() -> None:
        try:
            paper = read_detail(body)
        except SourceTrouble:
            return
        kept([paper])

    within(len(body), work)


@effort(100)
@given(
    body=garbled(feed(item("2511.00001"), item("2511.00002", kind="replace", version=2)), XML),
    mark=garbled(b'{"etag":"x","day":"2025-11-21"}'),
)
async def test_a_feed_of_arxiv_is_read_or_garbled(body: bytes, mark: bytes) -> None:
    source = ArxivFeed(Says(body), "cs.CL", replacements=True)
    try:
        harvest = await source.fetch(mark, Clock()())
    except SourceTrouble:
        return
    kept(harvest.papers)
    # What is remembered of this reading does not spoil the next.
    await source.fetch(harvest.mark, Clock()())


@effort(100)
@given(body=garbled(ATOM, XML))
@example(body=ATOM.replace(b">1<", b">" + b"9" * 5_000 + b"<"))
async def test_an_answer_of_arxiv_is_read_or_garbled(body: bytes) -> None:
    source = ArxivPapers(Says(body), FakeCache(Clock()))
    try:
        papers = await source.search(parse("engines"), limit=5)
    except SourceTrouble:
        return
    kept(papers)


@effort(60)
@given(mark=garbled(b'{"read":{"2025-11-21":"2025-11-21"},"etag":"x"}') | st.binary(max_size=30))
async def test_a_mark_that_cannot_be_read_is_a_first_reading(mark: bytes) -> None:
    harvest = await HuggingFaceDaily(Says(listing(ROW))).fetch(mark, Clock()())
    assert [paper.id for paper in harvest.papers] == ["2511.00001"] * bool(harvest.papers)


@effort(100)
@given(retry=texts, limit=texts)
def test_however_long_a_server_tells_us_to_wait_it_is_a_time_or_none(retry: str, limit: str) -> None:
    def sendable(text: str) -> bytes:
        return text.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"")

    headers = httpx.Headers([(b"Retry-After", sendable(retry)), (b"RateLimit", b'"api";r=0;t=' + sendable(limit))])
    wait = _named_wait(headers, Clock()())
    assert wait is None or timedelta(0) <= wait <= timedelta(days=2)
