"""Relevance: how well papers answer a query, and how much they are like another paper."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from bot.archive.entry import ABSTRACT, SUBJECT, TITLE
from bot.matching.numbers import positions
from bot.query.nodes import And, Field, Not, Or, Prefix, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.archive.index import Index
    from bot.query.nodes import Node

# Okapi BM25 with the title as a heavier part of the text: S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and
# Beyond", 2009. The constants are theirs but for the title's weight, which counts as three more mentions.
_SATURATION = 1.2
_LENGTH_MATTERS = 0.75
_TITLE = 3.0


def rarity(index: Index, papers: int) -> float:
    """How telling it is to be one of so many `papers` of the index (BM25's idf): above 0, the higher the rarer."""
    return math.log(1 + (len(index) - papers + 0.5) / (papers + 0.5))


def relevance(index: Index, root: Node, found: int) -> dict[int, float]:
    """A score for each of the papers `found`, by slot, from the query's words that are wanted; all 0 where it has none."""
    scores = dict.fromkeys(positions(found), 0.0)
    for condition in dict.fromkeys(_wanted(root)):
        weight = rarity(index, index.bits(condition).bit_count())
        for slot, mentions in _mentions(index, condition, found).items():
            scores[slot] += weight * _saturated(index, slot, mentions)
    return scores


def likeness(index: Index, weights: Mapping[str, float], among: int) -> dict[int, float]:
    """How much papers of a bitset say the weighted number-neutral words, from 0 to below 1, by slot; those that say none are missing."""
    scores: dict[int, float] = {}
    for word, weight in weights.items():
        mentions: dict[int, float] = {}
        for slot, places, times, _ in index.occurrences(word):
            if among >> slot & 1 and places & SUBJECT:
                mentions[slot] = mentions.get(slot, 0.0) + times + (_TITLE if places & TITLE else 0.0)
        for slot, count in mentions.items():
            scores[slot] = scores.get(slot, 0.0) + weight * _saturated(index, slot, count)
    best = sum(weights.values()) * (_SATURATION + 1) or 1.0
    return {slot: score / best for slot, score in scores.items()}


def weights(index: Index, mentions: Mapping[str, float], *, most: int) -> dict[str, float]:
    """The words that tell most about a text, with their weights: often said here, rare in the archive (TF-IDF, sublinear)."""
    weighed: list[tuple[float, str]] = []
    for word, count in mentions.items():
        papers = index.standing(index.spellings(word), SUBJECT).bit_count()
        if papers:
            weighed.append((-(1 + math.log(count)) * rarity(index, papers), word))
    return {word: -weight for weight, word in sorted(weighed)[:most]}


def _wanted(node: Node) -> Iterator[Words | Prefix]:
    match node:
        case Words() | Prefix():
            yield node
        case And(children) | Or(children):
            for child in children:
                yield from _wanted(child)
        case Not(Not(child)):
            yield from _wanted(child)
        case _:
            return


def _mentions(index: Index, condition: Words | Prefix, found: int) -> dict[int, float]:
    """How often each paper found says it, a mention in the title counting for more."""
    mentions: dict[int, float] = {}
    if isinstance(condition, Words) and condition.field in {None, Field.ABSTRACT} and not condition.exact:
        places = SUBJECT if condition.field is None else ABSTRACT
        for word, *more in condition.spellings:
            if more:
                continue
            for slot, stands, times, _ in index.occurrences(word):
                if stands & places and found >> slot & 1:
                    mentions[slot] = mentions.get(slot, 0.0) + times
    # A phrase's mentions are not counted: that it is there says enough.
    for slot in positions(index.bits(condition) & found):
        mentions.setdefault(slot, 1.0)
    if condition.field in {None, Field.TITLE}:
        for slot in positions(index.bits(dataclasses.replace(condition, field=Field.TITLE)) & found):
            mentions[slot] += _TITLE
    return mentions


def _saturated(index: Index, slot: int, mentions: float) -> float:
    length = index.entry(slot).length / (index.length / len(index) or 1)
    return mentions * (_SATURATION + 1) / (mentions + _SATURATION * (1 - _LENGTH_MATTERS + _LENGTH_MATTERS * length))
