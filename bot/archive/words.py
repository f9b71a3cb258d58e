"""Telling words: what sets papers apart, learnt from the archive and from no list."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.archive.entry import SUBJECT, TITLE
from bot.folding import neutral
from bot.matching.numbers import each, positions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.archive.index import Index

SHORTEST = 3
"""Letters of a word worth suggesting."""
_COMMON = 0.25
"""A word that more of the papers say is part of how papers are written, not of what they are about."""
_PRIOR = 4.0
"""Papers that a word must be said by to be judged by them rather than as any word."""
_PRIOR_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Word:
    """A number-neutral word of the archive."""

    text: str
    papers: int
    """The bitset of those that say it in title, abstract or keywords."""
    titles: int
    """How many say it in the title."""
    repeated: int
    """How many say it more than once."""
    alone: int
    """How many say it as a word of its own, not only inside compounds."""

    @property
    def telling(self) -> float:
        """How much papers that say the word are about it, from 0 to 1.

        What a paper is about stands in its title and comes back; "however" does neither and "via" does not come back. That content
        words, once said, are said again and others are not: K. Church, W. Gale, "Poisson mixtures", Natural Language Engineering
        1(2), 1995. Few papers prove little, so a word is a plain one at first.
        """
        papers = self.papers.bit_count() + _PRIOR
        return (self.titles + _PRIOR * _PRIOR_SHARE) * (self.repeated + _PRIOR * _PRIOR_SHARE) / papers**2

    @property
    def is_fragment(self) -> bool:
        """Whether it is mostly a part of compounds: the "self" of self-supervised."""
        return 2 * self.alone < self.papers.bit_count()


def word(index: Index, text: str) -> Word:
    """What the archive knows of a number-neutral word."""
    times: dict[int, int] = {}
    titles, alone = set[int](), set[int]()
    for one in index.occurrences(text):
        if one.places & SUBJECT:
            times[one.slot] = times.get(one.slot, 0) + one.times
            if one.places & TITLE:
                titles.add(one.slot)
            if one.alone:
                alone.add(one.slot)
    return Word(text, index.bitset(times), len(titles), sum(count > 1 for count in times.values()), len(alone))


def tells(index: Index, word: Word) -> bool:
    """Whether it may be worth suggesting at all: a whole word that not too many papers say."""
    return not word.is_fragment and word.papers.bit_count() <= _COMMON * len(index)


def said(index: Index, papers: int, *, most: int) -> Counter[str]:
    """How many of the papers say each number-neutral word; of more than `most` the newest are asked."""
    entries = sorted((index.entry(slot) for slot in positions(papers)), key=lambda entry: (entry.first_seen, entry.id), reverse=True)
    counts: Counter[str] = Counter()
    for entry in entries[:most]:
        counts.update({neutral(token) for token in entry.words() if _is_word(token)})
    return counts


def surprise(inside: int, among: int, outside: int, rest: int) -> float:
    """How surprisingly often something is said by `inside` of `among` papers, when `outside` of the `rest` say it; below 0 for rarely.

    T. Dunning, "Accurate methods for the statistics of surprise and coincidence", Computational Linguistics 19(1), 1993.
    """
    expected = (inside + outside) / (among + rest)
    gain = 2 * (
        _likelihood(inside, among, inside / among)
        + _likelihood(outside, rest, outside / rest if rest else 0.0)
        - _likelihood(inside, among, expected)
        - _likelihood(outside, rest, expected)
    )
    return gain if inside >= expected * among else -gain


def frequent(index: Index) -> Iterator[Word]:
    """The words that more than one paper says and that tell something, in no order."""
    words = {neutral(token) for token, held in index.postings.items() if _is_word(token) and not isinstance(held, int)}
    for text in words:
        one = word(index, text)
        if one.papers.bit_count() > 1 and tells(index, one):
            yield one


def spelling(index: Index, text: str) -> str:
    """The number-neutral word as people write it: the form that most papers have, the shortest of equals."""
    return min(index.spellings(text), key=lambda token: (-sum(1 for _ in each(index.postings[token])), len(token), token))


def _is_word(token: str) -> bool:
    return len(token) >= SHORTEST and token.isalpha()


def _likelihood(said: int, papers: int, share: float) -> float:
    return sum(count * math.log(part) for count, part in ((said, share), (papers - said, 1 - share)) if count and part > 0)


def overlap(one: int, other: int) -> float:
    """How much two sets of papers are the same, from 0 to 1 (Jaccard)."""
    either = (one | other).bit_count()
    return (one & other).bit_count() / either if either else 0.0
