"""What all rules ask for, counted and arranged the way a batch of papers looks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bot.folding import neutral
from bot.matching.few import joined, parted

if TYPE_CHECKING:
    from bot.matching.formula import Fact, Term

_Key = TypeVar("_Key")


class Asked:
    """The facts that at least one rule asks for, so that a batch works out these and no others."""

    __slots__ = ("_phrases", "facts", "heads", "words")

    def __init__(self) -> None:
        self.words: dict[str, dict[Term, int]] = {}
        """By the letter of the space: the single words, with how many rules ask for each."""
        self.heads: dict[str, dict[int, Term | list[Term]]] = {}
        """By the letter of the neutral space: the phrases, exact ones too, under the `head` of their first two words."""
        self.facts: dict[Fact, int] = {}
        """All that is not a term, with how many rules ask for it."""
        self._phrases: dict[Term, int] = {}

    def add(self, fact: Fact) -> None:
        """One more rule asks for it."""
        if type(fact) is not str:
            self.facts[fact] = self.facts.get(fact, 0) + 1
            return
        if " " not in fact:
            words = self.words.setdefault(fact[0], {})
            words[fact] = words.get(fact, 0) + 1
            return
        if fact not in self._phrases:
            heads, at = self.heads.setdefault(fact[0].lower(), {}), _head_of(fact)
            heads[at] = joined(heads.get(at), fact)
        self._phrases[fact] = self._phrases.get(fact, 0) + 1

    def remove(self, fact: Fact) -> None:
        """One rule fewer asks for it; it must have been added."""
        if type(fact) is not str:
            _take(self.facts, fact)
            return
        if " " not in fact:
            words = self.words[fact[0]]
            if _take(words, fact) and not words:
                del self.words[fact[0]]
        elif _take(self._phrases, fact):
            field, at = fact[0].lower(), _head_of(fact)
            heads = self.heads[field]
            left = parted(heads.pop(at), fact)
            if left is not None:
                heads[at] = left
            if not heads:
                del self.heads[field]


head = hash
"""A number for two neighbours, as terms of the neutral space. Different pairs may share it, so whoever finds it looks at the text again."""


def _head_of(phrase: Term) -> int:
    field = phrase[0].lower()
    first, second = phrase[1:].split(" ")[:2]
    return head((field + neutral(first), field + neutral(second)))


def _take(counts: dict[_Key, int], key: _Key) -> bool:
    """Count one down; whether it was the last."""
    counts[key] -= 1
    if counts[key]:
        return False
    del counts[key]
    return True
