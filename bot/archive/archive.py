"""The archive's face to the rest of the bot."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.archive import suggestions
from bot.archive.entry import KEYWORDS, SUBJECT, TITLE, Entry, mentions
from bot.archive.index import Index
from bot.archive.relevance import likeness, rarity, relevance, weights
from bot.archive.suggestions import Suggestion
from bot.archive.vocabulary import Vocabulary
from bot.document import document
from bot.folding import fold, neutral
from bot.matching.numbers import positions
from bot.paper import PaperId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bot.paper import Paper
    from bot.query import Query
    from bot.query.nodes import Condition

__all__ = ["Archive", "Found", "Suggestion"]

_TELLING_WORDS = 40
"""Of a paper, for finding similar ones; further ones change the order little."""
_TITLE = 2
"""What a mention in the title counts for more than one in the abstract."""


@dataclass(frozen=True, slots=True)
class Found:
    """A paper that was found."""

    id: PaperId
    score: float
    """0 and more; comparable within one answer only."""


class Archive:
    """An index of papers in memory: what they say, when they came, how they are voted. The records themselves stay in the store.

    Papers are as new as the moment the bot first saw them. Every answer depends on the papers in it alone, not on the order in which
    they were added. Not for use by several threads at once.
    """

    def __init__(self) -> None:
        self._index = Index()
        self._vocabulary = Vocabulary(self._index)
        self._oldest: datetime | None = None
        self._recent: dict[datetime, int] = {}

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self._index.slot(PaperId(id)) is not None

    def __iter__(self) -> Iterator[PaperId]:
        return (entry.id for entry in self._index)

    def add(self, paper: Paper) -> None:
        """Take a paper in; a record of the same id replaces the older one."""
        self._index.put(Entry.of(paper, document(paper)))
        self._changed()

    def discard(self, id: PaperId) -> None:
        """Take a paper out; nothing happens if it is not in."""
        self._index.take(id)
        self._changed()

    def drop_before(self, moment: datetime) -> None:
        """Take out all that the bot first saw before an aware `moment`. Costs nothing when there are none."""
        if self.oldest is None or self.oldest >= moment:
            return
        for id in [entry.id for entry in self._index if entry.first_seen < moment]:
            self.discard(id)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest paper was first seen, aware UTC; None if the archive is empty."""
        if self._oldest is None:
            self._oldest = min((entry.first_seen for entry in self._index), default=None)
        return self._oldest

    def search(self, query: Query) -> Sequence[Found]:
        """The papers that meet the query, exactly those `bot.query.matches` finds, best first.

        By relevance to the wanted words, then the newest, then the most voted; for a query without wanted words all scores are 0.
        """
        scores = relevance(self._index, query.root, self._index.bits(query.root))
        return self._ranked(scores, len(scores))

    def matching(self, query: Query, since: datetime | None) -> Sequence[PaperId]:
        """The papers that meet the query, newest first; only those first seen at or after an aware `since` unless it is None."""
        found = self._index.bits(query.root, self._since(since))
        return [entry.id for entry in sorted(map(self._index.entry, positions(found)), key=_newest, reverse=True)]

    def days(self, query: Query, now: datetime, days: int = 7) -> tuple[int, ...]:
        """How many papers that meet the query came on each of the last days of 24 hours up to an aware `now`, the oldest day first."""
        found = self._index.bits(query.root, self._since(now - timedelta(days=days)))
        ages = Counter((now - self._index.entry(slot).first_seen) // timedelta(days=1) for slot in positions(found))
        return tuple(ages[age] for age in reversed(range(days)))

    def most_voted(self, limit: int) -> Sequence[PaperId]:
        """Papers with votes, the most voted first, the newer of equals."""
        voted = sorted((entry for entry in self._index if entry.upvotes), key=lambda entry: (entry.upvotes, *_newest(entry)), reverse=True)
        return [entry.id for entry in voted[:limit]]

    def rarity(self, condition: Condition) -> float:
        """How telling it is that a paper meets the condition: above 0, the fewer papers do, the higher (inverse document frequency)."""
        return rarity(self._index, self._index.bits(condition).bit_count())

    def similar(self, paper: PaperId | Paper, limit: int) -> Sequence[Found]:
        """The papers most like one, best first, never that paper itself.

        Alike are papers that say the words which set this one apart, scored from 0 to 1. Empty for an id that is not in the archive and
        for a paper that shares no telling word with any.
        """
        entry = self._entry(paper)
        if entry is None:
            return ()
        own = self._index.slot(entry.id)
        among = self._index.everything & ~(0 if own is None else 1 << own)
        telling = weights(self._index, _said(entry), most=_TELLING_WORDS)
        return self._ranked(likeness(self._index, telling, among), limit)

    def narrower(self, query: Query, limit: int) -> Sequence[Suggestion]:
        """Queries that find a telling part of what this one finds, best first; empty if it finds too few papers to part.

        `Suggestion.papers` is how many of the archive's papers the narrower query finds.
        """
        return suggestions.narrower(self._index, self._vocabulary, query, limit)

    def broader(self, query: Query, limit: int) -> Sequence[Suggestion]:
        """Queries that also find what papers like these say instead, best first; empty if the archive knows none.

        `Suggestion.papers` is how many of the archive's papers the broader query adds.
        """
        return suggestions.broader(self._index, self._vocabulary, query, limit)

    def popular(self, limit: int) -> Sequence[str]:
        """Words that many papers say and that tell something, as people write them, the best first: for completing what is typed."""
        return self._vocabulary.popular(limit)

    def recent(self, limit: int) -> Sequence[str]:
        """The same of the newest papers alone: what is talked about now."""
        return self._vocabulary.recent(limit)

    def beginning(self, stem: str, limit: int) -> Sequence[str]:
        """Words of the papers that begin with what is typed so far, in any case, as people write them, the likeliest first."""
        return self._vocabulary.beginning(fold(stem), limit)

    def categories(self, limit: int) -> Sequence[str]:
        """The categories that papers are in, as written ("cs.CL"), those with the most papers first."""
        counts = Counter(category for entry in self._index for category in entry.categories)
        return sorted(counts, key=lambda category: (-counts[category], category))[:limit]

    def _changed(self) -> None:
        self._vocabulary = Vocabulary(self._index)
        self._oldest = None
        self._recent.clear()

    def _since(self, moment: datetime | None) -> int | None:
        """The bitset of the papers from a moment on; None, which means all of them, for None."""
        if moment is None:
            return None
        found = self._recent.get(moment)
        if found is None:
            index = self._index
            found = index.bitset(slot for slot in positions(index.everything) if index.entry(slot).first_seen >= moment)
            # A list of rules asks for all of them from the same moment; another command asks from another.
            self._recent = {moment: found}
        return found

    def _entry(self, paper: PaperId | Paper) -> Entry | None:
        if not isinstance(paper, str):
            return Entry.of(paper, document(paper))
        slot = self._index.slot(paper)
        return None if slot is None else self._index.entry(slot)

    def _ranked(self, scores: dict[int, float], limit: int) -> Sequence[Found]:
        best = sorted(((score, *_newest(self._index.entry(slot))) for slot, score in scores.items()), reverse=True)
        return [Found(id, score) for score, _, _, id in best[:limit]]


def _newest(entry: Entry) -> tuple[datetime, int, PaperId]:
    return entry.first_seen, entry.upvotes or 0, entry.id


def _said(entry: Entry) -> dict[str, float]:
    """How often the subject says each number-neutral word."""
    counts: dict[str, float] = {}
    for token, one in mentions(entry.passages()).items():
        if one.places & SUBJECT and token.isalpha():
            word = neutral(token)
            counts[word] = counts.get(word, 0.0) + one.times + (_TITLE if one.places & (TITLE | KEYWORDS) else 0)
    return counts
