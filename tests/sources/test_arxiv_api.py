"""arXiv's query API, to look papers up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.errors import SourceBusy, SourceGarbled, SourceRefused
from bot.paper import PaperId
from bot.query import parse
from bot.sources.arxiv_api import ArxivPapers
from tests.sources.pages import api_error, ids, result, results
from tests.sources.web_server import Reply, WebServer

if TYPE_CHECKING:
    from bot.sources.http import Web
    from tests.clock import Clock
    from tests.fakes import FakeCache, FakeGate

PATH = "/api/query"
ID = PaperId("2511.00001")


@pytest.fixture
def papers(web: Web, server: WebServer, cache: FakeCache) -> ArxivPapers:
    return ArxivPapers(web, cache, url=server.url)


async def test_a_paper_with_all_that_arxiv_tells(papers: ArxivPapers, server: WebServer) -> None:
    published = "<arxiv:journal_ref>J. Engines 1</arxiv:journal_ref><arxiv:doi>10.1000/ABC 10.1000/DEF</arxiv:doi>"
    more = f"<arxiv:comment>12 pages</arxiv:comment>{published}"
    server.says(PATH, Reply(body=results(result("2511.00001", version=3, more=more))))
    paper = await papers.paper(ID)
    assert paper is not None
    assert (paper.id, paper.version, paper.title, paper.abstract) == (ID, 3, "Paper 2511.00001", "A curriculum for engines.")
    assert (paper.authors, paper.categories) == (("Ada Lovelace", "Grace Hopper"), ("cs.CL", "cs.LG"))
    assert (paper.comment, paper.journal, paper.doi) == ("12 pages", "J. Engines 1", "10.1000/abc")
    assert (paper.published, paper.sources) == (datetime(2025, 11, 19, 10, tzinfo=UTC), ("arxiv",))
    assert server.requests[0].query == {"id_list": "2511.00001", "max_results": "1"}
    assert papers.name == "arXiv"


async def test_a_withdrawn_paper_says_so(papers: ArxivPapers, server: WebServer) -> None:
    server.says(PATH, Reply(body=results(result("2511.00001", more="<arxiv:comment>This paper has been Withdrawn</arxiv:comment>"))))
    paper = await papers.paper(ID)
    assert paper is not None
    assert paper.is_withdrawn


async def test_a_title_of_nought_is_a_title(papers: ArxivPapers, server: WebServer) -> None:
    server.says(PATH, Reply(body=results(result("2511.00001", title="0"))))
    paper = await papers.paper(ID)
    assert paper is not None
    assert paper.title == "0"


async def test_an_old_id_keeps_its_slash(papers: ArxivPapers, server: WebServer) -> None:
    server.says(PATH, Reply(body=results(result("hep-th/9901001"))))
    assert await papers.paper(PaperId("hep-th/9901001")) is not None
    assert server.requests[0].query["id_list"] == "hep-th/9901001"


async def test_answers_are_matched_by_id_not_by_place(papers: ArxivPapers, server: WebServer) -> None:
    server.says(PATH, Reply(body=results(result("2511.00009"))))
    assert await papers.paper(ID) is None


async def test_an_unknown_paper_is_none_and_asked_for_again_after_an_hour(papers: ArxivPapers, server: WebServer, clock: Clock) -> None:
    server.says(PATH, Reply(body=results()), Reply(body=results(result("2511.00001"))))
    assert await papers.paper(ID) is None
    assert await papers.paper(ID) is None
    assert len(server.requests) == 1
    clock.advance(timedelta(hours=1))
    assert await papers.paper(ID) is not None


async def test_an_answer_is_kept_for_a_day(papers: ArxivPapers, server: WebServer, clock: Clock) -> None:
    server.says(PATH, Reply(body=results(result("2511.00001"))))
    assert await papers.paper(ID) == await papers.paper(ID)
    assert len(server.requests) == 1
    clock.advance(timedelta(days=1))
    await papers.paper(ID)
    assert len(server.requests) == 2


@pytest.mark.parametrize("id", ["10.1000/xyz", "title-0123456789abcdef", "abc"])
async def test_a_malformed_id_is_not_asked_for(papers: ArxivPapers, server: WebServer, id: str) -> None:
    assert await papers.paper(PaperId(id)) is None
    assert server.requests == []


@pytest.mark.parametrize("status", [400, 200])
async def test_an_error_entry_is_a_refusal_whatever_its_status(papers: ArxivPapers, server: WebServer, status: int) -> None:
    server.says(PATH, Reply(status=status, body=api_error("incorrect id format")))
    with pytest.raises(SourceRefused, match="incorrect id format"):
        await papers.paper(ID)
    assert len(server.requests) == 1


async def test_a_refusal_without_a_feed_is_one_too(papers: ArxivPapers, server: WebServer) -> None:
    server.says(PATH, Reply(status=400, body=b"Bad Request"))
    with pytest.raises(SourceRefused, match="400"):
        await papers.paper(ID)


@pytest.mark.parametrize("body", [b"<html>", b"Rate exceeded.", results()[:-20], b"<?xml version='1.0'?><rss/>"])
async def test_what_is_no_feed_is_garbled_and_not_kept(papers: ArxivPapers, server: WebServer, body: bytes) -> None:
    server.says(PATH, Reply(body=body), Reply(body=results(result("2511.00001"))))
    with pytest.raises(SourceGarbled):
        await papers.paper(ID)
    assert await papers.paper(ID) is not None


async def test_somebody_waiting_does_not_wait_for_an_overloaded_arxiv(papers: ArxivPapers, server: WebServer, gate: FakeGate) -> None:
    server.says(PATH, Reply(status=429, body=b"Rate exceeded."))
    with pytest.raises(SourceBusy):
        await papers.paper(ID)
    assert len(server.requests) == 1
    assert "arxiv.org" not in gate.closed, "the feeds are on another machine and stay open"


async def test_entries_that_cannot_be_read_are_left_out_and_logged(papers: ArxivPapers, server: WebServer) -> None:
    server.says(PATH, Reply(body=results("<entry/>", result("2511.00001", title=" "), result("2511.00002"))))
    with capture_logs() as logs:
        assert ids(await papers.search(parse("engine"), limit=5)) == ["2511.00002"]
    assert [(line["event"], line["count"]) for line in logs] == [("entries_refused", 2)]


async def test_search_asks_in_arxivs_words_and_keeps_its_order(papers: ArxivPapers, server: WebServer) -> None:
    server.says(PATH, Reply(body=results(result("2511.00002"), result("2511.00001"), result("2511.00003"), total=900)))
    assert ids(await papers.search(parse("title:engine cat:cs.CL"), limit=2)) == ["2511.00002", "2511.00001"]
    assert server.requests[0].query["search_query"] == "ti:engine AND cat:cs.CL"
    assert server.requests[0].query["max_results"] == "2"


async def test_the_same_search_is_asked_once_a_day(papers: ArxivPapers, server: WebServer) -> None:
    server.says(PATH, Reply(body=results(result("2511.00002"))))
    for query in ("engine Curriculum", "curriculum engine"):
        assert ids(await papers.search(parse(query), limit=5)) == ["2511.00002"]
    assert len(server.requests) == 1


async def test_a_query_that_arxiv_cannot_be_told_is_not_asked(papers: ArxivPapers, server: WebServer) -> None:
    assert await papers.search(parse("upvotes>5"), limit=5) == ()
    assert server.requests == []


async def test_a_query_for_an_id_is_asked_by_id(papers: ArxivPapers, server: WebServer) -> None:
    server.says(PATH, Reply(body=results(result("2511.00001"))))
    assert ids(await papers.search(parse("id:2511.00001 engine"), limit=5)) == ["2511.00001"]
    assert server.requests[0].query["id_list"] == "2511.00001"
    assert "search_query" in server.requests[0].query


async def test_long_searches_are_read_in_pages(papers: ArxivPapers, server: WebServer) -> None:
    pages = [
        results(*(result(f"2511.{n:05}") for n in range(start, start + size)), total=230)
        for start, size in ((1, 100), (100, 100), (200, 30))
    ]
    server.says(PATH, *(Reply(body=page) for page in pages))
    found = await papers.search(parse("engine"), limit=500)
    assert len(found) == len({paper.id for paper in found}) == 229
    assert [(r.query["start"], r.query["max_results"]) for r in server.requests] == [("0", "100"), ("100", "100"), ("200", "100")]


async def test_an_empty_later_page_is_asked_for_up_to_three_times_more(papers: ArxivPapers, server: WebServer) -> None:
    first, second = results(*(result(f"2511.{n:05}") for n in range(1, 101)), total=150), results(result("2511.00101"), total=150)
    server.says(PATH, Reply(body=first), *[Reply(body=results(total=150))] * 3, Reply(body=second))
    assert len(await papers.search(parse("engine"), limit=150)) == 101
    assert len(server.requests) == 5


async def test_a_page_that_stays_empty_ends_the_search(papers: ArxivPapers, server: WebServer) -> None:
    first = results(*(result(f"2511.{n:05}") for n in range(1, 101)), total=150)
    server.says(PATH, Reply(body=first), Reply(body=results(total=150)))
    assert len(await papers.search(parse("engine"), limit=150)) == 100
    assert len(server.requests) == 5


async def test_a_first_page_that_stays_empty_is_no_proof_of_nothing(papers: ArxivPapers, server: WebServer) -> None:
    server.says(PATH, Reply(body=results(total=7)))
    with pytest.raises(SourceGarbled, match="counts 7"):
        await papers.search(parse("engine"), limit=5)


async def test_a_count_that_is_no_number_is_not_trusted(papers: ArxivPapers, server: WebServer) -> None:
    server.says(
        PATH, Reply(body=results(result("2511.00001")).replace(b">1</opensearch:totalResults>", b">many</opensearch:totalResults>"))
    )
    assert ids(await papers.search(parse("engine"), limit=5)) == ["2511.00001"]


@pytest.mark.parametrize("base", ["/", PATH, f"{PATH}/"])
async def test_the_base_address_may_name_the_endpoint(web: Web, server: WebServer, cache: FakeCache, base: str) -> None:
    server.says(PATH, Reply(body=results(result("2511.00001"))))
    assert await ArxivPapers(web, cache, url=server.url + base).paper(ID) is not None
