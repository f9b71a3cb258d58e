"""What Hugging Face writes about a paper, read into a `Paper`: bodies in, values out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

from bot.errors import SourceGarbled
from bot.identity import recognise
from bot.paper import HUGGING_FACE, Paper
from bot.sources.text import LONGEST_ABSTRACT, LONGEST_NAME, LONGEST_TITLE, MOST_AUTHORS, moment, one_line, web_address

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEW_YORK: Final = ZoneInfo("America/New_York")
_DAY_BEGINS: Final = time(21, 30)
"""New York time on the evening before (https://huggingface.co/docs/hub/paper-pages)."""
_KEYWORDS = 50


_Count = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""A number that is no jest, and that the store can hold."""


class _Author(msgspec.Struct, frozen=True):
    name: str | None = None
    hidden: bool | None = None


class _Organisation(msgspec.Struct, frozen=True):
    name: str | None = None
    fullname: str | None = None


class _Paper(msgspec.Struct, frozen=True, rename="camel"):
    """Only what we need; wrong types there are a changed service, whatever else changes is none of our business."""

    id: str
    title: str
    summary: str | None = None
    authors: list[_Author | None] | None = None
    published_at: str | None = None
    submitted_on_daily_at: str | None = None
    upvotes: _Count | None = None
    project_page: str | None = None
    github_repo: str | None = None
    github_stars: _Count | None = None
    ai_summary: str | None = msgspec.field(default=None, name="ai_summary")
    ai_keywords: list[str | None] | None = msgspec.field(default=None, name="ai_keywords")
    organization: _Organisation | None = None
    num_total_models: _Count | None = None


class _Entry(msgspec.Struct, frozen=True, rename="camel"):
    """A row of a list: the paper, and what is known of it only there."""

    paper: _Paper
    published_at: str | None = None
    thumbnail: str | None = None
    organization: _Organisation | None = None


def list_day(now: datetime) -> date:
    """The day of the daily list at that moment: it turns at 21:30 in New York, not at midnight."""
    local = now.astimezone(_NEW_YORK)
    return local.date() + timedelta(days=1) if local.time() >= _DAY_BEGINS else local.date()


def read_list(body: bytes, *, day: date | None = None) -> tuple[list[Paper], list[str]]:
    """The papers of a list in its order, and why each of the other entries could not be read.

    Args:
        day: The list day that was asked for, if one was.

    Raises:
        SourceGarbled: It is no list.
    """
    try:
        rows = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceGarbled(f"Hugging Face sent a list that cannot be read ({error})") from error
    papers, refused = [], []
    for row in rows:
        try:
            entry = msgspec.json.decode(row, type=_Entry)
            papers.append(_to_paper(entry.paper, entry, day=day))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
            refused.append(str(error)[:LONGEST_TITLE])
    return papers, refused


def read_detail(body: bytes) -> Paper:
    """The paper of a detail page.

    Raises:
        SourceGarbled: It is none.
    """
    try:
        return _to_paper(msgspec.json.decode(body, type=_Paper), None)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise SourceGarbled(f"Hugging Face sent a paper that cannot be read ({error})") from error


def _to_paper(raw: _Paper, entry: _Entry | None, *, day: date | None = None) -> Paper:
    id, title = recognise(raw.id), one_line(raw.title, LONGEST_TITLE)
    if id is None or not title:
        raise ValueError(f"no paper has the id {raw.id[:50]!r} and the title {title[:50]!r}")
    organisation = raw.organization or (entry.organization if entry else None) or _Organisation()
    return Paper(
        id=id,
        title=title,
        abstract=one_line(raw.summary, LONGEST_ABSTRACT),
        authors=_names(author.name for author in raw.authors or () if author and not author.hidden)[:MOST_AUTHORS],
        keywords=_names(raw.ai_keywords or ())[:_KEYWORDS],
        summary=one_line(raw.ai_summary, LONGEST_ABSTRACT),
        organisation=one_line(organisation.fullname or organisation.name, LONGEST_NAME),
        code_url=web_address(raw.github_repo),
        project_url=web_address(raw.project_page),
        thumbnail_url=web_address(entry.thumbnail if entry else ""),
        models=raw.num_total_models,
        upvotes=raw.upvotes,
        stars=raw.github_stars,
        # The outer date is hours off and still marked Z; it is better than none.
        published=moment(raw.published_at) or (moment(entry.published_at) if entry else None),
        listed_on=day or _listed_on(raw.submitted_on_daily_at),
        sources=(HUGGING_FACE,),
    )


def _names(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(name for text in texts if (name := one_line(text, LONGEST_NAME)))


def _listed_on(text: str | None) -> date | None:
    """Midnight UTC stands for the list day itself (since May 2026); other times are when it was submitted."""
    if (at := moment(text)) is None:
        return None
    try:
        return at.date() if at.time() == time() else list_day(at)
    except OverflowError:  # the first or the last day that there is, and in New York it is another
        return None
