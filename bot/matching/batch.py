"""A batch of papers turned on its side: for every fact somebody asks for, the bitset of the papers that meet it."""

from __future__ import annotations

from itertools import chain, compress, pairwise
from typing import TYPE_CHECKING

from bot.folding import neutral
from bot.matching.asked import head
from bot.matching.facts import accepts, kind, values
from bot.matching.few import members
from bot.matching.formula import Fact, letter
from bot.query.nodes import Prefix, Trait

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.document import Document, Passage
    from bot.matching.asked import Asked
    from bot.matching.facts import Plain, Value
    from bot.matching.formula import Term
    from bot.paper import PaperId


_DIGITS = bytes.maketrans(b"01", b"\0\1")
_DENSE = 8
"""Where more than one paper in so many is meant, reading all digits is faster than taking bits one by one (measured)."""


class Batch(dict[Fact, int]):
    """The facts of some documents, each with its bitset; a fact that none of them meets has 0.

    Complete for all that is `asked` when it is made: whoever walks the items meets every such fact that holds for some document. The
    work is done once for the batch, however many rules there are. The first document has the highest bit.
    """

    __slots__ = ("_documents", "_groups", "_ids", "_powers", "_repeats", "everything")

    def __init__(self, documents: Sequence[Document], asked: Asked) -> None:
        super().__init__()
        self.everything = (1 << len(documents)) - 1
        """The bitset of all documents."""
        self._documents = documents
        self._ids = [document.id for document in documents]
        self._powers = [0, *(1 << position for position in range(len(documents)))]
        self._repeats = len(set(self._ids)) < len(documents)
        self._groups: dict[object, dict[Value, int]] = {}
        beginnings: dict[str, list[Prefix]] = {}
        for fact in asked.facts:
            if isinstance(fact, Prefix):
                beginnings.setdefault(letter(fact.field), []).append(fact)
            else:
                self[fact]  # found by being asked for
        for field in {space.lower() for space in asked.words} | asked.heads.keys() | beginnings.keys():
            self._read(field, asked, beginnings.get(field, ()))

    def __missing__(self, fact: Fact) -> int:
        if isinstance(fact, Prefix) or (isinstance(fact, str) and not isinstance(fact, Trait)):
            return 0  # words were read, once and for all
        found = self[fact] = _union(bits for value, bits in self._grouped(fact).items() if accepts(fact, value))
        return found

    def ids(self, papers: int) -> tuple[PaperId, ...]:
        """The documents of a bitset by their identities, in their order, each once."""
        ids = self._ids
        told: list[PaperId] = []
        if papers.bit_count() * _DENSE > len(ids):
            told += compress(ids[len(ids) - papers.bit_length() :], f"{papers:b}".encode().translate(_DIGITS))
        else:
            powers = self._powers
            while papers:
                top = papers.bit_length()
                papers ^= powers[top]
                told.append(ids[-top])
        return tuple(dict.fromkeys(told)) if self._repeats else tuple(told)

    def _read(self, field: str, asked: Asked, beginnings: Iterable[Prefix]) -> None:
        """Walk every text of a field, by its letter, once: each token may be a word asked for, each two neighbours begin a phrase.

        What nobody asks for is passed over without a step of ours: the views of the keys do it.
        """
        names, known = _Names(field), self.get
        words, heads = asked.words.get(field, {}).keys(), asked.heads.get(field, {})
        bit = 1 << len(self._documents)
        for document in self._documents:
            bit >>= 1
            texts = streams(document, field)
            named = [tuple(map(names.__getitem__, text)) for text in texts]
            for word in words & chain.from_iterable(named):
                self[word] = known(word, 0) | bit
            for exact, neutral_words in zip(texts, named, strict=True) if heads else ():
                found = heads.keys() & map(head, pairwise(neutral_words))
                if found:
                    spelt = {field: f" {' '.join(neutral_words)} ".replace(f" {field}", " "), field.upper(): f" {' '.join(exact)} "}
                    for phrase in chain.from_iterable(map(members, map(heads.__getitem__, found))):
                        if f" {phrase[1:]} " in spelt[phrase[0]]:
                            self[phrase] = known(phrase, 0) | bit
        self._read_exactly(field, _telling(names, field.upper(), asked.words.get(field.upper(), {}), beginnings))

    def _read_exactly(self, field: str, telling: Mapping[str, list[Fact]]) -> None:
        """Walk every text of a field once more for a few tokens, as folded, and the facts that each of them tells."""
        known = self.get
        bit = 1 << len(self._documents)
        for document in self._documents if telling else ():
            bit >>= 1
            for token in telling.keys() & chain.from_iterable(streams(document, field)):
                for fact in telling[token]:
                    self[fact] = known(fact, 0) | bit

    def _grouped(self, fact: Plain) -> dict[Value, int]:
        """Every value that some document has of the kind the fact is about, with its bitset."""
        group = self._groups.get(kind(fact))
        if group is None:
            group = self._groups[kind(fact)] = {}
            bit = 1 << len(self._documents)
            for document in self._documents:
                bit >>= 1
                for value in values(fact, document):
                    group[value] = group.get(value, 0) | bit
        return group


class _Names(dict[str, "Term"]):
    """Of every token met in a field the number-neutral word, as a term; of a gap none that anybody asks for."""

    def __init__(self, field: str) -> None:
        super().__init__()
        self._field = field

    def __missing__(self, token: str) -> Term:
        found = self[token] = self._field + neutral(token)
        return found


def _telling(tokens: Iterable[str], space: str, words: Mapping[Term, int], beginnings: Iterable[Prefix]) -> dict[str, list[Fact]]:
    """Which of the tokens are one of the words of an exact space, or begin as asked, and the facts they tell."""
    telling: dict[str, list[Fact]] = {}
    stems = {prefix.stem: prefix for prefix in beginnings}
    lengths = {len(stem) for stem in stems}
    for token in tokens:
        if words and space + token in words:
            telling.setdefault(token, []).append(space + token)
        for length in lengths:
            if token[:length] in stems:
                telling.setdefault(token, []).append(stems[token[:length]])
    return telling


def streams(document: Document, field: str) -> list[tuple[str, ...]]:
    """The token streams in which a term of the field, by its letter, may stand; none twice."""
    found: list[tuple[str, ...]] = []
    for passage in _passages(document, field):
        found.append(passage.apart)
        if passage.joined is not passage.apart:
            found.append(passage.joined)
    return found


def _passages(document: Document, field: str) -> tuple[Passage, ...]:
    match field:
        case "w":
            return document.title, document.abstract, document.keywords
        case "t":
            return (document.title,)
        case "a":
            return (document.abstract,)
        case "p":
            return (document.authors,)
        case _:
            return (document.organisation,)


def _union(bitsets: Iterable[int]) -> int:
    found = 0
    for bits in bitsets:
        found |= bits
    return found
