"""The index of the archive: which papers say which words, and the bitsets of facts that queries are made of."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from bot.archive.entry import PLACES_OF, mentions
from bot.folding import neutral
from bot.matching.facts import accepts, values
from bot.matching.few import joined, members, parted
from bot.matching.formula import Fact, compiled, evaluate, letter
from bot.matching.numbers import added, each, positions, removed
from bot.paper import PaperId
from bot.query.nodes import HasId, Prefix, Trait

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.archive.entry import Entry
    from bot.matching.facts import Plain
    from bot.matching.formula import Term
    from bot.matching.numbers import Numbers
    from bot.query.nodes import Node

_ONE = ord("1")
_REMEMBERED = 500
"""Facts whose bitsets are kept until the next change: a page of results asks for the same ones again."""
ALONE = 0b100000
TIMES = 6
MOST_TIMES = 7
SLOT = 9
"""A posting is one number. From the lowest bit: 5 bits for where the token stands, 1 for whether it stands alone in the subject, 3 for
how often it stands there, and the paper's slot."""


class Index:
    """Entries in numbered slots, with a posting for every token of each. A slot that becomes free goes to the next paper."""

    def __init__(self) -> None:
        self.postings: dict[str, Numbers] = {}
        """By token, as folded."""
        self.entries: list[Entry | None] = []
        """By slot."""
        self.everything = 0
        """The bitset of all papers: bit n for slot n."""
        self.length = 0
        """Words of all subjects together."""
        self._slots: dict[PaperId, int] = {}
        self._free: list[int] = []
        self._variants: dict[str, str | list[str]] = {}
        self._facts = Facts(self)

    def __len__(self) -> int:
        return len(self._slots)

    def slot(self, id: PaperId) -> int | None:
        """Where the paper is; None if it is not here."""
        return self._slots.get(id)

    def entry(self, slot: int) -> Entry:
        """The paper in a slot that is taken."""
        entry = self.entries[slot]
        if entry is None:
            raise LookupError(slot)
        return entry

    def __iter__(self) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry is not None)

    def put(self, entry: Entry) -> None:
        """Take a paper in; one with the same id is replaced."""
        slot = self._slots.get(entry.id)
        known = None if slot is None else self.entries[slot]
        if slot is None or known is None or known.packed != entry.packed:
            self.take(entry.id)
            slot = self._free.pop() if self._free else len(self.entries)
            if slot == len(self.entries):
                self.entries.append(None)
            for token, posting in _postings(entry, slot).items():
                self._post(token, posting)
            self.length += entry.length
            self._slots[entry.id] = slot
            self.everything |= 1 << slot
        # Votes change every few hours, texts hardly ever: then the postings stay.
        self.entries[slot] = entry
        self._facts = Facts(self)

    def take(self, id: PaperId) -> None:
        """Take a paper out, if it is here."""
        slot = self._slots.pop(id, None)
        if slot is None:
            return
        entry = self.entry(slot)
        for token, posting in _postings(entry, slot).items():
            self._unpost(token, posting)
        self.length -= entry.length
        self.everything ^= 1 << slot
        self.entries[slot] = None
        self._free.append(slot)
        self._facts = Facts(self)

    def bits(self, node: Node, within: int | None = None) -> int:
        """The bitset of the papers that meet a node.

        Args:
            within: Only these papers matter, which can save work; None for all of them.
        """
        if len(self._facts) > _REMEMBERED:
            self._facts.clear()
        facts = self._facts if within is None else Facts(self, within)
        return evaluate(compiled(node), facts) & facts.within

    def spellings(self, word: str) -> tuple[str, ...]:
        """The tokens here that are the number-neutral word in one of its forms."""
        variants = tuple(members(self._variants.get(word)))
        return (word, *variants) if word in self.postings and neutral(word) == word else variants

    def standing(self, tokens: Iterable[str], places: int) -> int:
        """The bitset of the papers that have one of the tokens in one of the places."""
        return self.bitset(posting >> SLOT for token in tokens for posting in each(self.postings.get(token)) if posting & places)

    def bitset(self, slots: Iterable[int]) -> int:
        """The bitset of some slots. Setting digits of a text and reading it at once beats shifting bits one by one by far."""
        digits = bytearray(b"0") * (len(self.entries) + 1)
        for slot in slots:
            digits[slot] = _ONE
        digits.reverse()
        return int(digits.decode(), 2)

    def stands(self, word: str) -> Iterator[int]:
        """The postings of a number-neutral word, those of each of its forms after one another."""
        return chain.from_iterable(each(self.postings[token]) for token in self.spellings(word))

    def _post(self, token: str, posting: int) -> None:
        if token not in self.postings:
            word = neutral(token)
            if word != token:
                self._variants[word] = joined(self._variants.get(word), token)
        self.postings[token] = added(self.postings.get(token), posting)

    def _unpost(self, token: str, posting: int) -> None:
        left = removed(self.postings[token], posting)
        if left is not None:
            self.postings[token] = left
            return
        del self.postings[token]
        word = neutral(token)
        if word != token:
            others = parted(self._variants.pop(word), token)
            if others is not None:
                self._variants[word] = others


class Facts(dict[Fact, int]):
    """The bitset of every fact, found when it is asked for; valid until the index changes."""

    def __init__(self, index: Index, within: int | None = None) -> None:
        super().__init__()
        self.within = index.everything if within is None else within
        """The papers that matter. A bitset may hold others as well, or not."""
        self._index = index

    def __missing__(self, fact: Fact) -> int:
        index = self._index
        if isinstance(fact, Prefix):
            tokens = [token for token in index.postings if token.startswith(fact.stem)]
            found = index.standing(tokens, PLACES_OF[letter(fact.field)])
        elif isinstance(fact, str) and not isinstance(fact, Trait):
            found = self._term(fact)
        else:
            found = self._plain(fact)
        self[fact] = found
        return found

    def _term(self, term: Term) -> int:
        index, space, phrase = self._index, term[0], term[1:]
        places, exact = PLACES_OF[space.lower()], space.isupper()
        tokens = phrase.split(" ")
        found = self.within if len(tokens) > 1 else -1
        for token in tokens:
            found &= index.standing((token,) if exact else index.spellings(token), places)
        if len(tokens) > 1:
            # All the words are there; whether side by side, only the text can tell.
            for slot in positions(found):
                if not index.entry(slot).says(phrase, places, exact=exact):
                    found ^= 1 << slot
        return found

    def _plain(self, fact: Plain) -> int:
        index = self._index
        if isinstance(fact, HasId):
            slot = index.slot(PaperId(fact.id))
            return 0 if slot is None else 1 << slot
        return index.bitset(
            slot
            for slot, entry in enumerate(index.entries)
            if entry is not None and any(accepts(fact, value) for value in values(fact, entry))
        )


def _postings(entry: Entry, slot: int) -> dict[str, int]:
    return {
        token: slot << SLOT | min(one.times, MOST_TIMES) << TIMES | (ALONE if one.alone else 0) | one.places
        for token, one in mentions(entry.passages()).items()
    }
