"""A batch of papers turned on its side: for every fact somebody asks for, the bitset of the papers that meet it."""

from __future__ import annotations

from bisect import bisect_left
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

    __slots__ = ("_documents", "_groups", "_ids", "_names", "_postings", "_powers", "_repeats", "_sorted", "everything")

    def __init__(self, documents: Sequence[Document], asked: Asked) -> None:
        super().__init__()
        self.everything = (1 << len(documents)) - 1
        """The bitset of all documents."""
        self._documents = documents
        self._ids = [document.id for document in documents]
        self._powers = [0, *(1 << position for position in range(len(documents)))]
        self._repeats = len(set(self._ids)) < len(documents)
        self._postings: dict[str, dict[str, int]] = {}
        self._sorted: dict[str, list[str]] = {}
        self._groups: dict[object, dict[Value, int]] = {}
        self._names = {"": ""}
        for space in asked.spaces:
            postings = self._posted(space.lower())
            if space.islower():
                self._file_neutral(space, postings)
            else:
                self.update({space + token: bits for token, bits in postings.items()})
        for field, heads in asked.heads.items():
            self._file_phrases(field, heads)
        for fact in asked.facts:
            self[fact]  # found by being asked for

    def __missing__(self, fact: Fact) -> int:
        if isinstance(fact, Prefix):
            found = self._begun(letter(fact.field), fact.stem)
        elif isinstance(fact, str) and not isinstance(fact, Trait):
            found = 0
        else:
            found = _union(bits for value, bits in self._grouped(fact).items() if accepts(fact, value))
        self[fact] = found
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

    def _posted(self, field: str) -> dict[str, int]:
        """Every token of the field's passages, as folded, with its bitset. A field goes by its letter."""
        if field not in self._postings:
            postings: dict[str, int] = {}
            get = postings.get
            bit = 1 << len(self._documents)
            for document in self._documents:
                bit >>= 1
                for token in set[str]().union(*streams(document, field)):
                    postings[token] = get(token, 0) | bit
            postings.pop("", None)  # a gap is not a word
            self._postings[field] = postings
        return self._postings[field]

    def _begun(self, space: str, stem: str) -> int:
        postings = self._posted(space)
        tokens = self._sorted.get(space)
        if tokens is None:
            tokens = self._sorted[space] = sorted(postings)
        found = 0
        for at in range(bisect_left(tokens, stem), len(tokens)):
            if not tokens[at].startswith(stem):
                break
            found |= postings[tokens[at]]
        return found

    def _file_neutral(self, space: str, postings: Mapping[str, int]) -> None:
        names, get = self._neutral(postings), self.get
        for token, bits in postings.items():
            term = space + names[token]
            self[term] = get(term, 0) | bits

    def _file_phrases(self, field: str, heads: Mapping[int, Term | list[Term]]) -> None:
        """Walk every text once, whatever the number of phrases, and look each two neighbours up."""
        names = self._neutral(self._posted(field))
        bit = 1 << len(self._documents)
        for document in self._documents:
            bit >>= 1
            for exact in streams(document, field):
                folded = tuple(map(names.__getitem__, exact))
                found = heads.keys() & map(head, pairwise(folded))
                if found:
                    texts = {field: f" {' '.join(folded)} ", field.upper(): f" {' '.join(exact)} "}
                    for phrase in chain.from_iterable(members(heads[one]) for one in found):
                        known = self.get(phrase, 0)
                        if not known & bit and f" {phrase[1:]} " in texts[phrase[0]]:
                            self[phrase] = known | bit

    def _neutral(self, tokens: Iterable[str]) -> Mapping[str, str]:
        """The number-neutral form of these tokens, of a gap, and maybe of others."""
        names = self._names
        for token in tokens:
            if token not in names:
                names[token] = neutral(token)
        return names

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
