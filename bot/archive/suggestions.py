"""Suggestions: how a query could be made narrower or broader, learnt from the papers it finds and from those like them."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from os.path import commonprefix
from typing import TYPE_CHECKING

from bot.archive.entry import SUBJECT
from bot.archive.relevance import likeness, rarity
from bot.archive.vocabulary import overlap, surprise
from bot.errors import BadQuery
from bot.folding import neutral
from bot.matching.numbers import positions
from bot.query import conditions, parse
from bot.query.nodes import Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.archive.index import Index
    from bot.archive.vocabulary import Vocabulary, Word
    from bot.query import Query

_FEWEST = 4
"""Papers a query must find to be parted."""
_ASKED = 300
"""The newest papers whose words are counted: enough to know shares to a few percent, few enough to answer at once."""
_SAME = 0.6
"""Of two words whose papers overlap so much one is enough."""
_SPARE = 4
"""Words looked at for each that is wanted: some turn out to say the same or not to be allowed."""
_PROFILE = 40
_NEIGHBOURS = 60
_FEW = 12
"""Papers that any rule may gain."""
_DOUBT = 2
_STEM = 5
_SURPRISING = 3.84
"""Chance alone reaches it one time in twenty (chi-squared, one degree of freedom)."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A query that may serve better."""

    query: Query
    papers: int
    """Of the archive: how many a narrower query finds, how many a broader one adds."""


def narrower(index: Index, vocabulary: Vocabulary, query: Query, limit: int) -> Sequence[Suggestion]:
    """Words that part what the query finds about in half, by turns as one more word and as one to leave out."""
    found = index.bits(query.root)
    if found.bit_count() < _FEWEST:
        return ()
    asked, own = min(found.bit_count(), _ASKED), _own_words(query)
    counts = vocabulary.said(found, most=_ASKED)
    rated = [(_parting(count / asked), text) for text, count in counts.items() if count < asked and text not in own]
    chosen: list[int] = []
    suggestions: list[Suggestion] = []
    for word in vocabulary.best(rated, _SPARE * limit):
        if len(suggestions) == limit:
            break
        part = vocabulary.papers(word.text) & found
        sign = "-" if len(chosen) % 2 else ""
        better = _parsed(f"({query}) {sign}{vocabulary.spelling(word.text)}")
        if better is not None and part != found and not _is_like_any(part, chosen):
            chosen.append(part)
            suggestions.append(Suggestion(better, index.bits(better.root).bit_count()))
    return suggestions


def broader(index: Index, vocabulary: Vocabulary, query: Query, limit: int) -> Sequence[Suggestion]:
    """Words that papers like those found say instead, the most alike first."""
    found = index.bits(query.root)
    others = index.everything & ~found
    if not found or not others:
        return ()
    own = _own_words(query)
    near = likeness(index, _profile(index, vocabulary, found, own), others)
    neighbours = sorted(near, key=lambda slot: (-near[slot], index.entry(slot).id))[:_NEIGHBOURS]
    counts = vocabulary.said(index.bitset(neighbours), most=_NEIGHBOURS)
    most = max(_FEW, found.bit_count())
    rated: list[tuple[float, str]] = []
    for text in counts:
        if text in own or not 1 < vocabulary.most(text) <= _SPARE * most:
            continue
        papers = vocabulary.papers(text)
        # A single paper's word is mostly its own name for its own thing.
        if 1 < (papers & others).bit_count() <= most:
            rated.append((_alike(papers & others, near) * _beside(index, papers, found), text))
    chosen: list[int] = []
    suggestions: list[Suggestion] = []
    words = vocabulary.best(rated, _SPARE * limit)
    for word in words:
        if len(suggestions) == limit:
            break
        term, part = _wider(index, vocabulary, word, words, others, near)
        better = _parsed(f"({query}) OR {term}")
        if better is not None and not _is_like_any(part, chosen):
            chosen.append(part)
            suggestions.append(Suggestion(better, (index.bits(better.root) & others).bit_count()))
    return suggestions


def _parting(share: float) -> float:
    """What is learnt from one yes or no, in bits: most where both are as likely."""
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share)


def _profile(index: Index, vocabulary: Vocabulary, found: int, own: frozenset[str]) -> dict[str, float]:
    """What the papers found are about besides the query's own words: words they say surprisingly often, with weights."""
    asked, rest = min(found.bit_count(), _ASKED), len(index) - found.bit_count()
    weights: dict[str, float] = {}
    rated: list[tuple[float, str]] = []
    counts = vocabulary.said(found, most=_ASKED)
    # Counting a word's papers takes a while, so it is done for those that look surprising at a glance.
    glance = {text: count * math.log(count * len(index) / (asked * vocabulary.most(text))) for text, count in counts.items()}
    for text in heapq.nlargest(_SPARE * _PROFILE, glance, key=lambda text: (glance[text], text)):
        papers = vocabulary.papers(text)
        gain = surprise(counts[text], asked, (papers & ~found).bit_count(), rest)
        if text not in own and gain > _SURPRISING:
            rated.append((gain, text))
            weights[text] = counts[text] / asked * rarity(index, papers.bit_count())
    return {word.text: weights[word.text] for word in vocabulary.best(rated, _PROFILE)}


def _alike(papers: int, near: Mapping[int, float]) -> float:
    """How near these papers are on average, the fewer of them the more doubtful."""
    return sum(near.get(slot, 0.0) for slot in positions(papers)) / (papers.bit_count() + _DOUBT)


def _beside(index: Index, papers: int, found: int) -> float:
    """How much a word goes with the papers found without being theirs.

    It rises with the word's lift there (half a paper more for each count, so that no one proves much), for it should not be a stranger;
    and falls with its share of them, for what all of them say is what they are about, not what others say instead.
    """
    both, share = (papers & found).bit_count() + 0.5, (papers & found).bit_count() / found.bit_count()
    lift = both / (found.bit_count() + 1) * (len(index) + 1) / (papers.bit_count() + 0.5)
    return math.log1p(lift) * (1 - share)


def _wider(
    index: Index, vocabulary: Vocabulary, word: Word, words: Sequence[Word], others: int, near: Mapping[int, float]
) -> tuple[str, int]:
    """The word as people write it, or a beginning it shares with one of `words`, with a star, if what that brings is no less near.

    With the bitset of those papers.
    """
    papers = vocabulary.papers(word.text) & others
    stems = {commonprefix((word.text, other.text)) for other in words if other is not word}  # noqa: RUF071 - these are words, no paths
    for stem in sorted(stem for stem in stems if len(stem) >= _STEM):
        begun = index.standing([token for token in index.postings if token.startswith(stem)], SUBJECT) & others
        if _alike(begun, near) >= _alike(papers, near):
            return f"{stem}*", begun
    return vocabulary.spelling(word.text), papers


def _is_like_any(part: int, chosen: Sequence[int]) -> bool:
    return any(overlap(part, other) > _SAME for other in chosen)


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
    except BadQuery:  # over a limit, or a word that means something else in the language: not worth suggesting
        return None
