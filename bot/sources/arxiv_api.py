"""arXiv's query API, to look papers up by id or by words."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import structlog

from bot.errors import SourceGarbled, SourceRefused
from bot.identity import is_arxiv, recognise, version_in
from bot.paper import ARXIV as NAME
from bot.paper import Paper
from bot.sources.arxiv import ARXIV, ATOM, MANNERS, OPENSEARCH, categories, parse, recognised_doi, text_of
from bot.sources.arxiv_query import asked_ids, search_query
from bot.sources.http import BODY_LIMIT
from bot.sources.kept import Kept
from bot.sources.manners import Kind
from bot.sources.text import LONGEST_ABSTRACT, LONGEST_NAME, LONGEST_TITLE, MOST_AUTHORS, moment, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from bot.paper import PaperId
    from bot.ports import Cache
    from bot.query import Query
    from bot.sources.http import Web
    from bot.sources.manners import Answer

URL: Final = "https://export.arxiv.org"
_SOMEBODY_WAITS: Final = dataclasses.replace(MANNERS, patience=timedelta(seconds=8))
_PAGE: Final = 100
_LIMIT: Final = 2 * BODY_LIMIT
_FOUND_MOST: Final = 1_000
_EMPTY_AGAIN: Final = 3
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_DAY: Final = timedelta(days=1)
"""Search results change once a day: asking more often is unwelcome."""

log = structlog.get_logger()


class ArxivPapers:
    """A `Lookup`. Answers are kept for a day, "no such paper" for an hour."""

    def __init__(self, web: Web, cache: Cache, *, url: str = URL) -> None:
        base = url.rstrip("/")
        self._url = base if base.endswith("/api/query") else f"{base}/api/query"
        self._web = web
        self._kept = Kept(cache, "arxiv")

    @property
    def name(self) -> str:
        """For people."""
        return "arXiv"

    async def paper(self, id: PaperId) -> Paper | None:
        """A paper by its arXiv id; None if arXiv has none (any other identity is not asked for: one bad id spoils the question)."""
        if not is_arxiv(id):
            return None
        papers, _ = await self._page({"id_list": id, "max_results": 1})
        return next((paper for paper in papers if paper.id == id), None)

    async def search(self, query: Query, *, limit: int) -> Sequence[Paper]:
        """What arXiv finds for the sayable part of the query, most relevant first; empty if that is nothing."""
        ids = [id for id in asked_ids(query.root) if is_arxiv(id)]
        text = search_query(query.root)
        if not (ids or text):
            return ()
        limit = min(limit, _FOUND_MOST)
        size = min(limit, _PAGE)  # the same from page to page, as `start` counts in the same order
        told = {"search_query": text, "id_list": ",".join(ids)}
        found: dict[PaperId, Paper] = {}
        for start in range(0, limit, _PAGE):
            params: dict[str, str | int] = {"start": start, "max_results": size, "sortBy": "relevance"}
            papers, total = await self._page(params | {name: value for name, value in told.items() if value})
            for paper in papers:
                found.setdefault(paper.id, paper)
            if not papers or total <= start + size:
                break
        return tuple(found.values())[:limit]

    async def _page(self, params: dict[str, str | int]) -> tuple[Sequence[Paper], int]:
        """One page and the number of all. An empty one that should not be is asked for again, as arXiv's own client does."""
        question = sha256(repr(sorted(params.items())).encode(errors="replace")).hexdigest()
        if (kept := await self._kept.get(question)) is not None:
            return kept.papers, kept.total
        start, total = int(params.get("start", 0)), 0
        for _ in range(1 + _EMPTY_AGAIN):
            answer = await self._web.get(
                self._url, _SOMEBODY_WAITS, kind=Kind.XML, params=params, limit=_LIMIT, allow={HTTPStatus.BAD_REQUEST}
            )
            papers, total = _answered(answer)
            if papers or total <= start:
                await self._kept.put(question, papers, total=total, keep=_DAY if papers else timedelta(hours=1))
                return papers, total
        if start:
            return (), total  # what the pages before held is better than nothing
        raise SourceGarbled(f"arXiv counts {total} papers and sends none")


def _answered(answer: Answer) -> tuple[list[Paper], int]:
    try:
        return _read(answer.body)
    except SourceGarbled as error:
        if answer.status == HTTPStatus.BAD_REQUEST:  # refused, and not even in Atom
            raise SourceRefused("arXiv refused the question (400)") from error
        raise


def _read(body: bytes) -> tuple[list[Paper], int]:
    """The papers of an answer and how many there are in all.

    Raises:
        SourceRefused: arXiv says in an entry what was wrong with the question; with status 400, in older times with 200.
        SourceGarbled: It is no Atom feed.
    """
    feed = parse(body, f"{ATOM}feed")
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        if "/api/errors" in text_of(entry, f"{ATOM}id"):
            raise SourceRefused(f"arXiv refused the question: {one_line(text_of(entry, f'{ATOM}summary'), LONGEST_TITLE)}")
    papers = [paper for entry in entries if (paper := _paper(entry)) is not None]
    if len(papers) < len(entries):
        log.warning("entries_refused", source="arXiv", count=len(entries) - len(papers), reason="no arXiv id or no title")
    total = text_of(feed, f"{OPENSEARCH}totalResults")
    return papers, int(total) if _COUNT.fullmatch(total) else len(papers)


def _paper(entry: Element) -> Paper | None:
    named = text_of(entry, f"{ATOM}id")
    id, title = recognise(named), one_line(text_of(entry, f"{ATOM}title"), LONGEST_TITLE)
    if id is None or title == "":
        return None
    primary = (element.get("term") for element in entry.findall(f"{ARXIV}primary_category"))
    others = (element.get("term") for element in entry.findall(f"{ATOM}category"))
    names = (one_line(author.findtext(f"{ATOM}name"), LONGEST_NAME) for author in entry.findall(f"{ATOM}author"))
    return Paper(
        id=id,
        title=title,
        abstract=one_line(text_of(entry, f"{ATOM}summary"), LONGEST_ABSTRACT),
        authors=tuple(name for name in names if name)[:MOST_AUTHORS],
        categories=categories((*primary, *others)),
        doi=recognised_doi(text_of(entry, f"{ARXIV}doi")),
        comment=one_line(text_of(entry, f"{ARXIV}comment"), LONGEST_TITLE),
        journal=one_line(text_of(entry, f"{ARXIV}journal_ref"), LONGEST_TITLE),
        version=version_in(named),
        published=moment(text_of(entry, f"{ATOM}published")),
        sources=(NAME,),
    )
