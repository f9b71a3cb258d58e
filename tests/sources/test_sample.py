"""The bundled papers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.identity import is_arxiv, month_of
from bot.paper import PaperId
from bot.ports import Span
from bot.query import parse
from bot.sources.sample import SamplePapers, sample_papers

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


async def test_all_of_them_come_each_time() -> None:
    sample = SamplePapers()
    first = await sample.fetch(b"", NOW)
    assert await sample.fetch(first.mark, NOW) == first
    assert len(first.papers) >= 40
    assert len({paper.id for paper in first.papers}) == len(first.papers)


def test_each_has_what_a_digest_shows() -> None:
    for paper in sample_papers():
        assert is_arxiv(paper.id)
        assert paper.title
        assert 15 <= len(paper.summary.split()) <= 32, paper.id
        assert paper.sources == ("sample",)
        assert paper.authors, paper.id
        assert all(name.strip() == name and name for name in paper.authors), paper.id
        assert paper.published is not None, paper.id
        assert paper.published.tzinfo is UTC
        # An id is given out when the paper comes in, a day of grace for the time zones.
        month = month_of(paper.id)
        assert month is not None
        assert abs(paper.published.date() - month) < timedelta(days=32), paper.id


def test_categories_are_arxivs_own() -> None:
    known = [paper for paper in sample_papers() if paper.categories]
    assert len(known) >= 35
    assert all(re.fullmatch(r"[a-z-]+\.[A-Z]{2}", category) for paper in known for category in paper.categories)


@pytest.mark.parametrize(
    ("query", "least"),
    [
        ("curriculum", 5),
        ("continual", 3),
        ("lifelong", 2),
        ("robot", 3),
        ("agents", 8),
        ("diffusion", 3),
        ('"reinforcement learning"', 5),
        ("cat:cs.CL", 8),
        ("cat:cs.LG", 8),
        ("cat:cs.CL upvotes>=10", 2),
        ("author:bengio", 1),
        ("transformer", 1),
        ("upvotes>=50", 3),
        ("has:code", 10),
        ("org:google", 1),
        ("survey", 2),
    ],
)
async def test_what_one_would_try_first_finds_something(query: str, least: int) -> None:
    found = await SamplePapers().search(parse(query), limit=50)
    assert len(found) >= least
    assert [p.upvotes or 0 for p in found] == sorted((p.upvotes or 0 for p in found), reverse=True)
    assert len(await SamplePapers().search(parse(query), limit=1)) == 1


async def test_a_paper_is_found_by_its_id_or_not() -> None:
    sample = SamplePapers()
    assert sample.name == "sample"
    assert (await sample.paper(sample_papers()[0].id)) is sample_papers()[0]
    assert await sample.paper(PaperId("1706.03763")) is None


async def test_the_paper_of_the_helps_examples_is_among_them() -> None:
    paper = await SamplePapers().paper(PaperId("1706.03762"))
    assert paper is not None
    assert paper.title == "Attention Is All You Need"
    assert (len(paper.authors), paper.authors[0], paper.categories[0]) == (8, "Ashish Vaswani", "cs.CL")
    assert paper.published == datetime(2017, 6, 12, tzinfo=UTC)


async def test_today_is_the_newest_list_among_them() -> None:
    today = await SamplePapers().today()
    assert len(today) >= 10
    assert len({paper.listed_on for paper in today}) == 1
    assert [p.upvotes for p in today] == sorted((p.upvotes for p in today if p.upvotes is not None), reverse=True)


async def test_trending_looks_back_as_far_as_it_says() -> None:
    sample = SamplePapers()
    week, month, ever = [len(await sample.trending(span)) for span in (Span.WEEK, Span.MONTH, Span.NOW)]
    assert 0 < week <= month < ever
