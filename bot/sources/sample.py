"""The bundled papers: real ones, each with a sentence of our own, for a demo without any network."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from bot.document import document
from bot.identity import recognise
from bot.paper import SAMPLE, Paper, PaperId
from bot.ports import Harvest, Span
from bot.query import matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.query import Query

_SPANS = {Span.WEEK: timedelta(days=7), Span.MONTH: timedelta(days=31)}


class _Sample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of `sample_papers.json`. Facts are as Hugging Face and arXiv gave them in 2026; the summary is ours."""

    id: str
    title: str
    summary: str
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published: date | None = None
    listed_on: date | None = None
    upvotes: int | None = None
    organisation: str = ""
    code_url: str = ""
    stars: int | None = None
    project_url: str = ""
    models: int | None = None


@cache
def sample_papers() -> tuple[Paper, ...]:
    """All of them, in the file's order. Dates are the true ones, however long ago: nothing about a paper is made up."""
    body = files("bot.sources").joinpath("sample_papers.json").read_bytes()
    return tuple(_to_paper(sample) for sample in msgspec.json.decode(body, type=list[_Sample]))


class SamplePapers:
    """A `Source`, a `Lookup` and `Charts` in one. Never fails, and gives the same each time."""

    @property
    def name(self) -> str:
        """`sample`."""
        return SAMPLE

    async def fetch(self, mark: bytes, now: datetime) -> Harvest:  # noqa: ARG002  # the same whenever it is asked
        """All of them, each time."""
        return Harvest(papers=sample_papers(), mark=b"sample", note="bundled papers, for trying things out")

    async def paper(self, id: PaperId) -> Paper | None:
        """The one with that identity."""
        return next((paper for paper in sample_papers() if paper.id == id), None)

    async def search(self, query: Query, *, limit: int) -> Sequence[Paper]:
        """Those that meet the query, most votes first."""
        return [paper for paper in _by_votes(sample_papers()) if matches(query, document(paper))][:limit]

    async def today(self) -> Sequence[Paper]:
        """Those of the newest list among them."""
        return _by_votes([paper for paper in sample_papers() if paper.listed_on == _newest()])

    async def trending(self, span: Span) -> Sequence[Paper]:
        """All of them, or those on the lists of the week or month before the newest list."""
        back = _SPANS.get(span)
        return _by_votes([paper for paper in sample_papers() if back is None or _newest() - (paper.listed_on or date.min) < back])


def _newest() -> date:
    return max(paper.listed_on for paper in sample_papers() if paper.listed_on)


def _by_votes(papers: Sequence[Paper]) -> list[Paper]:
    return sorted(papers, key=lambda paper: -(paper.upvotes or 0))


def _to_paper(sample: _Sample) -> Paper:
    fields = {name: getattr(sample, name) for name in _Sample.__struct_fields__ if name not in {"id", "published"}}
    return Paper(
        **fields,
        id=recognise(sample.id) or PaperId(sample.id),
        abstract=sample.summary,  # what queries are matched against; the authors' own text is not ours to bundle
        published=datetime.combine(sample.published, time(), UTC) if sample.published else None,
        sources=(SAMPLE,),
    )
