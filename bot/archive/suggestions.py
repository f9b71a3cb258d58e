"""Suggestions: how a query could be made narrower or broader, learnt from the papers it finds and those like them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from os.path import commonprefix
from typing import TYPE_CHECKING

from bot.archive.entry import SUBJECT
from bot.archive.relevance import likeness, rarity
from bot.archive.words import Word, overlap, said, spelling, surprise, tells, word
from bot.errors import BadQuery
from bot.folding import neutral
from bot.matching.numbers import positions
from bot.query import conditions, parse
from bot.query.nodes import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.archive.index import Index
    from bot.query import Query

_FEWEST = 4
"""Papers a query must find to be parted."""
_ASKED = 400
"""The newest papers whose words are counted: enough to know shares to a few percent, few enough for an answer at once."""
_SAME_WORD = 0.6
"""Two words whose papers overlap so much part a set in the same way."""
_PROFILE = 40
_NEIGHBOURS = 60
_FEW = 12
_DOUBT = 2.0
_STEM = 5
_ENDING = 3
_LEAST_SURPRISE = 3.84
"""Chance alone reaches it one time in twenty (chi-squared, one degree of freedom)."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A query that may serve better."""

    query: Query
    papers: int
    """Of the archive: how many a narrower query finds, how many a broader one adds."""


def narrower(index: Index, query: Query, limit: int) -> Sequence[Suggestion]:
    """Words that part what the query finds, by turns as one more word and as one to leave out."""
    found = index.bits(query.root)
    among = found.bit_count()
    if among < _FEWEST:
        return ()
    counts = said(index, found, most=_ASKED)
    asked = min(among, _ASKED)
    rated = []
    for text, count in counts.items():
        if 0 < count < asked:
            one = word(index, text)
            if tells(index, one):
                rated.append((-_parting(count / asked) * math.sqrt(one.telling), text, one))
    return tuple(_parted(index, query, found, [one for _, _, one in sorted(rated)], limit))


def _parting(share: float) -> float:
    """What is learnt from one yes or no, in bits: most where both are as likely."""
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share)


def _parted(index: Index, query: Query, found: int, words: Sequence[Word], limit: int) -> Iterator[Suggestion]:
    chosen: list[int] = []
    own = _own_words(query)
    for one in words:
        if len(chosen) == limit:
            return
        part = one.papers & found
        if one.text in own or any(overlap(part, other) > _SAME_WORD for other in chosen):
            continue
        sign = "-" if len(chosen) % 2 else ""
        better = _parsed(f"({query}) {sign}{spelling(index, one.text)}")
        if better is not None:
            papers = index.bits(better.root).bit_count()
            if 0 < papers < found.bit_count():
                chosen.append(part)
                yield Suggestion(better, papers)


def broader(index: Index, query: Query, limit: int) -> Sequence[Suggestion]:
    """Words that papers like those found say instead, the most alike first."""
    found = index.bits(query.root)
    others = index.everything & ~found
    if not found or not others:
        return ()
    own = _own_words(query)
    near = likeness(index, _profile(index, found, own), others)
    neighbours = sorted(near, key=lambda slot: (-near[slot], index.entry(slot).id))[:_NEIGHBOURS]
    counts = said(index, index.bitset(neighbours), most=_NEIGHBOURS)
    rated = []
    for text in counts:
        one = word(index, text)
        added = one.papers & others
        # A single paper's word is mostly its own name for its own thing.
        if text not in own and tells(index, one) and 1 < added.bit_count() <= max(_FEW, found.bit_count()):
            gain = _alike(added, near) * math.sqrt(one.telling) * math.log1p(_lift(index, one, found))
            rated.append((-gain, text))
    return tuple(_widened(index, query, others, [_wider(index, text, others, near) for _, text in sorted(rated)[: 3 * limit]], limit))


def _alike(papers: int, near: dict[int, float]) -> float:
    """How near these papers are on average, the fewer of them the more doubtful."""
    return sum(near.get(slot, 0.0) for slot in positions(papers)) / (papers.bit_count() + _DOUBT)


def _wider(index: Index, text: str, others: int, near: dict[int, float]) -> tuple[str, int]:
    """The word as people write it, or its beginning with a star where the papers of all words that begin so are no less near.

    With the bitset of those papers.
    """
    papers = index.standing(index.spellings(text), SUBJECT) & others
    if len(text) - _ENDING >= _STEM:
        tokens = [token for token in index.postings if token.startswith(text[:-_ENDING]) and token.isalpha()]
        begun = index.standing(tokens, SUBJECT) & others
        if len({neutral(token) for token in tokens}) > 1 and _alike(begun, near) >= _alike(papers, near):
            return f"{commonprefix(tokens)}*", begun
    return spelling(index, text), papers


def _lift(index: Index, word: Word, found: int) -> float:
    """How many times as often the papers found say the word as all papers do; half a paper more for each, so that no one proves much."""
    share = ((word.papers & found).bit_count() + 0.5) / (found.bit_count() + 1)
    return share / ((word.papers.bit_count() + 0.5) / (len(index) + 1))


def _profile(index: Index, found: int, own: frozenset[str]) -> dict[str, float]:
    """What the papers found are about besides the query's own words: words they say surprisingly often, with weights."""
    asked = min(found.bit_count(), _ASKED)
    rest = len(index) - found.bit_count()
    rated = []
    for text, count in said(index, found, most=_ASKED).items():
        one = word(index, text)
        if text in own or not tells(index, one):
            continue
        gain = surprise(count, asked, (one.papers & ~found).bit_count(), rest)
        if gain > _LEAST_SURPRISE:
            rated.append((-gain * one.telling, text, count / asked * rarity(index, one.papers.bit_count())))
    return {text: weight for _, text, weight in sorted(rated)[:_PROFILE]}


def _widened(index: Index, query: Query, others: int, terms: Sequence[tuple[str, int]], limit: int) -> Iterator[Suggestion]:
    chosen: list[int] = []
    for term, part in terms:
        if len(chosen) == limit:
            return
        if any(overlap(part, other) > _SAME_WORD for other in chosen):
            continue
        better = _parsed(f"({query}) OR {term}")
        if better is not None:
            chosen.append(part)
            yield Suggestion(better, (index.bits(better.root) & others).bit_count())


def _own_words(query: Query) -> frozenset[str]:
    """The number-neutral words that the query speaks of already, wanted or not."""
    words: set[str] = set()
    for condition in conditions(query):
        if isinstance(condition, Words):
            words.update(neutral(token) for spelling in condition.spellings for token in spelling)
    return frozenset(words)


def _parsed(text: str) -> Query | None:
    try:
        return parse(text)
    except BadQuery:  # over a limit, or a word that is none in the language: not worth suggesting
        return None
