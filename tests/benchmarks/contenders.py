"""Other ways to match a batch of papers, each as good as we could make it: what the percolator is compared with."""

from __future__ import annotations

import random
import sqlite3
import time
from typing import TYPE_CHECKING

from ahocorasick_rs import AhoCorasick

from bot.folding import neutral
from bot.matching.asked import Asked
from bot.matching.batch import Batch, streams
from bot.matching.formula import facts
from bot.query import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.channel import Address
    from bot.document import Document
    from bot.matching import Percolator
    from bot.matching.formula import Fact
    from bot.paper import PaperId
    from bot.query import Query

    Matches = Mapping[Address, tuple[PaperId, ...]]


def asked_for(percolator: Percolator) -> tuple[list[str], Asked]:
    """All terms that the rules hold, and the facts that are none."""
    terms: dict[str, None] = {}
    others = Asked()
    for fact in {fact for formula in percolator._rules for fact in facts(formula)}:
        if type(fact) is str:
            terms[fact] = None
        else:
            others.add(fact)
    return sorted(terms), others


def texts(document: Document, space: str) -> str:
    """The tokens of a space, a blank around each and something that is no token between streams."""
    parts = [stream if space.isupper() else map(neutral, stream) for stream in streams(document, space.lower())]
    return "".join(f" {' '.join(part)} | " for part in parts)


class _Filled(Batch):
    """A batch whose terms somebody else looked for."""

    __slots__ = ()

    def __init__(self, documents: Sequence[Document], others: Asked, terms: Mapping[Fact, int]) -> None:
        super().__init__(documents, others)
        self.update(terms)


class Automaton:
    """`ahocorasick_rs` finds the terms, one automaton for each space; then the same resolution as ours."""

    def __init__(self, percolator: Percolator) -> None:
        self._percolator = percolator
        terms, self._others = asked_for(percolator)
        self._terms = {space: [term for term in terms if term[0] == space] for space in sorted({term[0] for term in terms})}
        self._automata = {space: AhoCorasick([f" {term[1:]} " for term in own]) for space, own in self._terms.items()}

    def match(self, documents: Sequence[Document]) -> Matches:
        """As `Percolator.match`."""
        found: dict[Fact, int] = {}
        for space, automaton in self._automata.items():
            terms = self._terms[space]
            bit = 1 << len(documents)
            for document in documents:
                bit >>= 1
                hits = automaton.find_matches_as_indexes(texts(document, space), overlapping=True)
                for at in {at for at, _, _ in hits}:
                    found[terms[at]] = found.get(terms[at], 0) | bit
        return self._percolator._resolved(_Filled(documents, self._others, found))


class FullText:
    """An SQLite FTS5 index of the batch, asked once for each distinct term; then the same resolution as ours."""

    def __init__(self, percolator: Percolator) -> None:
        self._percolator = percolator
        self._terms, self._others = asked_for(percolator)

    def match(self, documents: Sequence[Document]) -> Matches:
        """As `Percolator.match`."""
        spaces = sorted({term[0] for term in self._terms})
        names = {space: f"{'exact' if space.isupper() else 'plain'}_{space.lower()}" for space in spaces}
        base = sqlite3.connect(":memory:")
        base.execute(f"CREATE VIRTUAL TABLE batch USING fts5({', '.join(names.values())}, content='', columnsize=0)")
        holes = ", ".join("?" * (len(spaces) + 1))
        rows = ((number, *(texts(one, space).replace("|", "zzgapzz") for space in spaces)) for number, one in enumerate(documents))
        base.executemany(f"INSERT INTO batch(rowid, {', '.join(names.values())}) VALUES ({holes})", rows)
        top = len(documents) - 1
        found: dict[Fact, int] = {}
        for term in self._terms:
            bits = 0
            for (number,) in base.execute("SELECT rowid FROM batch WHERE batch MATCH ?", (f'{names[term[0]]}:"{term[1:]}"',)):
                bits |= 1 << (top - number)
            if bits:
                found[term] = bits
        base.close()
        return self._percolator._resolved(_Filled(documents, self._others, found))


def one_by_one(queries: Iterable[Query], documents: Sequence[Document], *, sample: int) -> float:
    """Seconds for one question "does this paper meet this query?", the mean of so many: what a plain loop would ask millions of."""
    chance = random.Random(7)
    known = list(queries)
    pairs = [(chance.choice(known), chance.choice(documents)) for _ in range(sample)]
    begun = time.perf_counter()
    for query, document in pairs:
        matches(query, document)
    return (time.perf_counter() - begun) / sample
