"""The percolator: search the other way round, all channels' rules kept and each batch of new papers asked of them."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.matching.asked import Asked
from bot.matching.batch import Batch
from bot.matching.few import joined, members, parted
from bot.matching.formula import anchors, compiled, evaluate, facts, is_either
from bot.matching.numbers import added, each, removed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.channel import Address
    from bot.document import Document
    from bot.matching.formula import Fact, Formula
    from bot.matching.numbers import Numbers
    from bot.paper import PaperId
    from bot.query import Query


class _Rule:
    """A distinct rule, and by their numbers the channels that keep it."""

    __slots__ = ("channels", "either", "formula")

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        self.either = is_either(formula)
        self.channels: Numbers | None = None


class Percolator:
    """All channels' rules, ready to be asked of a batch of papers; changed in place.

    Equal rules are one rule with several channels. Most rules are a single word or phrase and are looked up as such. Every other is
    filed under its anchors, facts of which a paper must meet one, and is tried only if the batch has one of them. The cost of a match
    thus follows the papers and what they match, not the number of channels; the cost of a change follows that channel's rules.
    Not for use by several threads at once.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget every channel."""
        self._asked = Asked()
        self._rules: dict[Formula, _Rule] = {}
        self._anchored: dict[Fact, _Rule | list[_Rule]] = {}
        self._adrift: dict[_Rule, None] = {}
        self._numbers: dict[Address, int] = {}
        self._addresses: list[Address] = []
        self._kept: list[tuple[_Rule, ...]] = []
        self._free: list[int] = []
        self._subscriptions = 0

    def __len__(self) -> int:
        """How many subscriptions there are: a channel's rules that mean the same count once, those of different channels each."""
        return self._subscriptions

    @property
    def distinct(self) -> int:
        """How many different rules there are."""
        return len(self._rules)

    def replace(self, address: Address, queries: Iterable[Query]) -> None:
        """From now on these are the channel's rules, and no others; none at all removes the channel.

        Only the difference is touched, so calling it again with the same rules changes nothing.
        """
        wanted = dict.fromkeys(compiled(query.root) for query in queries)
        number = self._numbers.get(address)
        if number is None:
            if not wanted:
                return
            number = self._admit(address)
        had = self._kept[number]
        kept: list[_Rule] = []
        for rule in had:
            if rule.formula in wanted:
                del wanted[rule.formula]
                kept.append(rule)
            else:
                self._withdraw(rule, number)
        kept += [self._file(formula, number) for formula in wanted]
        self._subscriptions += len(kept) - len(had)
        self._kept[number] = tuple(kept)
        if not kept:
            self._dismiss(address, number)

    def match(self, documents: Sequence[Document]) -> Mapping[Address, tuple[PaperId, ...]]:
        """Which channels want which of the papers.

        Channels that want none are missing. A paper comes once however many of the channel's rules it meets; a channel's papers are in
        the order of `documents`.
        """
        with _no_collection():
            batch = Batch(documents, self._asked)
            return self._answer(self._met(batch), batch)

    def _met(self, batch: Batch) -> Iterator[tuple[_Rule, int]]:
        """Every rule that papers meet, with their bitset; some rules come several times, with a part of their papers each."""
        rules, anchored, everything = self._rules, self._anchored, batch.everything
        for fact, papers in batch.items():
            if not papers:
                continue
            if fact in rules:
                yield rules[fact], papers
            for rule in members(anchored.get(fact)):
                found = papers if rule.either else evaluate(rule.formula, batch) & everything
                if found:
                    yield rule, found
        for rule in self._adrift:
            found = evaluate(rule.formula, batch) & everything
            if found:
                yield rule, found

    def _answer(self, met: Iterable[tuple[_Rule, int]], batch: Batch) -> dict[Address, tuple[PaperId, ...]]:
        """Resolve rules to the channels that keep them, and bitsets to papers."""
        reached = [0] * len(self._addresses)
        for rule, papers in met:
            channels = rule.channels
            if isinstance(channels, int):
                reached[channels] |= papers
            else:
                for number in each(channels):
                    reached[number] |= papers
        ids = batch.ids
        return {address: ids(papers) for address, papers in zip(self._addresses, reached, strict=True) if papers}

    def _admit(self, address: Address) -> int:
        if self._free:
            number = self._free.pop()
            self._addresses[number] = address
        else:
            number = len(self._addresses)
            self._addresses.append(address)
            self._kept.append(())
        self._numbers[address] = number
        return number

    def _dismiss(self, address: Address, number: int) -> None:
        del self._numbers[address]  # its number is given to the next; until then nothing leads to it
        self._free.append(number)

    def _file(self, formula: Formula, number: int) -> _Rule:
        rule = self._rules.get(formula)
        if rule is None:
            rule = self._rules[formula] = _Rule(formula)
            for fact in facts(formula):
                self._asked.add(fact)
            if isinstance(formula, tuple):
                self._moor(rule)
        rule.channels = added(rule.channels, number)
        return rule

    def _moor(self, rule: _Rule) -> None:
        chosen = anchors(rule.formula)
        if chosen is None:
            self._adrift[rule] = None
            return
        for fact in chosen:
            self._anchored[fact] = joined(self._anchored.get(fact), rule)

    def _withdraw(self, rule: _Rule, number: int) -> None:
        rule.channels = removed(rule.channels, number)
        if rule.channels is not None:
            return
        del self._rules[rule.formula]
        for fact in facts(rule.formula):
            self._asked.remove(fact)
        if isinstance(rule.formula, tuple):
            self._unmoor(rule)

    def _unmoor(self, rule: _Rule) -> None:
        chosen = anchors(rule.formula)
        if chosen is None:
            del self._adrift[rule]
            return
        for fact in chosen:
            left = parted(self._anchored.pop(fact), rule)
            if left is not None:
                self._anchored[fact] = left


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector away for a moment.

    The answer's many tuples would call it, several times, to walk through every rule and channel in memory for garbage that cannot be
    there: with a million subscriptions that took 0.7 of 1.7 seconds.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
