"""Telling words: what sets papers apart, learnt from the archive and from no list."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.archive.entry import SUBJECT, TITLE
from bot.archive.index import ALONE, MOST_TIMES, SLOT, TIMES
from bot.folding import neutral
from bot.matching.numbers import each, positions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.archive.index import Index

SHORTEST = 3
"""Letters of a word worth suggesting."""
_COMMON = 0.25
"""A word that more of the papers say is part of how papers are written, not of what they are about."""
_PRIOR = 4.0
"""Papers that a word must be said by to be judged by them rather than as any word."""
_PRIOR_SHARE = 0.1
_NEWEST = 300
"""Papers of about a day or two: what is new in them is new."""
_SPARE = 4
"""Words looked at for each that is wanted, for some turn out to tell little."""


@dataclass(frozen=True, slots=True)
class Word:
    """A number-neutral word of the archive, by the papers that say it in title, abstract or keywords."""

    text: str
    papers: int
    """How many say it."""
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
        prior = _PRIOR * _PRIOR_SHARE
        return (self.titles + prior) * (self.repeated + prior) / (self.papers + _PRIOR) ** 2

    @property
    def is_fragment(self) -> bool:
        """Whether it is mostly a part of compounds: the "self" of self-supervised."""
        return 2 * self.alone < self.papers


class Vocabulary:
    """The words of an index; valid until the index changes."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._known: dict[str, Word] = {}
        self._popular: tuple[int, list[str]] = (0, [])
        self._recent: tuple[int, list[str]] = (0, [])

    def word(self, text: str) -> Word:
        """What is known of a number-neutral word."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._counted(text)
        return known

    def papers(self, text: str) -> int:
        """The bitset of the papers that say a number-neutral word in title, abstract or keywords."""
        return self._index.standing(self._index.spellings(text), SUBJECT)

    def most(self, text: str) -> int:
        """How many papers say a number-neutral word at most, found without looking at one: counts each form and authors' names as well."""
        postings = self._index.postings
        return sum(1 if isinstance(held := postings[token], int) else len(held) for token in self._index.spellings(text))

    def tells(self, word: Word) -> bool:
        """Whether it may be worth suggesting at all: a whole word that not too many papers say."""
        return not word.is_fragment and word.papers <= _COMMON * len(self._index)

    def said(self, papers: int, *, most: int) -> Counter[str]:
        """How many of the papers say each number-neutral word; of more than `most` papers the newest are asked."""
        index, counts = self._index, Counter[str]()
        entries = [index.entry(slot) for slot in positions(papers)]
        for entry in heapq.nlargest(most, entries, key=lambda entry: (entry.first_seen, entry.id)):
            counts.update({neutral(token) for passage in entry.passages()[:3] for token in passage.joined if is_word(token)})
        return counts

    def best(self, texts: Iterable[tuple[float, str]], limit: int) -> list[Word]:
        """The words with the highest product of a number of their own and of how telling they are.

        Args:
            texts: Each number-neutral word with its number, which is not negative. Words that do not tell are left out.
        """
        chosen: list[tuple[float, str]] = []
        for number, text in sorted(texts, key=lambda one: (-one[0], one[1])):
            # Nothing is more telling than 1, so what follows cannot get among the best any more. It saves looking at most words.
            if len(chosen) == limit and -chosen[-1][0] >= number:
                break
            word = self.word(text)
            if self.tells(word):
                chosen = sorted([*chosen, (-number * math.sqrt(word.telling), text)])[:limit]
        return [self.word(text) for _, text in chosen]

    def popular(self, limit: int) -> list[str]:
        """Words that many papers say and that tell something, as people write them, the best first. Remembered for the next time."""
        if self._popular[0] != limit:
            self._popular = limit, self._most_said(limit)
        return self._popular[1]

    def _most_said(self, limit: int) -> list[str]:
        counts: Counter[str] = Counter()
        for token, held in self._index.postings.items():
            if is_word(token) and not isinstance(held, int):
                counts[neutral(token)] += len(held)
        return [self.spelling(word.text) for word in self.best([(count, text) for text, count in counts.items()], limit)]

    def recent(self, limit: int) -> list[str]:
        """The same of the newest papers alone: what is talked about now."""
        if self._recent[0] != limit:
            counts = self.said(self._index.everything, most=_NEWEST)
            best = self.best([(count, text) for text, count in counts.items()], limit)
            self._recent = limit, [self.spelling(word.text) for word in best]
        return self._recent[1]

    def beginning(self, stem: str, limit: int) -> list[str]:
        """Words that begin with a folded stem, as people write them, those that tell something and many papers say first.

        A word in another form than the one that begins so (curricula) may be spelt as most do (curriculum).
        """
        counts: Counter[str] = Counter()
        for token, held in self._index.postings.items():
            if token.startswith(stem) and is_word(token):
                counts[neutral(token)] += 1 if isinstance(held, int) else len(held)
        # Looking closely at a word takes a while, so it is done for those that many papers say.
        likely = [self.word(text) for text in heapq.nlargest(_SPARE * limit, counts, key=lambda text: (counts[text], text))]
        said = [word for word in likely if word.papers]
        said.sort(key=lambda word: (not self.tells(word), -word.papers * math.sqrt(word.telling), word.text))
        return [self.spelling(word.text) for word in said[:limit]]

    def spelling(self, text: str) -> str:
        """The number-neutral word as people write it: the form that most papers have, the shortest of equals."""
        postings = self._index.postings
        return min(self._index.spellings(text), key=lambda token: (-len(list(each(postings[token]))), len(token), token))

    def _counted(self, text: str) -> Word:
        times: dict[int, int] = {}
        titles, alone = set[int](), set[int]()
        for posting in self._index.stands(text):
            if posting & SUBJECT:
                slot = posting >> SLOT
                times[slot] = times.get(slot, 0) + (posting >> TIMES & MOST_TIMES)
                if posting & TITLE:
                    titles.add(slot)
                if posting & ALONE:
                    alone.add(slot)
        return Word(text, len(times), len(titles), sum(count > 1 for count in times.values()), len(alone))


def is_word(token: str) -> bool:
    """Whether it looks like a word rather than a number, a formula or a sign."""
    return len(token) >= SHORTEST and token.isalpha()


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


def overlap(one: int, other: int) -> float:
    """How much two sets of papers are the same, from 0 to 1 (Jaccard)."""
    either = (one | other).bit_count()
    return (one & other).bit_count() / either if either else 0.0


def _likelihood(said: int, papers: int, share: float) -> float:
    return sum(count * math.log(part) for count, part in ((said, share), (papers - said, 1 - share)) if count and part > 0)
