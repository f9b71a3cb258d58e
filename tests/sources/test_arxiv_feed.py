"""arXiv's daily announcement as a source."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.errors import SourceBlocked, SourceBusy, SourceGarbled, SourceRefused
from bot.sources.arxiv_feed import ArxivFeed
from tests.sources.pages import feed, ids, item
from tests.sources.web_server import Reply, WebServer

if TYPE_CHECKING:
    from bot.paper import Paper
    from bot.sources.http import Web
    from tests.clock import Clock
    from tests.fakes import FakeGate

PATH = "/rss/cs.CL"
NOW = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)
XML = {"Content-Type": "application/rss+xml"}


@pytest.fixture
def source(web: Web, server: WebServer) -> ArxivFeed:
    return ArxivFeed(web, "cs.CL", url=server.url)


async def only(source: ArxivFeed, server: WebServer, *items: str) -> Paper:
    server.says(PATH, Reply(body=feed(*items), headers=XML))
    (paper,) = (await source.fetch(b"", NOW)).papers
    return paper


async def test_an_announced_paper_with_all_that_the_feed_tells(source: ArxivFeed, server: WebServer) -> None:
    more = "<arxiv:DOI>10.1000/ABC</arxiv:DOI><arxiv:journal_reference>J.  Engines 1</arxiv:journal_reference>"
    paper = await only(
        source, server, item("2511.00001", title="On  Engines\n & $\\beta$", creators="Ada Lovelace, Grace Hopper", more=more)
    )
    assert (paper.id, paper.title, paper.abstract) == ("2511.00001", "On Engines & $\\beta$", "Engines < people. On & on.")
    assert (paper.authors, paper.categories) == (("Ada Lovelace", "Grace Hopper"), ("cs.CL", "cs.LG"))
    assert (paper.doi, paper.journal, paper.version, paper.sources) == ("10.1000/abc", "J. Engines 1", 1, ("arxiv",))
    assert paper.published == datetime(2025, 11, 21, 5, tzinfo=UTC)
    assert source.name == "arxiv:cs.CL"


@pytest.mark.parametrize("base", ["", "/", "/rss", "/rss/"])
async def test_the_base_address_may_name_the_folder(web: Web, server: WebServer, base: str) -> None:
    server.says(PATH, Reply(body=feed()))
    await ArxivFeed(web, "cs.CL", url=server.url + base).fetch(b"", NOW)
    assert server.requests[0].path == PATH


async def test_new_papers_and_cross_lists_are_news_replacements_are_not(source: ArxivFeed, server: WebServer) -> None:
    items = [
        item("2511.00001"),
        item("2511.00002", kind="cross"),
        item("2510.00003", kind="replace", version=2),
        item("2510.00004", kind="replace-cross", version=3),
    ]
    server.says(PATH, Reply(body=feed(*items)))
    harvest = await source.fetch(b"", NOW)
    assert ids(harvest.papers) == ["2511.00001", "2511.00002"]
    assert harvest.papers[1].published is None


async def test_replacements_come_when_they_are_wanted_with_their_version(web: Web, server: WebServer) -> None:
    server.says(PATH, Reply(body=feed(item("2511.00001"), item("2510.00003", kind="replace", version=2))))
    papers = (await ArxivFeed(web, "cs.CL", url=server.url, replacements=True).fetch(b"", NOW)).papers
    assert [(p.id, p.version, p.is_update, p.published is None) for p in papers] == [
        ("2511.00001", 1, False, False),
        ("2510.00003", 2, True, True),
    ]


async def test_the_type_is_told_by_the_description_when_its_own_field_is_missing(source: ArxivFeed, server: WebServer) -> None:
    nameless = [
        re.sub("<arxiv:announce_type>.*</arxiv:announce_type>", "", text) for text in (item("2511.00001"), item("2510.1", kind="replace"))
    ]
    assert (await only(source, server, *nameless)).id == "2511.00001"


async def test_without_any_type_the_version_decides(source: ArxivFeed, server: WebServer) -> None:
    def bare(text: str) -> str:
        text = re.sub("<arxiv:announce_type>.*</arxiv:announce_type>", "", text)
        return re.sub("(?s)<description>.*?</description>", "<description>Just text. Abstract: no.</description>", text)

    paper = await only(source, server, bare(item("2511.00001")), bare(item("2510.00002", version=2)))
    assert (paper.id, paper.abstract) == ("2511.00001", "Just text. Abstract: no.")


async def test_the_link_names_the_paper_when_the_guid_does_not(source: ArxivFeed, server: WebServer) -> None:
    paper = await only(source, server, item("2511.00001").replace("oai:arXiv.org:", "urn:uuid:"))
    assert (paper.id, paper.version) == ("2511.00001", 1)


async def test_an_old_id_is_understood(source: ArxivFeed, server: WebServer) -> None:
    assert (await only(source, server, item("hep-th/9901001", version=3))).id == "hep-th/9901001"


async def test_a_title_of_nought_is_a_title(source: ArxivFeed, server: WebServer) -> None:
    assert (await only(source, server, item("2511.00001", title="0"))).title == "0"


async def test_items_without_id_or_title_are_counted_and_logged_once(source: ArxivFeed, server: WebServer) -> None:
    items = [item("2511.00001"), item("nonsense"), item("2511.00002", title=" "), "<item/>"]
    server.says(PATH, Reply(body=feed(*items)))
    with capture_logs() as logs:
        harvest = await source.fetch(b"", NOW)
    assert (ids(harvest.papers), harvest.refused) == (["2511.00001"], 3)
    assert [(line["event"], line["count"]) for line in logs] == [("entries_refused", 3)]


async def test_a_paper_listed_twice_comes_once(source: ArxivFeed, server: WebServer) -> None:
    assert (await only(source, server, item("2511.00001"), item("2511.00001", version=2))).version == 1


async def test_573_authors_are_all_there(source: ArxivFeed, server: WebServer) -> None:
    paper = await only(source, server, item("2511.00001", creators=", ".join(f"Author {n}" for n in range(573))))
    assert len(paper.authors) == 573


async def test_two_thousand_items_are_read(source: ArxivFeed, server: WebServer) -> None:
    server.says(PATH, Reply(body=feed(*(item(f"2511.{n:05}", more=" " * 2_500) for n in range(1, 2_101)))))
    harvest = await source.fetch(b"", NOW)
    assert len(harvest.papers) == 2_000


@pytest.mark.parametrize(
    ("now", "note"),
    [
        (datetime(2025, 11, 22, 15, tzinfo=UTC), "arXiv announces nothing until Monday"),
        (datetime(2025, 11, 23, 15, tzinfo=UTC), "arXiv announces nothing until Monday"),
        (datetime(2025, 11, 24, 2, tzinfo=UTC), "arXiv announces nothing until Monday"),
        (datetime(2025, 11, 27, 15, tzinfo=UTC), "nothing announced: a holiday at arXiv, or not yet"),
    ],
)
async def test_an_empty_feed_is_no_failure(source: ArxivFeed, server: WebServer, now: datetime, note: str) -> None:
    server.says(PATH, Reply(body=feed()))
    harvest = await source.fetch(b"", now)
    assert (harvest.papers, harvest.refused, harvest.note) == ((), 0, note)


async def test_an_unchanged_feed_costs_no_reading(source: ArxivFeed, server: WebServer) -> None:
    server.says(PATH, Reply(body=feed(item("2511.00001")), headers={"ETag": "0a1b2c", "Last-Modified": "yesterday"}), Reply(status=304))
    mark = (await source.fetch(b"", NOW)).mark
    harvest = await source.fetch(mark, NOW)
    assert (harvest.papers, harvest.mark, harvest.note) == ((), mark, "unchanged since the last reading")
    assert server.requests[1].headers["if-none-match"] == "0a1b2c"
    assert server.requests[1].headers["if-modified-since"] == "yesterday"


async def test_a_feed_that_ignores_validators_is_read_again(source: ArxivFeed, server: WebServer) -> None:
    server.says(PATH, Reply(body=feed(item("2511.00001")), headers={"ETag": "0a1b2c"}))
    mark = (await source.fetch(b"", NOW)).mark
    assert ids((await source.fetch(mark, NOW)).papers) == ["2511.00001"]


async def test_yesterdays_announcement_under_todays_date_is_noticed(source: ArxivFeed, server: WebServer) -> None:
    friday = feed(item("2511.00001"), item("2511.00002"))
    monday = feed(item("2511.00002"), item("2511.00001"), built="Mon, 24 Nov 2025 05:00:00 +0000")
    server.says(PATH, Reply(body=friday), Reply(body=feed(built="Sat, 22 Nov 2025 05:00:00 +0000")), Reply(body=monday))
    mark, notes = b"", []
    for _ in range(3):
        harvest = await source.fetch(mark, NOW)
        mark = harvest.mark
        notes.append(harvest.note)
    assert notes[0] == ""
    assert "2025-11-24 still shows the announcement before" in notes[2]


async def test_the_same_feed_on_the_same_day_is_not_stale(source: ArxivFeed, server: WebServer) -> None:
    server.says(PATH, Reply(body=feed(item("2511.00001"))))
    mark = (await source.fetch(b"", NOW)).mark
    assert (await source.fetch(mark, NOW)).note == ""


@pytest.mark.parametrize("mark", [b"\xff", b"[]", b"3", b'{"etag": 1}'])
async def test_a_watermark_that_cannot_be_read_counts_as_none(source: ArxivFeed, server: WebServer, mark: bytes) -> None:
    server.says(PATH, Reply(body=feed(item("2511.00001"))))
    assert ids((await source.fetch(mark, NOW)).papers) == ["2511.00001"]


@pytest.mark.parametrize("status", [400, 200])
async def test_an_unknown_category_is_named_to_the_operator(source: ArxivFeed, server: WebServer, status: int) -> None:
    body = feed(title="Feed error for query: cs.ZZ", description="Invalid archive")
    server.says(PATH, Reply(status=status, body=body))
    with pytest.raises(SourceRefused, match=r"cs\.CL.*Invalid archive"):
        await source.fetch(b"", NOW)
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html>Bad Request</html>", b"{}"])
async def test_a_refusal_without_a_reason_is_still_one(source: ArxivFeed, server: WebServer, body: bytes) -> None:
    server.says(PATH, Reply(status=400, body=body))
    with pytest.raises(SourceRefused, match=r"cs\.CL"):
        await source.fetch(b"", NOW)


async def test_a_feed_without_a_channel_is_refused(source: ArxivFeed, server: WebServer) -> None:
    server.says(PATH, Reply(body=b'<rss version="2.0"/>'))
    with pytest.raises(SourceRefused, match="no reason given"):
        await source.fetch(b"", NOW)


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    b"<rss><channel><title>&b;</title></channel></rss>"
)
THIEF = b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title></channel></rss>'


@pytest.mark.parametrize(
    "body",
    [
        feed(item("2511.00001"))[:700],
        b"<rss><channel>",
        b'<?xml version="1.0"?><html><body/></html>',
        b"<html>challenge</html>",
        b'{"not": "xml"}',
        b'<?xml version="1.0" encoding="klingon"?><rss/>',
        feed(item("2511.00001", title="caf\xe9")).decode().encode("latin-1"),
        BOMB,
        THIEF,
        b"<rss>\x00</rss>",
    ],
    ids=["cut short", "unclosed", "XHTML", "a page", "JSON", "unknown encoding", "wrong charset", "entity bomb", "outside entity", "NUL"],
)
async def test_a_broken_document_means_failure_not_silence(source: ArxivFeed, server: WebServer, body: bytes) -> None:
    server.says(PATH, Reply(body=body))
    with pytest.raises(SourceGarbled):
        await source.fetch(b"", NOW)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
async def test_the_document_says_how_it_is_encoded_not_the_header(source: ArxivFeed, server: WebServer, encoding: str) -> None:
    text = feed(item("2511.00001", title="Café")).decode()
    declared = text.replace("encoding='UTF-8'", f"encoding='{encoding.removesuffix('-sig')}'")
    server.says(PATH, Reply(body=declared.encode(encoding), headers={"Content-Type": "text/xml; charset=koi8-r"}))
    assert (await source.fetch(b"", NOW)).papers[0].title == "Café"


async def test_feeds_and_query_api_keep_one_gap_of_three_seconds(source: ArxivFeed, server: WebServer, gate: FakeGate) -> None:
    server.says(PATH, Reply(body=feed()))
    await source.fetch(b"", NOW)
    assert gate.gaps["arxiv.org"] == timedelta(seconds=3)


async def test_arxiv_is_left_alone_for_a_day_after_a_403(source: ArxivFeed, server: WebServer, gate: FakeGate, clock: Clock) -> None:
    server.says(PATH, Reply(status=403))
    with pytest.raises(SourceBlocked):
        await source.fetch(b"", NOW)
    assert gate.closed["arxiv.org"][0] == clock() + timedelta(hours=24)


async def test_an_overloaded_arxiv_is_given_long_waits(source: ArxivFeed, server: WebServer, pauses: list[float]) -> None:
    server.says(PATH, Reply(status=429, body=b"Rate exceeded."))
    with pytest.raises(SourceBusy):
        await source.fetch(b"", NOW)
    assert pauses == [30, 60]
