"""The real services' recorded answers are understood."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import SourceRefused
from bot.identity import is_arxiv
from bot.query import parse
from bot.sources.arxiv_api import ArxivPapers
from bot.sources.arxiv_feed import ArxivFeed
from bot.sources.huggingface_entry import read_detail, read_list
from tests.sources.web_server import Reply, WebServer

if TYPE_CHECKING:
    from pathlib import Path

    from bot.sources.http import Web
    from tests.fakes import FakeCache

NOW = datetime(2026, 8, 21, 9, 0, tzinfo=UTC)


def test_every_recorded_list_of_hugging_face(recordings: Path) -> None:
    files = sorted([*recordings.glob("huggingface/daily*.json"), *recordings.glob("huggingface/papers_search*.json")])
    assert files
    for file in files:
        rows = json.loads(file.read_bytes())
        papers, refused = read_list(file.read_bytes())
        assert (len(papers), refused) == (len(rows), [])
        for paper, row in zip(papers, rows, strict=True):
            assert is_arxiv(paper.id)
            assert paper.upvotes == row["paper"]["upvotes"]
            assert "\n" not in paper.title + paper.abstract
            assert paper.authors
            assert paper.published is not None
            assert paper.published.strftime("%Y-%m-%d") == row["paper"]["publishedAt"][:10]


def test_the_list_day_of_a_recording_is_the_day_asked_for(recordings: Path) -> None:
    papers, _ = read_list((recordings / "huggingface/daily_papers_date_2026-08-21.json").read_bytes())
    assert {paper.listed_on for paper in papers} == {date(2026, 8, 21)}
    assert [paper.upvotes for paper in papers] == sorted((paper.upvotes or 0 for paper in papers), reverse=True)


def test_the_recorded_detail_page(recordings: Path) -> None:
    body = (recordings / "huggingface/paper_detail_2608.09888.json").read_bytes()
    paper = read_detail(body)
    assert (paper.id, paper.models) == ("2608.09888", json.loads(body)["numTotalModels"])
    assert paper.summary
    assert paper.keywords


async def test_every_recorded_feed(recordings: Path, web: Web, server: WebServer) -> None:
    files = sorted(recordings.glob("arxiv_rss/*.xml"))
    assert files
    for file in files:
        server.says("/rss/cs.CL", Reply(body=file.read_bytes()))
        harvest = await ArxivFeed(web, "cs.CL", url=server.url).fetch(b"", NOW)
        assert (len(harvest.papers), harvest.refused) == (0 if "empty" in file.name else 3, 0)
        for paper in harvest.papers:
            assert paper.version == 1
            assert paper.authors
            assert paper.categories
            assert not paper.abstract.startswith(("arXiv:", "Abstract:"))


async def test_every_recorded_answer_of_the_query_api(recordings: Path, web: Web, server: WebServer, cache: FakeCache) -> None:
    files = sorted(recordings.glob("arxiv_api/*"))
    assert files
    for number, file in enumerate(files):
        text = file.read_text("utf-8")
        recorded: dict[str, Any] = json.loads(text) if file.suffix == ".json" else {"status_code": 200, "body": text}
        server.says("/api/query", Reply(status=recorded["status_code"], body=recorded["body"].encode()))
        search = ArxivPapers(web, cache, url=server.url).search(parse(f"recording{number}"), limit=10)
        if recorded["status_code"] == 400:
            with pytest.raises(SourceRefused, match="incorrect id format"):
                await search
            continue
        papers = await search
        assert len(papers) == min(10, recorded["body"].count("<entry>"))
        for paper in papers:
            assert is_arxiv(paper.id)
            assert paper.version
            assert paper.categories
            assert paper.published
