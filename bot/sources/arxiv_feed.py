"""arXiv's daily announcement of one category, as its RSS feed gives it."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec
import structlog

from bot.errors import SourceRefused
from bot.identity import recognise, version_in
from bot.paper import ARXIV as NAME
from bot.paper import Paper
from bot.ports import Harvest
from bot.sources.arxiv import ARXIV, DC, MANNERS, categories, parse, recognised_doi, text_of
from bot.sources.authors import split_authors
from bot.sources.manners import Kind, Validators
from bot.sources.text import LONGEST_ABSTRACT, LONGEST_TITLE, moment, one_line

if TYPE_CHECKING:
    from datetime import datetime
    from xml.etree.ElementTree import Element

    from bot.paper import PaperId
    from bot.sources.http import Web

URL: Final = "https://rss.arxiv.org"
_LIMIT = 10_000_000
"""Bytes. A feed of the 2,000 items that arXiv allows has about six million."""
_ITEMS = 2_000
_NEW_YORK = ZoneInfo("America/New_York")
_SATURDAY = 5
_NEW = frozenset({"new", "cross"})
_ERROR = "Feed error for query:"
_PREAMBLE = re.compile(r"\A\s*arXiv:(?P<id>\S+)\s+Announce Type:\s*(?P<type>[a-z-]+)\s+(?:Abstract:\s*)?", re.IGNORECASE)

log = structlog.get_logger()


class _Mark(msgspec.Struct, frozen=True):
    """The watermark: what the last good reading saw."""

    etag: str = ""
    modified: str = ""
    day: str = ""
    """The feed's own date, YYYY-MM-DD. It is the day it was built on, not the announcement's."""
    ids: str = ""
    """Hash of the ids last announced; "" while nothing was."""


class ArxivFeed:
    """What arXiv announced in a category today. A `Source`.

    The feed is a whole announcement, so every reading gives it anew and overlaps by itself; on weekends and holidays it is empty, which
    is no failure. An unchanged feed (304) gives an empty harvest.

    Args:
        replacements: Whether to give new versions of older papers too. They come with `version` 2 or more, and the source cannot know
            whether the older paper was ever seen: who asks for them decides what they are worth to whom.
        url: Where the feeds are; the category follows after `/rss/`.
    """

    def __init__(self, web: Web, category: str, *, url: str = URL, replacements: bool = False) -> None:
        base = url.rstrip("/")
        self._url = f"{base if base.endswith('/rss') else f'{base}/rss'}/{category}"
        self._web = web
        self._category = category
        self._replacements = replacements

    @property
    def name(self) -> str:
        """`arxiv:` and the category."""
        return f"{NAME}:{self._category}"

    async def fetch(self, mark: bytes, now: datetime) -> Harvest:
        """The current announcement, in the feed's order.

        Raises:
            SourceRefused: arXiv does not know the category; the operator must correct it.
            SourceTrouble: It could not be read.
        """
        before = _read_mark(mark)
        known = Validators(etag=before.etag, modified=before.modified)
        answer = await self._web.get(self._url, MANNERS, kind=Kind.XML, known=known, limit=_LIMIT, allow={400})
        if answer.unchanged:
            weekend = now.astimezone(_NEW_YORK).weekday() >= _SATURDAY
            return Harvest(mark=mark, note=_empty(now) if weekend else "unchanged since the last reading")
        if answer.status != 200 and _ERROR.encode() not in answer.body:  # noqa: PLR2004  # the one status we let pass besides 200
            raise SourceRefused(f"arXiv refused the feed of {self._category}")
        channel = parse(answer.body, "rss").find("channel")
        if channel is None or text_of(channel, "title").startswith(_ERROR):
            reason = one_line("" if channel is None else text_of(channel, "description"), LONGEST_TITLE)
            raise SourceRefused(f"arXiv has no feed of the category {self._category}: {reason or 'no reason given'}")
        papers, refused = self._papers(channel)
        built = moment(text_of(channel, "lastBuildDate") or text_of(channel, "pubDate"))
        after = _Mark(
            etag=answer.validators.etag,
            modified=answer.validators.modified,
            day="" if built is None else built.date().isoformat(),
            ids=sha256(" ".join(sorted(papers)).encode()).hexdigest()[:16] if papers else before.ids,
        )
        wanted = tuple(paper for paper, is_new in papers.values() if is_new or self._replacements)
        note = _stale(before, after) if papers else _empty(now)
        return Harvest(papers=wanted, mark=msgspec.json.encode(after), refused=refused, note=note)

    def _papers(self, channel: Element) -> tuple[dict[PaperId, tuple[Paper, bool]], int]:
        """By id: each announced paper, and whether it is new here. Then how many items could not be read."""
        papers: dict[PaperId, tuple[Paper, bool]] = {}
        unreadable = 0
        for item in channel.findall("item")[:_ITEMS]:
            if (paper := _paper(item)) is None:
                unreadable += 1
            else:
                papers.setdefault(paper.id, (paper, _announced_as(item) in _NEW))
        if unreadable:
            log.warning("entries_refused", source=self.name, count=unreadable, reason="no arXiv id or no title")
        return papers, unreadable


def _read_mark(mark: bytes) -> _Mark:
    try:
        return msgspec.json.decode(mark, type=_Mark)
    except (msgspec.DecodeError, UnicodeDecodeError):  # the first reading, or another version's mark
        return _Mark()


def _stale(before: _Mark, after: _Mark) -> str:
    """What to say when yesterday's announcement stands under today's date, as seen on 2026-08-12: only the ids betray it."""
    if after.ids != before.ids or after.day == before.day:
        return ""
    return f"the feed of {after.day} still shows the announcement before; it is read again at the next time"


def _empty(now: datetime) -> str:
    if now.astimezone(_NEW_YORK).weekday() >= _SATURDAY:
        return "arXiv announces nothing until Monday"
    return "nothing announced: a holiday at arXiv, or not yet"


def _paper(item: Element) -> Paper | None:
    guid = text_of(item, "guid")
    description = text_of(item, "description")
    preamble = _PREAMBLE.match(description)
    named = [name for name in (guid, text_of(item, "link"), preamble["id"] if preamble else "") if recognise(name)]
    title = one_line(text_of(item, "title"), LONGEST_TITLE)
    if not named or title == "" or (id := recognise(named[0])) is None:
        return None
    return Paper(
        id=id,
        title=title,
        abstract=one_line(description[preamble.end() :] if preamble else description, LONGEST_ABSTRACT),
        authors=split_authors(text_of(item, f"{DC}creator")),
        categories=categories(element.text for element in item.findall("category")),
        doi=recognised_doi(text_of(item, f"{ARXIV}DOI")),
        journal=one_line(text_of(item, f"{ARXIV}journal_reference"), LONGEST_TITLE),
        version=next((version for name in named if (version := version_in(name))), None),
        # The date is the announcement's. A cross-list or a replacement was published some other day.
        published=moment(text_of(item, "pubDate")) if _announced_as(item) == "new" else None,
        sources=(NAME,),
    )


def _announced_as(item: Element) -> str:
    """`new`, `cross`, `replace` or `replace-cross`; what names no type is taken for new unless its version says otherwise."""
    if stated := text_of(item, f"{ARXIV}announce_type").lower():
        return stated
    if (preamble := _PREAMBLE.match(text_of(item, "description"))) is not None:
        return preamble["type"].lower()
    return "replace" if (version_in(text_of(item, "guid")) or 1) > 1 else "new"
