"""What this process knows by heart: the archive and the percolator, kept in step with the store.

Every process has its own. Before an answer or a match depends on it, `catch_up` reads only what changed since the last time, so
any number of processes agree without talking to each other.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import structlog

from bot.archive import Archive
from bot.errors import BadQuery
from bot.matching import Percolator
from bot.query import Query, parse

if TYPE_CHECKING:
    from datetime import datetime

    from bot.channel import Channel
    from bot.ports import Channels, Papers

ARCHIVE_KEEPS = timedelta(days=90)

_log = structlog.get_logger(__name__)


class Memory:
    """The archive of the newest papers, and every channel's rules ready for matching."""

    def __init__(self, *, channels: Channels, papers: Papers) -> None:
        self.archive = Archive()
        self.percolator = Percolator()
        self.rules = 0
        """The revision of the rules that the percolator stands at."""
        self._channels = channels
        self._papers = papers
        self._papers_read = 0
        self._turn = asyncio.Lock()

    async def catch_up(self, now: datetime) -> None:
        """Read what other processes, or this one, changed in the store. Cheap when nothing did."""
        async with self._turn:
            await self._read_papers(now)
            await self._read_rules()

    async def forget_gone(self) -> int:
        """Drop from the archive what the store does not keep any more: a search must not count what cannot be shown. Returns how many."""
        async with self._turn:
            gone = await self._papers.gone(list(self.archive))
            for id in gone:
                self.archive.discard(id)
            return len(gone)

    async def _read_papers(self, now: datetime) -> None:
        oldest = now - ARCHIVE_KEEPS
        async for revision, papers in self._papers.changes(self._papers_read):
            for paper in papers:
                if paper.first_seen is None or paper.first_seen >= oldest:
                    self.archive.add(paper)
            self._papers_read = revision
        self.archive.drop_before(oldest)

    async def _read_rules(self) -> None:
        async for changes in self._channels.changes(self.rules):
            if changes.complete:
                self.percolator.clear()
            for channel in changes.channels:
                self.percolator.replace(channel.address, rules_of(channel))
            self.rules = changes.revision


def rules_of(channel: Channel) -> tuple[Query, ...]:
    """The channel's queries, ready to ask; one that this version no longer understands is left out (and logged, once)."""
    return tuple(query for one in channel.subscriptions if (query := understood(one.query)) is not None)


@lru_cache(maxsize=100_000)
def understood(text: str) -> Query | None:
    """A stored query text as a value; None if this version does not understand it any more.

    Texts are parsed before they are stored, so None means that the language changed under a rule: it is logged the first time and
    the channel sees it marked in `list`; nothing is deleted.
    """
    try:
        return parse(text)
    except BadQuery as exc:
        _log.error("stored_rule_not_understood", query=text, reason=exc.reason)
        return None
