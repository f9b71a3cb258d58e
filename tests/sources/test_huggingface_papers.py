"""Hugging Face's paper pages, search and charts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.errors import SourceBusy, SourceGarbled
from bot.paper import PaperId
from bot.ports import Span
from bot.query import parse
from bot.sources.huggingface_papers import HuggingFacePapers
from tests.sources.pages import entry, ids, listing
from tests.sources.web_server import Reply, WebServer

if TYPE_CHECKING:
    from bot.sources.http import Web
    from tests.clock import Clock
    from tests.fakes import FakeCache

LIST = "/api/daily_papers"
SEARCH = "/api/papers/search"
DETAIL = b'{"id": "2511.00001", "title": "A Title", "upvotes": 7, "numTotalModels": 2}'


@pytest.fixture
def papers(web: Web, server: WebServer, cache: FakeCache) -> HuggingFacePapers:
    return HuggingFacePapers(web, cache, url=server.url)


async def test_a_paper_is_looked_up_by_its_id(papers: HuggingFacePapers, server: WebServer) -> None:
    server.says("/api/papers/2511.00001", Reply(body=DETAIL))
    paper = await papers.paper(PaperId("2511.00001"))
    assert paper is not None
    assert (paper.title, paper.upvotes, paper.models) == ("A Title", 7, 2)
    assert papers.name == "Hugging Face"


async def test_an_answer_is_kept_for_an_hour(papers: HuggingFacePapers, server: WebServer, clock: Clock) -> None:
    server.says("/api/papers/2511.00001", Reply(body=DETAIL))
    first = await papers.paper(PaperId("2511.00001"))
    assert await papers.paper(PaperId("2511.00001")) == first
    assert len(server.requests) == 1
    clock.advance(timedelta(hours=1))
    await papers.paper(PaperId("2511.00001"))
    assert len(server.requests) == 2


async def test_an_unknown_paper_is_none_and_asked_for_again_soon(papers: HuggingFacePapers, server: WebServer, clock: Clock) -> None:
    server.says("/api/papers/2511.00001", Reply(status=404, body=b"<!doctype html>"), Reply(body=DETAIL))
    assert await papers.paper(PaperId("2511.00001")) is None
    assert await papers.paper(PaperId("2511.00001")) is None
    assert len(server.requests) == 1
    clock.advance(timedelta(minutes=10))
    assert await papers.paper(PaperId("2511.00001")) is not None


async def test_what_another_version_kept_is_asked_for_again(papers: HuggingFacePapers, server: WebServer, cache: FakeCache) -> None:
    await cache.put("huggingface:paper:2511.00001", b"an older shape", keep=timedelta(hours=1))
    server.says("/api/papers/2511.00001", Reply(body=DETAIL))
    assert await papers.paper(PaperId("2511.00001")) is not None


async def test_an_old_id_does_not_add_a_folder_to_the_address(papers: HuggingFacePapers, server: WebServer) -> None:
    server.says("/api/papers/hep-th/9901001", Reply(body=b'{"id": "hep-th/9901001", "title": "Old"}'))
    assert await papers.paper(PaperId("hep-th/9901001")) is not None
    assert server.requests[0].target == "/api/papers/hep-th%2F9901001"


@pytest.mark.parametrize("id", ["10.1000/xyz", "title-0123456789abcdef", "../../secrets"])
async def test_what_is_on_no_page_is_not_asked_for(papers: HuggingFacePapers, server: WebServer, id: str) -> None:
    assert await papers.paper(PaperId(id)) is None
    assert server.requests == []


async def test_somebody_waiting_does_not_wait_long(papers: HuggingFacePapers, server: WebServer, pauses: list[float]) -> None:
    server.says("/api/papers/2511.00001", Reply(status=429, headers={"RateLimit": '"api";r=0;t=120'}))
    with pytest.raises(SourceBusy) as caught:
        await papers.paper(PaperId("2511.00001"))
    assert (caught.value.retry_after, pauses) == (timedelta(seconds=121), [])


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("curriculum learning -robot", "curriculum learning"),
        ('"gpt-4" OR transform*', "gpt-4 transform"),
        ('author:"Yoshua Bengio" org:mila', "yoshua bengio"),
        ("id:2511.00001", "2511.00001"),
        ("vae NOT (vae robot)", "vae"),
    ],
)
async def test_search_asks_for_the_words_of_a_query(papers: HuggingFacePapers, server: WebServer, query: str, text: str) -> None:
    rows = [entry(f"2511.{n:05}", day=None, upvoted=False) for n in range(1, 6)]
    server.says(SEARCH, Reply(body=listing(*rows)))
    found = await papers.search(parse(query), limit=3)
    assert ids(found) == ["2511.00001", "2511.00002", "2511.00003"]
    asked = server.requests[0].query
    assert (set(asked["q"].split()), asked["limit"]) == (set(text.split()), "3")


async def test_a_query_without_words_is_not_searched_for(papers: HuggingFacePapers, server: WebServer) -> None:
    assert await papers.search(parse("upvotes>10"), limit=3) == ()
    assert server.requests == []


async def test_the_same_search_is_asked_once_an_hour(papers: HuggingFacePapers, server: WebServer) -> None:
    server.says(SEARCH, Reply(body=listing(entry("2511.00001", day=None))))
    for _ in range(2):
        assert ids(await papers.search(parse("curriculum"), limit=500)) == ["2511.00001"]
    assert [request.query["limit"] for request in server.requests] == ["120"]


async def test_today_is_the_newest_open_list_most_votes_first(papers: HuggingFacePapers, server: WebServer) -> None:
    rows = [
        entry("2511.00001", votes=2),
        entry("2511.00002", votes=None),
        entry("2511.00003", votes=9),
        entry("2511.00004", day="2025-11-20"),
    ]
    server.says(LIST, Reply(body=listing(*rows)))
    today = await papers.today()
    assert ids(today) == ["2511.00003", "2511.00001", "2511.00002"]
    assert {paper.listed_on for paper in today} == {date(2025, 11, 21)}


async def test_today_without_any_list_is_empty(papers: HuggingFacePapers, server: WebServer) -> None:
    server.says(LIST, Reply(body=b"[]"))
    assert await papers.today() == []


async def test_trending_now_is_the_sites_own_order(papers: HuggingFacePapers, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00002", votes=1), entry("2511.00001", votes=5))))
    assert ids(await papers.trending(Span.NOW)) == ["2511.00002", "2511.00001"]
    assert server.requests[0].query == {"sort": "trending", "limit": "100"}


@pytest.mark.parametrize(
    ("span", "now", "asked"),
    [
        (Span.WEEK, "2025-11-21T15:00", {"week": "2025-W47"}),
        (Span.MONTH, "2025-11-21T15:00", {"month": "2025-11"}),
        (Span.WEEK, "2026-01-01T15:00", {"week": "2026-W01"}),
        (Span.MONTH, "2026-01-01T04:00", {"month": "2026-01"}),
    ],
)
async def test_trending_of_a_span_is_its_list_most_votes_first(
    papers: HuggingFacePapers, server: WebServer, clock: Clock, span: Span, now: str, asked: dict[str, str]
) -> None:
    clock.now = datetime.fromisoformat(now).replace(tzinfo=UTC)
    server.says(LIST, Reply(body=listing(entry("2511.00002", votes=1), entry("2511.00001", votes=5))))
    assert ids(await papers.trending(span)) == ["2511.00001", "2511.00002"]
    assert server.requests[0].query == {**asked, "limit": "100"}


@pytest.mark.parametrize("first", [Reply(status=400), Reply(body=b"[]")], ids=["not open", "empty"])
@pytest.mark.parametrize(("span", "names"), [(Span.WEEK, ["2020-W53", "2020-W52"]), (Span.MONTH, ["2021-01", "2020-12"])])
async def test_a_week_or_month_without_a_list_gives_the_one_before(
    papers: HuggingFacePapers, server: WebServer, clock: Clock, span: Span, names: list[str], first: Reply
) -> None:
    clock.now = datetime(2021, 1, 1, 15, tzinfo=UTC)
    server.says(LIST, first, Reply(body=listing(entry("2012.00001"))))
    assert ids(await papers.trending(span)) == ["2012.00001"]
    assert [request.query[span.value] for request in server.requests] == names


async def test_no_list_at_all_is_an_empty_chart(papers: HuggingFacePapers, server: WebServer) -> None:
    server.says(LIST, Reply(status=400))
    assert await papers.trending(Span.WEEK) == ()


async def test_unreadable_entries_of_a_chart_are_left_out_and_logged(papers: HuggingFacePapers, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing({"paper": 1}, entry("2511.00001"))))
    with capture_logs() as logs:
        assert ids(await papers.today()) == ["2511.00001"]
    assert [(line["event"], line["count"]) for line in logs] == [("entries_refused", 1)]


async def test_a_page_instead_of_an_answer_is_garbled_and_not_kept(papers: HuggingFacePapers, server: WebServer) -> None:
    server.says("/api/papers/2511.00001", Reply(body=b"<html>"), Reply(body=b'{"id": 1}'), Reply(body=DETAIL))
    for _ in range(2):
        with pytest.raises(SourceGarbled):
            await papers.paper(PaperId("2511.00001"))
    assert await papers.paper(PaperId("2511.00001")) is not None
