"""Hugging Face's daily list as a source."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.errors import SourceGarbled, SourceTrouble
from bot.sources.huggingface import HuggingFaceDaily
from bot.sources.huggingface_entry import list_day, read_detail, read_list
from tests.sources.pages import entry, ids, listing
from tests.sources.web_server import Reply, WebServer

if TYPE_CHECKING:
    from bot.paper import Paper
    from bot.sources.http import Web

LIST = "/api/daily_papers"
NOW = datetime(2025, 11, 21, 15, 0, tzinfo=UTC)
"""A Friday, 10 in the morning in New York."""
NEXT = {"Link": f'<{LIST}?p=1>; rel="next"'}


@pytest.fixture
def daily(web: Web, server: WebServer) -> HuggingFaceDaily:
    return HuggingFaceDaily(web, url=f"{server.url}/", token="t")


def only(body: bytes) -> Paper:
    papers, refused = read_list(body)
    assert (len(papers), refused) == (1, [])
    return papers[0]


async def test_a_reading_takes_the_newest_list_days(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00001", votes=3), entry("2511.00002", day="2025-11-20"))), Reply(body=b"[]"))
    harvest = await daily.fetch(b"", NOW)
    assert ids(harvest.papers) == ["2511.00001", "2511.00002"]
    assert [paper.listed_on for paper in harvest.papers] == [date(2025, 11, 21), date(2025, 11, 20)]
    assert server.requests[0].query == {"limit": "100"}
    assert server.requests[0].headers["authorization"] == "Bearer t"
    assert (harvest.refused, harvest.note) == (0, "")


async def test_pages_are_read_until_the_newest_two_days_are_whole(daily: HuggingFaceDaily, server: WebServer) -> None:
    first = [entry(f"2511.{n:05}") for n in range(1, 101)]
    second = [entry(f"2511.{n:05}", day="2025-11-20" if n < 150 else "2025-11-19") for n in range(101, 201)]
    server.says(LIST, Reply(body=listing(*first), headers=NEXT), Reply(body=listing(*second), headers=NEXT), Reply(body=b"[]"))
    harvest = await daily.fetch(b"{}", NOW)
    assert len(harvest.papers) == 200
    assert [request.query.get("p") for request in server.requests[:2]] == [None, "1"]
    assert "date" in server.requests[2].query


async def test_the_last_day_of_a_page_may_go_on_beyond_it(daily: HuggingFaceDaily, server: WebServer) -> None:
    days = ["2025-11-21"] * 40 + ["2025-11-20"] * 40 + ["2025-11-19"] * 20
    rows = [entry(f"2511.{n:05}", day=day) for n, day in enumerate(days, start=1)]
    server.says(LIST, Reply(body=listing(*rows), headers=NEXT), Reply(body=b"[]"))
    await daily.fetch(b"", NOW)
    assert "2025-11-19" in {request.query.get("date") for request in server.requests}
    assert "2025-11-20" not in {request.query.get("date") for request in server.requests}


@pytest.mark.parametrize(
    "replies",
    [
        [Reply(body=listing(entry("2511.00001")), headers=NEXT)],
        [Reply(body=listing(*(entry(f"2511.{n:05}") for n in range(1, 101))))],
        [Reply(body=listing(*(entry(f"2511.{n:05}") for n in range(1, 101))), headers=NEXT), Reply(body=b"[]", headers=NEXT)],
    ],
    ids=["a short page", "no next link", "an empty page"],
)
async def test_the_list_ends_with(daily: HuggingFaceDaily, server: WebServer, replies: list[Reply]) -> None:
    server.says(LIST, *replies, Reply(body=b"[]"))
    await daily.fetch(b"", NOW)
    assert "date" in server.requests[len(replies)].query


async def test_paging_ends_even_if_the_server_never_does(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(*(entry(f"2511.{n:05}") for n in range(1, 101))), headers=NEXT))
    await daily.fetch(b"", NOW)
    assert len(server.requests) < 25


async def test_the_first_reading_takes_the_whole_week(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00001"), entry("2511.00002", day="2025-11-20"))), Reply(body=b"[]"))
    await daily.fetch(b"", NOW)
    assert {r.query["date"] for r in server.requests[1:]} == {"2025-11-14", "2025-11-17", "2025-11-18", "2025-11-19"}


async def test_each_list_day_of_the_week_is_read_again_once_a_day_one_in_a_reading(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00001"), entry("2511.00002", day="2025-11-20"))), Reply(body=b"[]"))
    mark = (await daily.fetch(b"", NOW)).mark
    today = listing(entry("2511.00003", day="2025-11-24"), entry("2511.00001"))
    monday = NOW + timedelta(days=3)
    asked = []
    for _ in range(8):
        server.says(LIST, Reply(body=today), Reply(body=listing(entry("2511.00002", day=None, votes=50))))
        server.requests.clear()
        harvest = await daily.fetch(mark, monday)
        mark = harvest.mark
        assert len(server.requests) <= 2
        asked += [r.query["date"] for r in server.requests[1:]]
    assert sorted(asked) == ["2025-11-17", "2025-11-18", "2025-11-19", "2025-11-20"]


async def test_a_day_that_was_asked_for_says_when_its_papers_were_listed(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00001"))), Reply(body=listing(entry("2511.00002", day=None, votes=50))))
    harvest = await daily.fetch(b'{"read": {"2025-11-14": "2025-11-20"}}', NOW)
    assert [(p.id, p.upvotes, p.listed_on) for p in harvest.papers][1] == ("2511.00002", 50, date(2025, 11, 17))


async def test_a_day_that_is_not_open_yet_is_no_failure(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00001"))), Reply(status=400, body=b'{"error":"bad date"}'))
    assert ids((await daily.fetch(b"", NOW)).papers) == ["2511.00001"]


async def test_a_weekend_shows_fridays_list_and_says_so(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00001"))), Reply(body=b"[]"))
    harvest = await daily.fetch(b"", NOW + timedelta(days=2))
    assert ids(harvest.papers) == ["2511.00001"]
    assert harvest.note == "the newest list is of 2025-11-21"


async def test_an_empty_list_is_no_failure(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=b"[]"))
    assert (await daily.fetch(b"", NOW)).papers == ()


async def test_a_paper_on_two_days_comes_once_as_on_the_newer(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00001", votes=9), entry("2511.00001", day="2025-11-20", votes=1))), Reply(body=b"[]"))
    harvest = await daily.fetch(b"", NOW)
    assert [(p.id, p.upvotes) for p in harvest.papers] == [("2511.00001", 9)]


async def test_an_unchanged_list_is_not_read_again(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00001")), headers={"ETag": 'W/"1"'}), Reply(body=b"[]"))
    mark = (await daily.fetch(b"", NOW)).mark
    server.says(LIST, Reply(status=304))
    server.requests.clear()
    harvest = await daily.fetch(mark, NOW)
    assert harvest.papers == ()
    assert [request.headers.get("if-none-match") for request in server.requests] == ['W/"1"']


@pytest.mark.parametrize("mark", [b"", b"\xff", b"[]", b'{"read": 3}', b'{"read": {"x": "y"}}'])
async def test_a_watermark_that_cannot_be_read_counts_as_none(daily: HuggingFaceDaily, server: WebServer, mark: bytes) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00001"))), Reply(body=b"[]"))
    assert ids((await daily.fetch(mark, NOW)).papers) == ["2511.00001"]


async def test_one_bad_entry_does_not_spoil_the_others(daily: HuggingFaceDaily, server: WebServer) -> None:
    rows = [
        entry("2511.00001"),
        entry("2511.00002", upvotes="many"),
        {"paper": None},
        None,
        entry("nonsense"),
        entry("2511.00003", title=" "),
    ]
    server.says(LIST, Reply(body=listing(*rows)), Reply(body=b"[]"))
    with capture_logs() as logs:
        harvest = await daily.fetch(b"", NOW)
    assert (ids(harvest.papers), harvest.refused) == (["2511.00001"], 5)
    assert [(line["event"], line["count"]) for line in logs if line["event"] == "entries_refused"] == [("entries_refused", 5)]


@pytest.mark.parametrize(
    "body",
    [b"<html>", b'{"error":"x"}', b'[{"paper": {"id": "2511.0', b"null", b"[" * 100_000, '[{"paper": "caf\xe9"}]'.encode("latin-1") + b"x"],
)
async def test_what_is_no_list_is_garbled(daily: HuggingFaceDaily, server: WebServer, body: bytes) -> None:
    server.says(LIST, Reply(body=body))
    with pytest.raises(SourceGarbled):
        await daily.fetch(b"", NOW)


async def test_trouble_while_refreshing_is_trouble(daily: HuggingFaceDaily, server: WebServer) -> None:
    server.says(LIST, Reply(body=listing(entry("2511.00001"))), Reply(body=b"<html>"))
    with pytest.raises(SourceTrouble):
        await daily.fetch(b"", NOW)


def test_all_that_an_entry_tells_is_kept() -> None:
    paper = only(
        listing(
            entry(
                "2511.00001",
                votes=0,
                title="$β$-VAE:\n  A @Pass@1 <Study>",
                summary="One.\nTwo \\$5.",
                authors=[{"name": "Ada  Lovelace"}, {"name": "Hidden", "hidden": True}, None, {"name": None}, {"name": " "}],
                githubRepo="https://github.com/a/b",
                githubStars=0,
                projectPage="https://a.example",
                ai_summary="In short.",
                ai_keywords=["vae", None, " "],
                organization={"name": "ox", "fullname": "Oxford\u00a0 University"},
            )
        )
    )
    assert paper.title == "$β$-VAE: A @Pass@1 <Study>"
    assert (paper.abstract, paper.authors, paper.keywords) == ("One. Two \\$5.", ("Ada Lovelace",), ("vae",))
    assert (paper.upvotes, paper.stars, paper.summary, paper.organisation) == (0, 0, "In short.", "Oxford University")
    assert (paper.code_url, paper.project_url) == ("https://github.com/a/b", "https://a.example")
    assert paper.thumbnail_url.endswith("/2511.00001.png")
    assert paper.published == datetime(2025, 11, 20, tzinfo=UTC)
    assert (paper.sources, paper.version, paper.models) == (("huggingface",), None, None)


@pytest.mark.parametrize("absent", ["left out", None, "empty"])
def test_absent_null_and_empty_are_alike(absent: str | None) -> None:
    row: dict[str, Any] = {"paper": {"id": "2511.00001", "title": "A Title"}}
    optional = {"authors": [], "summary": "", "publishedAt": "", "githubRepo": "", "ai_keywords": [], "ai_summary": "", "projectPage": ""}
    if absent != "left out":
        row["paper"] |= {name: None if absent is None else empty for name, empty in optional.items()}
        row |= {"thumbnail": None, "organization": None, "publishedAt": None}
    paper = only(listing(row))
    assert (paper.authors, paper.abstract, paper.keywords, paper.code_url, paper.thumbnail_url) == ((), "", (), "", "")
    assert (paper.upvotes, paper.stars, paper.published, paper.listed_on) == (None, None, None, None)


def test_the_outer_organisation_and_date_fill_in_for_missing_inner_ones() -> None:
    row = entry("2511.00001", publishedAt=None) | {"organization": {"name": "ox"}}
    assert (only(listing(row)).organisation, only(listing(row)).published) == ("ox", datetime(2025, 11, 19, 19, tzinfo=UTC))


@pytest.mark.parametrize("address", ["javascript:alert(1)", "/relative", "https://", "http://a b", "https://[", "ftp://a.example/x"])
def test_what_is_no_web_address_is_not_kept_as_one(address: str) -> None:
    assert only(listing(entry("2511.00001", githubRepo=address))).code_url == ""


def test_573_authors_are_all_kept() -> None:
    authors = [{"name": f"Author {n}"} for n in range(573)]
    assert len(only(listing(entry("2511.00001", authors=authors))).authors) == 573


def test_a_hostile_length_is_cut() -> None:
    paper = only(listing(entry("2511.00001", title="x" * 10_000, summary="y " * 100_000)))
    assert len(paper.title) == 500
    assert len(paper.abstract) <= 8_000


def test_invented_fields_are_ignored() -> None:
    assert only(listing(entry("2511.00001", newField={"a": [1]}))).id == "2511.00001"


def test_a_detail_page_is_flat_and_counts_models() -> None:
    paper = read_detail(b'{"id": "2511.00001", "title": "0", "numTotalModels": 3}')
    assert (paper.title, paper.models) == ("0", 3)


@pytest.mark.parametrize(
    ("submitted", "day"),
    [
        ("2025-11-21T00:00:00.000Z", date(2025, 11, 21)),
        ("2025-11-21T02:00:00.000Z", date(2025, 11, 20)),
        ("2025-11-21T02:45:00.000Z", date(2025, 11, 21)),
        ("some day", None),
    ],
)
def test_midnight_stands_for_the_list_day_and_other_times_for_themselves(submitted: str, day: date | None) -> None:
    assert only(listing(entry("2511.00001", submittedOnDailyAt=submitted))).listed_on == day


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"id": "x", "title": "y"}', b'{"id": "2511.00001", "title": ""}', b"\xff"])
def test_a_detail_page_without_a_paper_is_garbled(body: bytes) -> None:
    with pytest.raises(SourceGarbled):
        read_detail(body)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2025-11-22T02:29:59+00:00", date(2025, 11, 21)),
        ("2025-11-22T02:30:00+00:00", date(2025, 11, 22)),
        ("2025-07-22T01:29:59+00:00", date(2025, 7, 21)),
        ("2025-07-22T01:30:00+00:00", date(2025, 7, 22)),
        ("2025-12-31T23:00:00+00:00", date(2025, 12, 31)),
    ],
)
def test_the_list_day_turns_in_the_evening_of_new_york(moment: str, day: date) -> None:
    assert list_day(datetime.fromisoformat(moment)) == day


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.integers(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)).map(listing)
)
def test_no_body_makes_reading_a_list_fail_in_another_way(body: bytes) -> None:
    try:
        papers, refused = read_list(body)
    except SourceGarbled:
        return
    assert all(paper.id and paper.title for paper in papers)
    assert all(isinstance(reason, str) for reason in refused)
