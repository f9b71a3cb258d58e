"""Other ways to match a batch of papers, each as good as we could make it: what the percolator is compared with."""

from __future__ import annotations

import random
import sqlite3
import time
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from ahocorasick_rs import AhoCorasick

from bot.folding import neutral
from bot.matching.asked import Asked
from bot.matching.batch import Batch, streams
from bot.matching.formula import NOT, OR, facts
from bot.matching.percolator import _no_collection
from bot.query import matches
from bot.query.nodes import Trait

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.channel import Address
    from bot.document import Document
    from bot.matching import Percolator
    from bot.matching.formula import Fact, Formula
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
        with _no_collection():  # ours keeps it away too
            return self._matched(documents)

    def _matched(self, documents: Sequence[Document]) -> Matches:
        found: dict[Fact, int] = {}
        for space, automaton in self._automata.items():
            terms = self._terms[space]
            bit = 1 << len(documents)
            for document in documents:
                bit >>= 1
                hits = automaton.find_matches_as_indexes(texts(document, space), overlapping=True)
                for at in {at for at, _, _ in hits}:
                    found[terms[at]] = found.get(terms[at], 0) | bit
        batch = _Filled(documents, self._others, found)
        return self._percolator._answer(self._percolator._met(batch), batch)


class FullText:
    """An SQLite FTS5 index of the batch, asked once for each distinct rule; what it cannot express is added as we do it.

    The questions are worded beforehand, as the automata are built beforehand.
    """

    def __init__(self, percolator: Percolator) -> None:
        self._percolator = percolator
        terms, self._others = asked_for(percolator)
        self._columns = {
            space: f"{'exact' if space.isupper() else 'plain'}_{space.lower()}" for space in sorted({term[0] for term in terms})
        }
        self._questions = [(rule, self._question(rule.formula)) for rule in percolator._rules.values()]

    def match(self, documents: Sequence[Document]) -> Matches:
        """As `Percolator.match`."""
        with _no_collection():  # ours keeps it away too
            return self._matched(documents)

    def _matched(self, documents: Sequence[Document]) -> Matches:
        base = self._indexed(documents)
        batch = Batch(documents, self._others)
        top = len(documents) - 1

        def asked(question: str) -> int:
            return sum(1 << (top - number) for (number,) in base.execute("SELECT rowid FROM batch WHERE batch MATCH ?", (question,)))

        def bits(formula: Formula) -> int:
            question = self._question(formula)
            if question:
                return asked(question)
            if not isinstance(formula, tuple):
                return batch[formula]
            # Only AND joins words with facts in this crowd.
            return reduce(and_, map(bits, formula[1:]))

        met = ((rule, asked(question) if question else bits(rule.formula)) for rule, question in self._questions)
        answer = self._percolator._answer(((rule, papers) for rule, papers in met if papers), batch)
        base.close()
        return answer

    def _indexed(self, documents: Sequence[Document]) -> sqlite3.Connection:
        base = sqlite3.connect(":memory:")
        names = ", ".join(self._columns.values())
        base.execute(f"CREATE VIRTUAL TABLE batch USING fts5({names}, content='', columnsize=0)")
        rows = ((at, *(texts(one, space).replace("|", "zzgapzz") for space in self._columns)) for at, one in enumerate(documents))
        base.executemany(f"INSERT INTO batch(rowid, {names}) VALUES (?{', ?' * len(self._columns)})", rows)
        return base

    def _question(self, formula: Formula) -> str:
        """The formula in FTS5's language; "" if it has no words for it."""
        if isinstance(formula, str) and not isinstance(formula, Trait):
            return f'{self._columns[formula[0]]}:"{formula[1:]}"'
        if not isinstance(formula, tuple):
            return ""
        parts = [self._question(part[1] if isinstance(part, tuple) and part[0] == NOT else part) for part in formula[1:]]
        if not all(parts) or formula[0] == NOT:
            return ""
        if formula[0] == OR:
            return f"({' OR '.join(parts)})"
        wanted = " AND ".join(text for part, text in zip(formula[1:], parts, strict=True) if not isinstance(part, tuple) or part[0] != NOT)
        unwanted = [text for part, text in zip(formula[1:], parts, strict=True) if isinstance(part, tuple) and part[0] == NOT]
        return f"(({wanted}){''.join(f' NOT {text}' for text in unwanted)})"


def one_by_one(queries: Iterable[Query], documents: Sequence[Document], *, sample: int) -> float:
    """Seconds for one question "does this paper meet this query?", the mean of so many: what a plain loop would ask millions of."""
    chance = random.Random(7)
    known = list(queries)
    pairs = [(chance.choice(known), chance.choice(documents)) for _ in range(sample)]
    begun = time.perf_counter()
    for query, document in pairs:
        matches(query, document)
    return (time.perf_counter() - begun) / sample
