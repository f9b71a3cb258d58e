"""Hugging Face's paper pages, search and charts, to look things up."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import structlog

from bot.errors import SourceRefused
from bot.identity import is_arxiv
from bot.ports import Span
from bot.query.nodes import And, Field, HasId, Node, Or, Prefix, Words
from bot.sources.huggingface import MANNERS, PAGE, URL
from bot.sources.huggingface_entry import list_day, read_detail, read_list
from bot.sources.kept import Kept
from bot.sources.manners import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.paper import Paper, PaperId
    from bot.ports import Cache
    from bot.query import Query
    from bot.sources.http import Web

_SOMEBODY_WAITS: Final = dataclasses.replace(MANNERS, patience=timedelta(seconds=5), tries=2)
_FOUND_MOST: Final = 120
_NOT_FOUND: Final = 404

log = structlog.get_logger()


class HuggingFacePapers:
    """A `Lookup` and `Charts`. Papers and searches are kept for an hour, lists for some minutes."""

    def __init__(self, web: Web, cache: Cache, *, url: str = URL, token: str = "") -> None:
        self._web = web
        self._kept = Kept(cache, "huggingface")
        self._url = f"{url.rstrip('/')}/api"
        self._token = token

    @property
    def name(self) -> str:
        """For people."""
        return "Hugging Face"

    async def paper(self, id: PaperId) -> Paper | None:
        """A paper by its arXiv id; None if Hugging Face has no page of it. Any other identity is not asked for."""
        if not is_arxiv(id):
            return None
        question = f"paper:{id}"
        if (kept := await self._kept.get(question)) is not None:
            return next(iter(kept.papers), None)
        url = f"{self._url}/papers/{quote(id, safe='')}"  # old ids hold a slash
        answer = await self._web.get(url, _SOMEBODY_WAITS, kind=Kind.JSON, token=self._token, allow={_NOT_FOUND})
        if answer.status == _NOT_FOUND:
            await self._kept.put(question, (), keep=timedelta(minutes=10))  # it may be indexed any moment
            return None
        paper = read_detail(answer.body)
        await self._kept.put(question, (paper,), keep=timedelta(hours=1))
        return paper

    async def search(self, query: Query, *, limit: int) -> Sequence[Paper]:
        """What Hugging Face finds for the query's words, most relevant first; empty for a query without any.

        Its search takes plain words only: negations, fields and numbers are for the caller to check.
        """
        text = " ".join(dict.fromkeys(_words(query.root)))
        if not text or limit < 1:
            return ()
        found = await self._list("papers/search", {"q": text, "limit": min(limit, _FOUND_MOST)}, keep=timedelta(hours=1))
        return found[:limit]

    async def today(self) -> Sequence[Paper]:
        """The newest list that is open, most votes first."""
        page = await self._list("daily_papers", {"limit": PAGE}, keep=timedelta(minutes=10))
        newest = max((paper.listed_on for paper in page if paper.listed_on), default=None)
        return _by_votes(paper for paper in page if paper.listed_on == newest)

    async def trending(self, span: Span) -> Sequence[Paper]:
        """Its own rolling rank; or the lists of the week or month (the last one while this has none yet), most votes first."""
        if span is Span.NOW:
            return await self._list("daily_papers", {"sort": "trending", "limit": PAGE}, keep=timedelta(minutes=30))
        for name in _names(span, list_day(self._web.now())):
            try:
                found = await self._list("daily_papers", {span.value: name, "limit": PAGE}, keep=timedelta(minutes=30))
            except SourceRefused:  # 400: not open yet; week 53 never is
                continue
            if found:
                return _by_votes(found)
        return ()

    async def _list(self, path: str, params: dict[str, str | int], *, keep: timedelta) -> Sequence[Paper]:
        question = f"{path}:{sorted(params.items())}"
        if (kept := await self._kept.get(question)) is not None:
            return kept.papers
        answer = await self._web.get(f"{self._url}/{path}", _SOMEBODY_WAITS, kind=Kind.JSON, params=params, token=self._token)
        papers, refused = read_list(answer.body)
        if refused:
            log.warning("entries_refused", source=self.name, count=len(refused), reason=refused[0])
        await self._kept.put(question, papers, keep=keep)
        return papers


def _names(span: Span, today: date) -> tuple[str, str]:
    """The week or month of that day and the one before, as Hugging Face writes them."""
    if span is Span.WEEK:
        return f"{today:%G-W%V}", f"{today - timedelta(days=7):%G-W%V}"
    return f"{today:%Y-%m}", f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def _by_votes(papers: Iterable[Paper]) -> list[Paper]:
    return sorted(papers, key=lambda paper: -(paper.upvotes or 0))


def _words(node: Node) -> Iterator[str]:
    """The texts a paper should hold, in the query's order."""
    match node:
        case And(children) | Or(children):
            for child in children:
                yield from _words(child)
        case Words(text=text, field=field) | Prefix(stem=text, field=field) if field is not Field.ORG:
            yield text
        case HasId(id):
            yield id
        case _:
            return
